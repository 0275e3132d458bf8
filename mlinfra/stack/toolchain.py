"""Which Python runs a project's program, found as Pulumi's Python language host finds it (sdk/python/toolchain).

Where Pulumi would take any `python3` on PATH, the Python that runs mlinfra is taken: it has pulumi installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.stack.project import Project


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter, and the virtual environment it belongs to when the project names one."""

    executable: Path
    virtualenv: Path | None = None

    def activate(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment with the virtual environment activated, so that programs it starts find the same packages."""
        if self.virtualenv is None:
            return dict(environ)
        kept = {k: v for k, v in environ.items() if k != "PYTHONHOME"}
        path = os.pathsep.join(filter(None, (str(self.executable.parent), environ.get("PATH", ""))))
        return {**kept, "PATH": path, "VIRTUAL_ENV": str(self.virtualenv)}


def find_python(project: Project, environ: Mapping[str, str] | None = None) -> Python:
    """The Python for a project: its `virtualenv` or `toolchain` option, or the lock file beside or above its program.

    Raises ConfigError when the project names an environment that does not exist.
    """
    environ = os.environ if environ is None else environ
    options = project.runtime_options
    virtualenv, toolchain = options.get("virtualenv", ""), options.get("toolchain", "").lower()
    named = bool(toolchain or virtualenv)
    if not toolchain:
        toolchain = next(
            (t for t, lock in (("uv", "uv.lock"), ("poetry", "poetry.lock")) if _above(project.workdir, lock)), "pip"
        )
    if toolchain == "poetry":
        found = _poetry(project.workdir, required=named)
    elif virtualenv:
        found = project.root / virtualenv
    elif toolchain == "uv":
        found = _uv(project.workdir, environ)
    else:
        return Python(_default(environ))
    if found is not None and (executable := found / "bin" / "python").is_file():
        return Python(executable, found)
    if named:
        raise ConfigError(
            f"{project.file}: the program's environment {found or 'of ' + toolchain} does not exist",
            fix={"uv": "run `uv sync`", "poetry": "run `poetry install`"}.get(
                toolchain, f"run `python3 -m venv {found}` and install into it"
            ),
        )
    return Python(_default(environ))


def _default(environ: Mapping[str, str]) -> Path:
    command = environ.get("PULUMI_PYTHON_CMD")
    if not command:
        return Path(sys.executable)
    found = shutil.which(command, path=environ.get("PATH"))
    if found is None:
        raise ConfigError(f"PULUMI_PYTHON_CMD is {command!r}, which is not an executable on PATH")
    return Path(found)


def _above(folder: Path, name: str) -> Path | None:
    return next((f for f in (folder, *folder.parents) if (f / name).is_file()), None)


def _uv(folder: Path, environ: Mapping[str, str]) -> Path:
    home = _above(folder, "uv.lock") or _above(folder, "pyproject.toml") or folder
    return home / (environ.get("UV_PROJECT_ENVIRONMENT") or ".venv")


def _poetry(folder: Path, *, required: bool) -> Path | None:
    poetry = shutil.which("poetry")
    if poetry is None:
        if required:
            raise ConfigError(
                "the project's toolchain is poetry, but there is no `poetry` on PATH",
                fix="install it or name a `virtualenv`",
            )
        return None
    run = subprocess.run(
        [poetry, "env", "info", "--path", "--no-ansi"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Path(run.stdout.strip()) if run.returncode == 0 and run.stdout.strip() else None
