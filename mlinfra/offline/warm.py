"""Plans of the same program one after another, in a process that has the SDKs loaded already."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from mlinfra.engine import program
from mlinfra.engine.program import Program
from mlinfra.errors import MlinfraError
from mlinfra.offline.plan import plan_fresh
from mlinfra.stack.toolchain import find_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.engine import Stack
    from mlinfra.engine.events import Event
    from mlinfra.graph import ResourceGraph

SERVER: Final = Path(program.__file__).with_name("warm.py")


class Warm:
    """A process that forks for each plan. `files` are the program's own, as far as its last run has loaded them."""

    def __init__(self, stack: Stack) -> None:
        self._python = find_python(stack.project)
        self.files: list[str] = []
        self._start()

    def plan(self, stack: Stack, *, emit: Callable[[Event], None] | None = None) -> ResourceGraph:
        """What a stack's program declares, as `plan_fresh` says it."""
        try:
            run = Forked(self._channel, self._lines, self._request(stack))
        except (OSError, ValueError) as error:  # it has died: of memory, or somebody ended it
            self.close()
            self._start()
            raise MlinfraError(f"the process that keeps Pulumi's SDK has ended: {error}", fix="save again") from error
        try:
            return plan_fresh(stack, emit=emit, start=partial(Program, process=cast("subprocess.Popen[str]", run)))
        finally:
            run.end()
            self.files = run.files

    def close(self) -> None:
        """End the process."""
        self._lines.close()
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [str(self._python.executable), "-u", str(SERVER), str(theirs.fileno())],
            env=self._python.activate(os.environ), stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._lines = self._channel.makefile("r", encoding="utf-8")

    def _request(self, stack: Stack) -> dict[str, Any]:
        env = {**self._python.activate(os.environ), **stack.config.environment()}
        return {"env": env, "folder": str(stack.project.workdir)}


class Forked:
    """One run in a warm process, with as much of `subprocess.Popen` as a `Program` needs."""

    def __init__(self, channel: socket.socket, lines: IO[str], request: dict[str, Any]) -> None:
        self._lines = lines
        self._status: int | None = None
        self.files: list[str] = []
        (given, stdin), (stdout, out), (stderr, err) = os.pipe(), os.pipe(), os.pipe()
        self.stdin = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout = os.fdopen(stdout, encoding="utf-8", errors="replace")
        self.stderr = os.fdopen(stderr, encoding="utf-8", errors="replace")
        try:
            socket.send_fds(channel, [b"\n"], [given, out, err])
            channel.sendall(json.dumps(request).encode() + b"\n")
            self.pid = int(self._answer()["process"])
        finally:
            for one in (given, out, err):
                os.close(one)

    def wait(self) -> int:
        """Wait for the end of the run; returns its exit status."""
        if self._status is None:
            said = self._answer()
            self._status, self.files = int(said["status"]), list(said["files"])
        return self._status

    def poll(self) -> int | None:
        """The exit status, once somebody has waited for it."""
        return self._status

    def kill(self) -> None:
        """End the run at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """End the run if it has not ended, and close what belongs to it."""
        if self._status is None:
            self.kill()
            self.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                stream.close()

    def _answer(self) -> dict[str, Any]:
        return dict(json.loads(self._lines.readline()))
