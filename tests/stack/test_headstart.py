"""A Python that was started before: taken where it is no other than one started now, and ended otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlinfra.stack import headstart

PROGRAM = """
import json, os, sys
said = sys.stdin.readline()
if said.startswith('{"folder"'):
    place = json.loads(said)
    os.environ.clear()
    os.environ.update(place["environment"])
    os.chdir(place["folder"])
    said = sys.stdin.readline()
print(json.dumps([said.strip(), dict(os.environ), os.getcwd()]))
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    yield file
    assert headstart._begun == []


def says(process: subprocess.Popen[str]) -> list[object]:
    output, errors = process.communicate("go on\n")
    assert errors == ""
    return list(json.loads(output))


def begun(file: Path) -> subprocess.Popen[str]:
    headstart.begin(file)
    return headstart._begun[-1][0]


def test_it_is_taken_once_and_is_where_another_would_be(file: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PULUMI_CONFIG": "{}"}
    environment.pop("HOME", None)
    before = begun(file)
    first, second = (headstart.run(Path(sys.executable), file, environment, tmp_path) for _ in range(2))
    assert first is before
    assert second is not before
    assert says(first) == says(second) == ["go on", environment, str(tmp_path)]


@pytest.mark.parametrize("why", ["another python", "another file", "a variable for starting", "it has ended"])
def test_another_one_is_started_where_it_would_differ(file: Path, tmp_path: Path, why: str) -> None:
    before = begun(file)
    executable, environment = Path(sys.executable), dict(os.environ)
    if why == "another python":
        executable = tmp_path / "python"
        executable.symlink_to(sys.executable)
    elif why == "another file":
        file = tmp_path / "other.py"
        file.write_text(PROGRAM)
    elif why == "a variable for starting":
        environment["PYTHONHASHSEED"] = "1"
    else:
        before.kill()
        before.wait()
    taken = headstart.run(executable, file, environment, tmp_path)
    assert taken is not before
    assert before.wait(10) is not None
    assert says(taken) == ["go on", environment, str(tmp_path)]


def test_nothing_is_begun_where_the_folder_counts(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{file.parent}{os.pathsep}lib")
    headstart.begin(file)
    assert headstart._begun == []
