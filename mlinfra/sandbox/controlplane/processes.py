"""The processes of the control plane: each with a log, started again when it ends, and none outliving its parent."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.server.files import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PR_SET_PDEATHSIG: Final = 1
LOG_BYTES: Final = 32 * 1024 * 1024
RESTARTS: Final = 5  # within RESTART_SECONDS; more, and the process is broken
RESTART_SECONDS: Final = 60.0
END_SECONDS: Final = 10.0


@dataclass
class Process:
    """A program that is kept running."""

    name: str
    command: Sequence[str]
    log: Path
    _process: subprocess.Popen[bytes] | None = None
    _ends: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it. Raises `SandboxError` when the program cannot be run."""
        if self.log.is_file() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            try:
                self._process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.log.parent,
                    preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (no other threads)
                )
            except OSError as error:
                message = f"{self.name} cannot be run: {error}"
                raise SandboxError(
                    message, fix="run `mlinfra sandbox start --control-plane`, which builds it"
                ) from error

    @property
    def ended(self) -> int | None:
        """The status with which it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def keep(self) -> None:
        """Start it again if it has ended. Raises `SandboxError` when it does so again and again."""
        status = self.ended
        if status is None:
            return
        now = time.monotonic()
        self._ends = [*(moment for moment in self._ends if now - moment < RESTART_SECONDS), now]
        if len(self._ends) > RESTARTS:
            raise SandboxError(f"{self.name} ended {len(self._ends)} times within {RESTART_SECONDS:.0f} s ({status})")
        self.start()

    def stop(self) -> None:
        """End it: politely, and after ten seconds no more."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _die_with_parent() -> None:
    """In the new process: end when the parent ends, however it ends; and leave the terminal's Ctrl-C to the parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
