"""Start and stop a control plane. It ends with the process that started it, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.controlplane.build import built
from mlinfra.sandbox.controlplane.files import ControlPlaneFiles, ControlPlaneInfo
from mlinfra.sandbox.server.files import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 60.0


class ControlPlane:
    """The control plane of a home, run by this process."""

    def __init__(self, home: Path) -> None:
        self.home, self.files = home.absolute(), ControlPlaneFiles(home)
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._lifeline = -1
        self._info: ControlPlaneInfo | None = None
        self.changing = threading.RLock()
        """Held while it is started, stopped or emptied."""

    @property
    def info(self) -> ControlPlaneInfo | None:
        """The running control plane, or None."""
        running = self._supervisor is not None and self._supervisor.poll() is None
        return self._info if running else None

    def start(self) -> ControlPlaneInfo:
        """Bring it up unless it runs; its programs must have been built.

        Raises `SandboxError` when they are not, and with the end of a log when one of them does not come up.
        """
        with self.changing:
            return self.info or self._start()

    def _start(self) -> ControlPlaneInfo:
        programs = built()
        if programs is None:
            message = "the programs of the control plane are not built, or the cache that they were in is gone"
            raise SandboxError(message, fix="run `mlinfra sandbox start --control-plane`, which builds them")
        self.files.make()
        lifeline, self._lifeline = os.pipe()
        ready, answer = os.pipe()
        command = [sys.executable, "-m", "mlinfra.sandbox.controlplane", "--home", str(self.home)]
        command += ["--lifeline", str(lifeline), "--ready", str(answer)]
        command += ["--programs", json.dumps({name: str(path) for name, path in programs.items()})]
        with (self.files.logs / "supervisor.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lifeline, answer],
                start_new_session=True,
                cwd="/",
            )
        os.close(lifeline)
        os.close(answer)
        with os.fdopen(ready, "rb") as pipe:
            text = pipe.read() if select.select([pipe], [], [], START_SECONDS)[0] else b""
        said: dict[str, Any] = json.loads(text or b"{}")
        if "endpoint" in said:
            self._info = ControlPlaneInfo(**said)
            return self._info
        self.stop()
        tail = self.files.log_tail("supervisor")
        raise SandboxError(said.get("error") or f"the control plane did not come up:\n{tail}", fix=said.get("fix", ""))

    def stop(self) -> None:
        """End it; its cluster is kept for the next start."""
        with self.changing:
            if self._lifeline >= 0:
                os.close(self._lifeline)
                self._lifeline = -1
            if self._supervisor is not None:
                try:
                    self._supervisor.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self._supervisor.kill()  # what it runs ends with it
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._supervisor.wait(STOP_SECONDS)
            self._supervisor = self._info = None
            self.files.info.unlink(missing_ok=True)

    def reset(self) -> None:
        """Empty the cluster, running or not."""
        with self.changing:
            running = self.info is not None
            self.stop()
            self.files.empty()
            if running:
                self.start()
