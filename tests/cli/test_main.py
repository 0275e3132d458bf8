"""The command as a whole: help, version, wrong usage, and what happens when the fault is ours."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from mlinfra import __version__
from mlinfra.cli import main

WIDTH = 78  # of a terminal with 80 columns, without its margins


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


COMMANDS = dict(commands(get_command(main.application())))


def test_a_command_alone_is_as_among_all() -> None:
    assert {name for names in main.MODULES.values() for name in names} == {path[0] for path in COMMANDS if path}
    for names in main.MODULES.values():
        found = get_command(main.application(names[0])).commands  # type: ignore[attr-defined]
        assert set(found) == set(names)


@pytest.mark.parametrize("size", [0, 100_000])
def test_everything_is_written_and_done_before_a_quick_end(size: int, tmp_path: Path) -> None:
    code = (
        "import atexit, pathlib, sys, threading, time\n"
        "from mlinfra.cli import main\n"
        f"done = pathlib.Path({str(tmp_path / 'done')!r})\n"
        "def run(arguments):\n"
        "    atexit.register(lambda: done.write_text(done.read_text() + ' exit'))\n"
        "    threading.Thread(target=lambda: (time.sleep(0.1), done.write_text('thread'))).start()\n"
        f"    sys.stdout.write('x' * {size})\n"
        "    return 3\n"
        "main.run = run\n"
        "main.main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, len(ended.stdout), ended.stderr) == (3, size, "")
    assert (tmp_path / "done").read_text() == "thread exit"


def test_output_that_cannot_be_written_at_the_end_is_no_success() -> None:
    code = "import sys; from mlinfra.cli import main; main.run = lambda _: sys.stdout.write('x') - 1; main.main()"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, env=buffered, check=False
        )
    assert ended.returncode == 120
    assert "No space left" in ended.stderr


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"mlinfra {__version__}\n"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    name = " ".join(["mlinfra", *path])
    assert main.run([*path, "--help"]) == 0
    assert name in capsys.readouterr().out
    _, *more = COMMANDS[path].help.split("\n\n")
    lines = [line for paragraph in more for line in paragraph.splitlines()]
    assert any(line.strip().startswith(name) or f"$({name}" in line for line in lines), "an example"
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [p.name for p in COMMANDS[path].params if not getattr(p, "help", None)] == []


@pytest.mark.parametrize("path", [(), ("stack",), ("keys",)])
def test_a_command_alone_that_needs_another_shows_its_help(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run([*path]) == 2
    captured = capsys.readouterr()
    assert "Commands" in captured.out or "Deploy" in captured.out
    assert captured.err == ""


def test_a_full_disk_is_not_our_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(main, "application", lambda *_: full)
    assert main.run(["types"]) == 1
    assert capsys.readouterr().err == "error: the output cannot be written: No space left on device\n"


def test_help_waits_for_nothing_heavy() -> None:
    code = (
        "import sys; from mlinfra.cli.main import run; run(['--help']); run(['up', '--help']);"
        "print(*[m for m in ('grpc', 'pulumi', 'boto3', 'moto', 'yaml', 'cryptography', 'asyncio') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["up", "--frobnicate"], "No such option: --frobnicate"),
        (["up", "--parallel", "0"], "--parallel"),
        (["up", "--parallel", "many"], "--parallel"),
        (["up", "--color", "mauve"], "--color is 'mauve'"),
        (["up", "-C", "/no/such/folder", "-y"], "/no/such/folder is not a folder"),
        (["up", "/no/such/folder", "-y"], "/no/such/folder is not a folder"),
        (["types", "--fidelity", "perfect"], "--fidelity is 'perfect'"),
        (["types", "no-such-type"], "'no-such-type'"),
        (["sandbox", "start", "--port", "99999"], "--port"),
    ],
)
@pytest.mark.usefixtures("environment")
def test_wrong_usage_is_one_error_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.count("error: ") == 1
    assert says in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("environment")
def test_no_project_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(["preview"]) == 2
    assert "no Pulumi.yaml" in capsys.readouterr().err


@pytest.mark.usefixtures("environment")
def test_an_error_of_ours_is_one_line_and_a_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the moon\nis down")

    monkeypatch.setattr(main, "application", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main.run([]) == 1
    said = capsys.readouterr().err
    assert "internal error: RuntimeError: the moon" in said
    assert "Traceback" not in said
    (log,) = tmp_path.glob("mlinfra-*.log")
    assert str(log) in said.replace("\n", "")
    assert "in broken" in log.read_text()


def test_an_interrupt_before_anything_began(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "application", interrupted)
    assert main.run([]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_an_interrupt_while_a_command_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlinfra.cli.rules.named", interrupted)
    assert main.run(["rules", "show", "s3-tls-only"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_somebody_stops_reading(outputs_only: object) -> None:
    done = subprocess.run(
        f"{sys.executable} -m mlinfra.cli up --help | true", shell=True, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
