"""Bad input of every kind: one clear error, the right exit code, no traceback, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Project, Ran


def said(done: Ran) -> str:
    """Everything a failed command said; it must not have complained about itself."""
    assert done.code in {1, 2}
    assert "internal error" not in done.err
    assert done.err.count("error: ") == 1
    return done.out + done.err


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("def f(:\n", "SyntaxError: invalid syntax"),
        ("import nosuch\n", "No module named 'nosuch'"),
        ("raise ValueError('the sky is green')\n", "ValueError: the sky is green"),
        ("import sys; sys.exit(3)\n", "non-zero exit code: 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n", "signal 9"),
        ("import pulumi; pulumi.Config().require('size')\n", "size"),
        ("import pulumi; pulumi.Output.from_input(1).apply(lambda _: 1 / 0)\n", "ZeroDivisionError"),
    ],
)
def test_a_broken_program(make: Callable[..., Project], program: str, says: str) -> None:
    done = make(program).run("preview")
    text = said(done)
    assert done.code == 1
    assert says in text
    assert "mlinfra/engine" not in text, "only what is the user's is shown"
    assert "the preview of dev failed" in done.err


def test_a_project_without_a_program(make: Callable[..., Project]) -> None:
    project = make()
    (project.folder / "__main__.py").unlink()
    for command in (["preview"], ["up", "-y"], ["check"], ["graph"]):
        done = project.run(*command)
        assert done.code == 2
        assert "has no __main__.py" in done.error
        assert done.out == ""


def test_a_broken_program_leaves_the_state_alone(outputs_only: Project) -> None:
    outputs_only.deployed()
    before = json.loads(outputs_only.run("state", "export").out)["deployment"]["resources"]
    outputs_only.program("raise ValueError('late')\n")
    assert outputs_only.run("up", "-y", "-f").code == 1
    after = json.loads(outputs_only.run("state", "export").out)["deployment"]["resources"]
    assert [r["urn"] for r in after] == [r["urn"] for r in before]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no `name`"),
        ("name: [", "Pulumi.yaml"),
        ("name: x\n", "runtime"),
        ("name: x\nruntime: nodejs\n", "nodejs"),
        ("name: x/y\nruntime: python\n", "x/y"),
        ("name: x\nruntime: python\nmain: nowhere\n", "nowhere"),
        ("name: x\nruntime: {name: python, options: {virtualenv: gone}}\n", "gone"),
        ("name: x\nruntime: python\nplugins: {providers: [{name: a, path: gone}]}\n", "gone"),
        ("name: x\nruntime: python\nconfig: {size: {type: integer}}\n", "size"),
    ],
)
def test_a_project_that_makes_no_sense(outputs_only: Project, text: str, says: str) -> None:
    outputs_only.write("Pulumi.yaml", text)
    done = outputs_only.run("preview")
    assert says in said(done)
    assert not (done.code == 1 and "runtime: nodejs" not in text and "virtualenv" not in text)


@pytest.mark.parametrize("override", ["size", "=5", "", "a:b:c:d=1"])
def test_configuration_that_makes_no_sense(outputs_only: Project, override: str) -> None:
    done = outputs_only.run("preview", "-c", override)
    assert done.code == 2
    assert "config" in done.error


def test_a_broken_stack_file(outputs_only: Project) -> None:
    outputs_only.write("Pulumi.dev.yaml", "config: [\n")
    done = outputs_only.run("preview")
    assert done.code == 2
    assert "Pulumi.dev.yaml" in done.error


@pytest.mark.parametrize("command", ["refresh", "destroy", "outputs", "state export"])
def test_a_stack_that_does_not_exist(outputs_only: Project, command: str) -> None:
    outputs_only.deployed()
    arguments = ["-y"] if command in {"refresh", "destroy"} else []
    done = outputs_only.run(*command.split(), "-s", "typo", *arguments)
    assert done.code == 2
    assert "there is no stack 'typo'" in done.error
    assert "there is dev" in done.error


@pytest.mark.parametrize("name", ["a/b/c/d", "a b", "..", "other/project/dev"])
def test_a_stack_name_that_makes_no_sense(outputs_only: Project, name: str) -> None:
    done = outputs_only.run("preview", "-s", name)
    assert done.code == 2
    assert done.error


def test_a_missing_plugin(make: Callable[..., Project]) -> None:
    done = make("from conf import Thing\nThing('a')\n").run("up", "-y", "-f")
    text = said(done)
    assert done.code == 1
    assert "no resource plugin 'pulumi-resource-conf'" in text
    assert "fix: " in text


def test_a_plugin_that_does_not_start(make: Callable[..., Project]) -> None:
    project = make("from conf import Thing\nThing('a')\n")
    plugin = project.write("pulumi-resource-conf", f"#!{sys.executable}\nprint('hello')\n")
    plugin.chmod(0o755)
    os.environ["PATH"] = f"{project.folder}{os.pathsep}{os.environ['PATH']}"
    text = said(project.run("up", "-y", "-f"))
    assert "did not say its port" in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "dev.json"),
        ("[]", "dev.json"),
        ('{"version": 99, "deployment": {}}', "99"),
        ('{"version": 3, "deployment": {"resources": [5]}}', "dev.json"),
        ("\x00\xff", "dev.json"),
    ],
)
def test_a_corrupt_or_newer_state_is_never_touched(outputs_only: Project, content: str, says: str) -> None:
    outputs_only.deployed()
    outputs_only.state.write_text(content)
    for arguments in (("up", "-y", "-f"), ("preview",), ("destroy", "-y"), ("outputs",)):
        done = outputs_only.run(*arguments)
        assert done.code == 1
        assert says in done.error
    assert outputs_only.state.read_text() == content


def test_a_wrong_passphrase(outputs_only: Project) -> None:
    outputs_only.deployed()
    before = outputs_only.state.read_bytes()
    os.environ["PULUMI_CONFIG_PASSPHRASE"] = "wrong"
    for arguments in (
        ("up", "-y"),
        ("destroy", "-y"),
        ("outputs", "--show-secrets"),
        ("state", "export", "--show-secrets"),
    ):
        done = outputs_only.run(*arguments)
        assert done.code == 1
        assert "the passphrase does not open" in done.error
        assert "PULUMI_CONFIG_PASSPHRASE" in done.error
    assert outputs_only.state.read_bytes() == before


def test_a_passphrase_file_that_is_not_there(outputs_only: Project) -> None:
    del os.environ["PULUMI_CONFIG_PASSPHRASE"]
    os.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] = "/no/such/file"
    assert "/no/such/file" in said(outputs_only.run("up", "-y", "-f"))


def test_a_full_disk_loses_nothing(outputs_only: Project) -> None:
    """The limit on the size of files stands for the disk: the journal and the state cannot grow beyond it."""
    outputs_only.deployed()
    before = json.loads(outputs_only.run("state", "export").out)["deployment"]["resources"]
    outputs_only.program(
        "import pulumi\n"
        "for i in range(30):\n"
        "    pulumi.ComponentResource('app:index:Group', f'group-{i}')\n"
        "pulumi.export('long', 'x' * 50_000)\n"
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (outputs_only.state.stat().st_size + 4000, hard))
    try:
        done = outputs_only.run("up", "-y", "-f")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.code == 1
    assert os.strerror(errno.EFBIG) in said(done)
    after = json.loads(outputs_only.run("state", "export").out)["deployment"]["resources"]
    assert {r["urn"] for r in before} <= {r["urn"] for r in after}
    assert outputs_only.run("up", "-y", "-f").code == 0
    assert outputs_only.run("outputs", "long").out.strip() == "x" * 50_000


def test_a_home_that_cannot_be_made(outputs_only: Project) -> None:
    os.environ["MLINFRA_HOME"] = "/dev/null/home"
    done = outputs_only.run("up", "-y")
    assert done.code == 1
    assert "/dev/null/home" in done.error
    assert "MLINFRA_HOME" in done.error


def test_a_port_in_use(outputs_only: Project, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        os.environ["MLINFRA_HOME"] = str(tmp_path / "home")
        done = outputs_only.run("sandbox", "start", "--port", str(port))
    assert done.code == 1
    assert str(port) in done.error


def test_a_state_to_import_that_makes_no_sense(outputs_only: Project) -> None:
    file = outputs_only.write("state.json", "{")
    done = outputs_only.run("state", "import", "--file", str(file))
    assert done.code == 1
    assert f"{file} is not JSON" in done.error
    done = outputs_only.run("state", "import", "--file", "/no/such/file")
    assert done.code == 2
    assert "/no/such/file cannot be read" in done.error
    file.write_text('{"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:x::y::t::n", "type": "t"}]}}')
    done = outputs_only.run("state", "import", "--file", str(file))
    assert done.code == 1
    assert done.error
