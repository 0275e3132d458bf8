"""A Python that gets ready before it is known for what.

Importing takes a command about as long as importing Pulumi's SDK takes the process of its program, and they are two
processes: so both begin at once. A Python that turns out to be the wrong one ends unused.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STARTING: Final = ("PYTHON", "LD_", "DYLD_", "MALLOC_", "GLIBC_")
"""How variables begin that count when a process starts, and not when it is told of them later."""

_begun: list[tuple[subprocess.Popen[str], Path, dict[str, str]]] = []


def begin(file: Path) -> None:
    """Have this Python run a file that reads what to do from its standard input."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if all(map(os.path.isabs, filter(None, paths))):  # others mean something else in another folder
        _begun.append((started([sys.executable, "-u", str(file)]), file, dict(os.environ)))


def started(
    command: list[str], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.Popen[str]:
    """A process with pipes, and with interrupts left to this one."""
    return subprocess.Popen(
        command, env=environment, cwd=folder, text=True, errors="replace",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def run(executable: Path, file: Path, environment: Mapping[str, str], folder: Path) -> subprocess.Popen[str]:
    """The file run by a Python: the one that was begun, if it is no other than what would be started now.

    That is told the environment and the folder in a first line of JSON.
    """
    if _begun:
        process, begun, before = _begun.pop()
        same = str(executable) == sys.executable and file == begun and _starting(before) == _starting(environment)
        if same and process.poll() is None and process.stdin:
            with contextlib.suppress(BrokenPipeError):  # who waits for it learns that it has ended
                process.stdin.write(json.dumps({"folder": str(folder), "environment": dict(environment)}) + "\n")
            return process
        process.kill()
        process.communicate()
    return started([str(executable), "-u", str(file)], environment, folder)


def _starting(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(STARTING)}
