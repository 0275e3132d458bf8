"""The Python of a program: the project's environment where it names or has one, else the one that runs mlinfra."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mlinfra.errors import ConfigError
from mlinfra.stack.project import Project
from mlinfra.stack.toolchain import Python, find_python

OURS = Python(Path(sys.executable))


def environment(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(sys.executable)
    return folder


def project(folder: Path, options: str = "") -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: p\nruntime: {{name: python, options: {{{options}}}}}\n")
    return Project.load(folder)


def test_nothing_named(tmp_path: Path) -> None:
    assert find_python(project(tmp_path), {}) == OURS


def test_virtualenv_option_is_relative_to_the_project(tmp_path: Path) -> None:
    venv = environment(tmp_path / "p/venv")
    assert find_python(project(tmp_path / "p", "virtualenv: venv"), {}) == Python(venv / "bin/python", venv)
    assert find_python(project(tmp_path / "p", f"virtualenv: {venv}"), {}).virtualenv == venv


@pytest.mark.parametrize("beside", ["uv.lock", "pyproject.toml"])
def test_uv_walks_up_to_its_project(tmp_path: Path, beside: str) -> None:
    (tmp_path / beside).write_text("")
    venv = environment(tmp_path / ".venv")
    assert find_python(project(tmp_path / "stacks/dev", "toolchain: uv"), {}).virtualenv == venv


def test_uv_environment_variable(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("")
    venv = environment(tmp_path / "elsewhere")
    assert find_python(project(tmp_path, "toolchain: uv"), {"UV_PROJECT_ENVIRONMENT": "elsewhere"}).virtualenv == venv


def test_a_lock_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("")
    assert find_python(project(tmp_path / "s"), {}) == OURS  # nothing was synced, and nothing was asked for
    venv = environment(tmp_path / ".venv")
    assert find_python(project(tmp_path / "s"), {}).virtualenv == venv


@pytest.mark.parametrize(
    ("options", "fix"),
    [("virtualenv: venv", "python3 -m venv"), ("toolchain: uv", "uv sync"), ("toolchain: poetry", "")],
)
def test_a_named_environment_must_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, fix: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError) as error:
        find_python(project(tmp_path, options), {})
    assert fix in error.value.fix


def test_poetry_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = environment(tmp_path / "envs/p")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "poetry").write_text(f"#!/bin/sh\n[ \"$1 $2 $3\" = 'env info --path' ] && echo {venv}\n")
    (tools / "poetry").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/poetry.lock").write_text("")
    assert find_python(project(tmp_path / "p"), {}).virtualenv == venv


def test_pulumi_python_cmd(tmp_path: Path) -> None:
    environ = {"PULUMI_PYTHON_CMD": "python", "PATH": str(environment(tmp_path / "v") / "bin")}
    assert find_python(project(tmp_path), environ).executable == tmp_path / "v/bin/python"
    with pytest.raises(ConfigError, match="PULUMI_PYTHON_CMD"):
        find_python(project(tmp_path), {"PULUMI_PYTHON_CMD": "no-such-python", "PATH": ""})


def test_activation() -> None:
    environ = {"PATH": "/usr/bin", "PYTHONHOME": "/x", "A": "b"}
    active = Python(Path("/v/bin/python"), Path("/v")).activate(environ)
    assert active == {"PATH": f"/v/bin{os.pathsep}/usr/bin", "VIRTUAL_ENV": "/v", "A": "b"}
    assert OURS.activate(environ) == environ
