"""Projects of a few lines, run by the command line in this process, against one sandbox for the whole session."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlinfra.cli import main, terminal
from mlinfra.stack.project import Project as EngineProject
from mlinfra.stack.stack import Stack
from mlinfra.stack.state import ResourceState, Snapshot
from mlinfra.stack.urn import STACK_TYPE
from mlinfra.stack.values import Secret

CONF = Path(__file__).parents[1] / "conformance"  # a stand-in provider, and the SDK that programs import


@dataclass
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> str:
        """The one error; that there is exactly one, with no traceback, is what all errors promise."""
        text = self.out + self.err
        assert "Traceback" not in text, text
        assert self.err.count("error: ") == 1, self.err
        return self.err[self.err.index("error: ") :]


@dataclass
class Project:
    """A project and its stack `dev`."""

    folder: Path
    home: Path
    capsys: pytest.CaptureFixture[str]

    def program(self, text: str) -> Project:
        (self.folder / "__main__.py").write_text(text)
        return self

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def run(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        code = main.run([*arguments])
        captured = self.capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def up(self, *arguments: str) -> Ran:
        done = self.run("up", "--yes", "--skip-preview", *arguments)
        assert done.code == 0, done.out + done.err
        return done

    def deployed(self) -> Project:
        """As `up` of `outputs_only` leaves it, without the time that a program takes."""
        name = self.folder.name
        outputs = {"answer": 42, "names": ["a", "b"], "password": Secret("hunter2")}
        root = ResourceState(urn=f"urn:pulumi:dev::{name}::{STACK_TYPE}::{name}-dev", type=STACK_TYPE, outputs=outputs)
        group = f"urn:pulumi:dev::{name}::app:index:Group::group"
        snapshot = Snapshot([root, ResourceState(urn=group, type="app:index:Group", parent=root.urn)])
        Stack.open(EngineProject.load(self.folder), "dev").save(snapshot)
        return self

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A process of its own, as a user starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "mlinfra.cli", *arguments],
            cwd=self.folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def state(self) -> Path:
        return self.home / "state" / self.folder.name / "dev.json"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from mlinfra.sandbox.server import control

    home = tmp_path_factory.mktemp("home")
    yield home
    control.stop(home)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The environment of a user without settings; whatever a command does to it is undone."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("AWS_", "PULUMI_", "MLINFRA_")):
            del os.environ[name]
    os.environ.update({"NO_COLOR": "1", "PULUMI_CONFIG_PASSPHRASE": "test", "COLUMNS": "160"})
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield monkeypatch
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(kept)
    terminal.choose(color="auto", interactive=True)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def make(
    tmp_path: Path, home: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Project]:
    """Makes a project with a program; each has a name of its own, so that all can share a home."""

    def make(program: str = "", *, provider: bool = False) -> Project:
        name = f"p{abs(hash(tmp_path)) % 10**9}"
        folder = tmp_path / name
        folder.mkdir()
        plugin = f"plugins: {{providers: [{{name: conf, path: {CONF / 'provider'}}}]}}\n" if provider else ""
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n{plugin}")
        shutil.copy(CONF / "scenarios" / "basic" / "program" / "conf.py", folder / "conf.py")
        os.environ.update({"MLINFRA_HOME": str(home), "CONF_CLOUD": str(tmp_path / "cloud.json")})
        environment.chdir(folder)
        terminal.console.cache_clear()  # consoles of before write to streams of before
        return Project(folder, home, capsys).program(program)

    return make


@pytest.fixture
def outputs_only(make: Callable[..., Project]) -> Project:
    """A program that needs no provider at all."""
    return make(
        "import pulumi\n"
        "group = pulumi.ComponentResource('app:index:Group', 'group')\n"
        "pulumi.export('answer', 42)\n"
        "pulumi.export('names', ['a', 'b'])\n"
        "pulumi.export('password', pulumi.Output.secret('hunter2'))\n"
    )
