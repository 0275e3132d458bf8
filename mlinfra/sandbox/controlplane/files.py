"""What a control plane keeps on disk, and the record by which others find it. Imports nothing heavy."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mlinfra.sandbox.server.files import ServerFiles, write_private

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ControlPlaneInfo:
    """A running control plane. `kubeconfig` is its administrator's; `started` a Unix time in seconds."""

    endpoint: str
    version: str
    kubeconfig: str
    pid: int
    started: float


class ControlPlaneFiles:
    """A control plane's own directory, `<home>/sandbox/control-plane`, readable by its owner alone."""

    def __init__(self, home: Path) -> None:
        self.directory = ServerFiles(home).directory / "control-plane"
        self.wanted = self.directory / "wanted"  # as long as it is there, the sandbox runs with a control plane
        self.info = self.directory / "control-plane.json"
        self.certificates = self.directory / "pki"
        self.data = self.directory / "etcd"
        self.logs = self.directory / "logs"
        self.configuration = self.directory / "config"

    def kubeconfig(self, identity: str) -> Path:
        """The kubeconfig of an identity of the control plane."""
        return self.configuration / f"{identity}.kubeconfig"

    def make(self) -> None:
        """Make the directories."""
        for folder in (self.directory, self.logs, self.configuration):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def read(self) -> ControlPlaneInfo | None:
        """What the last control plane wrote about itself; None when there is nothing, or nothing readable."""
        try:
            return ControlPlaneInfo(**json.loads(self.info.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, info: ControlPlaneInfo) -> None:
        """Write `info` atomically, mode 0600."""
        write_private(self.info, json.dumps(asdict(info)).encode())

    def empty(self) -> None:
        """Forget every object of the cluster."""
        shutil.rmtree(self.data, ignore_errors=True)

    def log_tail(self, program: str, lines: int = 12) -> str:
        """The last lines of a program's log."""
        try:
            return "\n".join((self.logs / f"{program}.log").read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""
