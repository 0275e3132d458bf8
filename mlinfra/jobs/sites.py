"""Where a job's replicas run, and so how they find each other and their data: a cluster, or this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from mlinfra.jobs.model import Job, Role, Store
    from mlinfra.jobs.replicas import Index

PORTS: Final = {
    "rendezvous": 29500,  # what Trainer injects: ContainerTrainerPort in pkg/constants of github.com/kubeflow/trainer
    "grpc": 2222,
    "gcs": 6379,
    "dashboard": 8265,
    "master": 7077,
}
"""The port that each purpose has in a cluster, where every replica has an address of its own."""


class Site(Protocol):
    """How replicas reach each other and their data."""

    def host(self, role: str, index: Index) -> str:
        """The address of a replica."""
        ...

    def port(self, role: str, index: Index, purpose: str) -> int:
        """The port on which a replica listens for a purpose (see PORTS)."""
        ...

    def path(self, kind: str, store: Store) -> str:
        """Where a store is found: `kind` is checkpoint, output, or data/<name>."""
        ...

    def scratch(self, role: str, index: Index) -> str:
        """A folder of a replica for what nobody needs afterwards."""
        ...

    def tracking(self, url: str) -> str:
        """Where metrics go."""
        ...

    def threads(self, role: Role, processes: int) -> int:
        """Processors that each of so many processes of a replica may keep busy."""
        ...


class Cluster:
    """Pods with stable names behind the headless service that JobSet makes for a job.

    JobSet calls them <jobset>-<replicated job>-<job index>-<pod index>.<jobset> (Network.EnableDNSHostnames in
    api/jobset/v1alpha2 of github.com/kubernetes-sigs/jobset); each role here is one Job of several pods.
    """

    def __init__(self, job: Job) -> None:
        self._name = job.name

    def host(self, role: str, index: Index) -> str:
        """The pod's name in the cluster's DNS."""
        return f"{self._name}-{role}-0-{index}.{self._name}"

    def port(self, role: str, index: Index, purpose: str) -> int:  # noqa: D102
        return PORTS[purpose]

    def path(self, kind: str, store: Store) -> str:  # noqa: D102
        return store.url or f"/{kind}"

    def scratch(self, role: str, index: Index) -> str:  # noqa: D102
        return "/tmp"  # noqa: S108 (an emptyDir of the pod's own)

    def tracking(self, url: str) -> str:  # noqa: D102
        return url

    def threads(self, role: Role, processes: int) -> int:  # noqa: D102
        from mlinfra.jobs.quantities import amount

        return max(1, int(amount(role.resources.cpu)) // processes)


class Loopback:
    """Processes on this machine: one address, a free port for each replica and purpose, folders for stores."""

    def __init__(self, work: Path, *, processors: int, data: dict[str, Path] | None = None) -> None:
        self._work, self._data = work, data or {}
        self._processors = processors
        self._ports: dict[tuple[str, str, str], int] = {}

    def host(self, role: str, index: Index) -> str:  # noqa: D102
        return "127.0.0.1"

    def port(self, role: str, index: Index, purpose: str) -> int:
        """A port that was free when it was first asked for, and is the same ever after."""
        key = (role, str(index), purpose)
        if key not in self._ports:
            self._ports[key] = _free_port(set(self._ports.values()))
        return self._ports[key]

    def path(self, kind: str, store: Store) -> str:
        """A folder under the job's, or the one that was given for a data set."""
        folder = self._data.get(kind.removeprefix("data/")) if kind.startswith("data/") else None
        folder = folder or self._work / kind
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder.resolve())

    def scratch(self, role: str, index: Index) -> str:  # noqa: D102
        folder = self._work / "scratch" / f"{role}-{index}"
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder.resolve())

    def tracking(self, url: str) -> str:
        """A folder: trying a job leaves nothing on a server."""
        return (self._work / "mlruns").resolve().as_uri()

    def threads(self, role: Role, processes: int) -> int:
        """The machine's processors, shared by everything that computes."""
        return max(1, self._processors // (processes * max(1, role.count)))


def _free_port(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port
