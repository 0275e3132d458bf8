"""The control plane as a part of the sandbox's server: started and stopped with it, its nodes kept in step."""

from __future__ import annotations

import logging
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.controlplane.control import ControlPlane
from mlinfra.sandbox.server.files import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlinfra.sandbox.aws.account import Account
    from mlinfra.sandbox.controlplane.files import ControlPlaneInfo
    from mlinfra.sandbox.controlplane.mirror import Mirror
    from mlinfra.sandbox.kubernetes.real import RealBackend

RETRY_SECONDS: Final = 30.0
log = logging.getLogger("mlinfra.sandbox")


class Service:
    """The control plane of a sandbox.

    `account` gives the emulated account, in which the node groups are; `revision` differs after every change of it.
    """

    def __init__(self, home: Path, account: Callable[[], Account], revision: Callable[[], Any]) -> None:
        self._control_plane = ControlPlane(home)
        self._account, self._revision = account, revision
        self._mirror: Mirror | None = None
        self._changing = threading.Lock()
        self._next_try = 0.0

    @property
    def backend(self) -> RealBackend:
        """The backend that is the control plane. Made when it is asked for: most sandboxes have none."""
        return self._backend

    @cached_property
    def _backend(self) -> RealBackend:
        from mlinfra.sandbox.kubernetes.real import RealBackend

        return RealBackend(self._control_plane)

    @property
    def wanted(self) -> bool:
        """Whether the sandbox is to run with a control plane: as it was told last."""
        return self._control_plane.files.wanted.exists()

    @property
    def info(self) -> ControlPlaneInfo | None:
        """The running control plane, or None."""
        return self._control_plane.info

    def start(self) -> ControlPlaneInfo:
        """Bring it up, now and with every server from now on. Raises `SandboxError` when it does not come up."""
        with self._changing:
            info = self._control_plane.start()
            self._control_plane.files.wanted.touch(mode=0o600)
            if self._mirror is None:
                self._mirror = self._mirrored()
            log.info("control plane of Kubernetes %s at %s", info.version, info.endpoint)
            return info

    def keep(self) -> None:
        """Bring it up again if it has ended by itself; what does not come up is tried again after half a minute."""
        if self._mirror is None or self.info is not None or time.monotonic() < self._next_try:
            return
        with self._changing, self._control_plane.changing:
            if self.info is not None:
                return
            log.warning("the control plane has ended by itself and is started again")
            self._control_plane.stop()
            try:
                self._control_plane.start()
            except SandboxError as error:
                log.warning("the control plane does not come up: %s", error)
                self._next_try = time.monotonic() + RETRY_SECONDS

    def stop(self, *, for_good: bool = False) -> None:
        """End it; `for_good`: servers from now on run without one."""
        with self._changing:
            if self._mirror is not None:
                self._mirror.stop()
                self._mirror = None
            self._control_plane.stop()
            if for_good:
                self._control_plane.files.wanted.unlink(missing_ok=True)

    def reset(self) -> None:
        """Empty the cluster."""
        if not self._control_plane.files.directory.exists():
            return
        running = self.info is not None
        self.stop()
        self.backend.reset()
        if running:
            self.start()

    def _mirrored(self) -> Mirror:
        from mlinfra.sandbox.controlplane.groups import NodeGroups
        from mlinfra.sandbox.controlplane.mirror import Mirror
        from mlinfra.sandbox.controlplane.programs import kubernetes_version

        groups = NodeGroups(self._account(), lambda: self.backend.place, self._revision)
        mirror = Mirror(lambda: self.backend.api, groups, kubernetes_version())
        mirror.start()
        return mirror
