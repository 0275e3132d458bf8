"""One replica as a process, which ends with everything that it started."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_LONGEST_LINE: Final = 1 << 20
_DRAIN_SECONDS: Final = 2.0  # for what is still in the pipe when a process is gone
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_MARK: Final = "MLINFRA_REPLICA"
"""A variable by which everything that a replica started is found: torchrun and Ray start sessions of their own."""


class Process:
    """A running replica. `read` gets every line that it writes."""

    def __init__(
        self, process: asyncio.subprocess.Process, mark: str, output: asyncio.StreamReader, read: Callable[[str], None]
    ) -> None:
        self._process, self._mark, self._output, self._read = process, mark, output, read
        self.pid, self.started = process.pid, time.monotonic()
        self._lines = asyncio.create_task(self._forward())

    @classmethod
    async def start(
        cls, command: Sequence[str], env: Mapping[str, str], directory: Path, read: Callable[[str], None]
    ) -> Process:
        """Start a command in a session of its own. Raises OSError when there is no such program."""
        mark = uuid.uuid4().hex
        # Not asyncio's own pipe: it says that a process has ended when all that hold the pipe have, and a launcher that
        # fails leaves workers behind.
        theirs, ours = os.pipe()
        reader = asyncio.StreamReader(limit=_LONGEST_LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(theirs, "rb"))
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={**env, _MARK: mark},
                cwd=directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=ours,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_runner if sys.platform == "linux" else None,
            )
        finally:
            os.close(ours)
        return cls(process, mark, reader, read)

    async def wait(self) -> int:
        """Its exit code, or minus the signal that ended it. What it left running is killed."""
        code = await self._process.wait()
        self.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._lines, _DRAIN_SECONDS)
        return code

    def terminate(self) -> None:
        """Ask the replica to end, as Kubernetes does: its first process is told, the others are its business."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        """End the replica and everything that it started at once, as when its node fails."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for pid in _marked(self._mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    async def _forward(self) -> None:
        while True:
            try:
                line = await self._output.readline()
            except ValueError:  # longer than the limit: what there is of it is dropped
                continue
            if not line:
                return
            self._read(line.decode("utf-8", "replace").rstrip("\n").rpartition("\r")[2])


def _end_with_runner() -> None:
    """In the new process: be asked to end when the runner has ended without asking."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _marked(mark: str) -> Iterator[int]:
    """The processes that carry a mark; none where there is no /proc, and a process group must do."""
    wanted = f"{_MARK}={mark}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in entry.read_bytes().split(b"\0"):
                yield int(entry.parent.name)
