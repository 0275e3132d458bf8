"""Runs a program again and again: a process that has the SDKs loaded, and forks for each run. `python warm.py DESCRIPTOR`.

On the socket comes a byte with three descriptors (the run's standard input, output and error) and a line of JSON with its
environment and folder; back go the run's process id, and at its end a line with its exit status and the program's own
files. What a run has loaded of libraries this process loads for the next one; the program's own modules are loaded anew by
every run. Like `runner`, this file stands alone.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import lazy  # type: ignore[import-not-found]
import runner  # type: ignore[import-not-found]

LIBRARIES = ("site-packages", "dist-packages")


def main(descriptor: int) -> None:
    """Serve runs until the other end of the socket is closed."""
    lazy.install()
    import pulumi.runtime  # noqa: F401 - the point of it all

    channel = socket.socket(fileno=descriptor)
    lines = channel.makefile("r", encoding="utf-8")
    while True:
        try:
            start, descriptors, _, _ = socket.recv_fds(channel, 1, 3)
        except ConnectionError:
            return
        if not start:
            return
        request = json.loads(lines.readline())
        gc.freeze()  # what is here now is not to be copied because somebody looks for garbage in it
        told, tell = os.pipe()
        process = os.fork()
        if process == 0:
            channel.close()
            os.close(told)
            run(request, descriptors, tell)
        for one in (tell, *descriptors):
            os.close(one)
        answer(channel, {"process": process})
        with open(told, encoding="utf-8") as report:  # noqa: PTH123
            loaded = json.loads(report.read() or "{}")
        _, status = os.waitpid(process, 0)
        answer(channel, {"status": os.waitstatus_to_exitcode(status), "files": loaded.get("files", [])})
        load(loaded.get("libraries", {}))


def run(request: dict[str, Any], descriptors: list[int], tell: int) -> None:
    """The run, in its own process; does not return."""
    for number, one in enumerate(descriptors):
        os.dup2(one, number)
        os.close(one)
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    before = set(sys.modules)
    status = 1
    try:
        status = runner.main()
    finally:
        with contextlib.suppress(OSError), os.fdopen(tell, "w", encoding="utf-8") as report:
            json.dump(found(before), report)
        leave(status)


def leave(status: int) -> None:
    """End the process once everything that the program left to do at its exit is done and written."""
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 - what the interpreter does then
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def found(before: set[str]) -> dict[str, Any]:
    """The libraries' modules that a run has loaded with the classes it has made in them, and the program's own files."""
    libraries: dict[str, list[str]] = {}
    files = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or name == "__main__":
            continue
        parts = Path(file).parts
        if any(one in parts for one in LIBRARIES):
            made = lazy.made(module)
            if made or name not in before:
                libraries[name] = made
        elif name not in before and not file.startswith((sys.base_prefix, sys.prefix)):
            files.append(file)
    return {"libraries": libraries, "files": files}


def load(libraries: dict[str, list[str]]) -> None:
    """Load what a run has loaded, so that the next one has it from the beginning."""
    for name, made in libraries.items():
        with contextlib.suppress(Exception):  # the run will say so itself
            module = importlib.import_module(name)
            for one in made:
                getattr(module, one)


def answer(channel: socket.socket, said: dict[str, Any]) -> None:
    """Send a line of JSON."""
    channel.sendall(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
