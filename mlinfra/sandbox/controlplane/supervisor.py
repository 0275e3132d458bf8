"""Bring a control plane up and keep it up until the one who started it ends, or says so."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.controlplane import commands
from mlinfra.sandbox.controlplane.api import Api
from mlinfra.sandbox.controlplane.certificates import issue
from mlinfra.sandbox.controlplane.files import ControlPlaneInfo
from mlinfra.sandbox.controlplane.processes import Process
from mlinfra.sandbox.controlplane.programs import kubernetes_version
from mlinfra.sandbox.server.files import HOST, SandboxError, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mlinfra.sandbox.controlplane.files import ControlPlaneFiles

READY_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.1
KWOK_ROLE: Final = "mlinfra:kwok"


class Supervisor:
    """One control plane, from `start()` to the end of `watch()`."""

    def __init__(self, files: ControlPlaneFiles, programs: Mapping[str, Path]) -> None:
        self.files, self.programs = files, programs
        self._processes: list[Process] = []
        self._stopping = False

    def start(self) -> ControlPlaneInfo:
        """Bring everything up. Raises `SandboxError` with the end of a log when something does not come up."""
        files = self.files
        files.make()
        issue(files.certificates)
        ports = free_ports()
        for identity in ("admin", "controller-manager", "scheduler", "kwok"):
            text = commands.kubeconfig(files, identity, ports.endpoint)
            write_private(files.kubeconfig(identity), text.encode())
        write_private(files.configuration / "scheduler.json", commands.scheduler_configuration(files).encode())
        write_private(
            files.configuration / "kwok.yaml", commands.kwok_configuration(_stages(self.programs["kwok"].parent))
        )
        api = Api(files.kubeconfig("admin"))
        try:
            self._run("etcd", commands.etcd(files, ports))
            self._run("kube-apiserver", commands.apiserver(files, ports))
            self._until("kube-apiserver", api.ready)
            for manifest in _kwok_access():
                api.apply(manifest, manager="mlinfra-sandbox", force=True)
            self._run("kube-controller-manager", commands.controller_manager(files))
            self._run("kube-scheduler", commands.scheduler(files))
            self._run("kwok", commands.kwok(files))
            account = "/api/v1/namespaces/default/serviceaccounts/default"  # without it no pod is admitted
            self._until("kube-controller-manager", lambda: api.exists(account))
        except BaseException:
            self.stop()
            raise
        info = ControlPlaneInfo(
            endpoint=ports.endpoint,
            version=kubernetes_version(),
            kubeconfig=str(files.kubeconfig("admin")),
            pid=os.getpid(),
            started=time.time(),
        )
        files.write(info)
        return info

    def watch(self, lifeline: int) -> None:
        """Keep every process running until the other end of `lifeline` is closed, or SIGTERM."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "_stopping", True))
        try:
            while not self._stopping and not select.select([lifeline], [], [], 0.5)[0]:
                for process in self._processes:
                    process.keep()
        finally:
            self.stop()

    def stop(self) -> None:
        """End every process, in the opposite order of their start."""
        self.files.info.unlink(missing_ok=True)
        while self._processes:
            self._processes.pop().stop()

    def _run(self, name: str, arguments: list[str]) -> None:
        process = Process(name, [str(self.programs[name]), *arguments], self.files.logs / f"{name}.log")
        process.start()
        self._processes.append(process)

    def _until(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            for process in self._processes:
                if process.ended is not None:
                    tail = self.files.log_tail(process.name)
                    raise SandboxError(f"{process.name} ended with {process.ended}. The end of its log:\n{tail}")
            if time.monotonic() > deadline:
                message = f"{name} is not ready after {READY_SECONDS:.0f} s. The end of its log:\n"
                raise SandboxError(message + self.files.log_tail(name))
            time.sleep(POLL_SECONDS)


def free_ports() -> commands.Ports:
    """Ports that nobody listens on now."""
    names = commands.Ports.__dataclass_fields__
    listeners = {name: socket.socket(socket.AF_INET, socket.SOCK_STREAM) for name in names}
    try:
        for listener in listeners.values():
            listener.bind((HOST, 0))
        return commands.Ports(**{name: listener.getsockname()[1] for name, listener in listeners.items()})
    finally:
        for listener in listeners.values():
            listener.close()


def _stages(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.yaml"))]


def _kwok_access() -> list[dict[str, Any]]:
    """What kwok may do: what kubelets do, for every node."""
    rules = [
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch", "update"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/status", "pods/status"], "verbs": ["patch", "update"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "patch", "update", "delete"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "list", "watch", "create", "patch", "update"],
        },
    ]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": KWOK_ROLE}}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": KWOK_ROLE}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mlinfra:kwok"}
    return [
        {**kind, "kind": "ClusterRole", "rules": rules},
        {**kind, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": [subject]},
    ]
