"""Ray jobs: a head, groups of workers that grow and shrink, and the program that drives Ray Train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from mlinfra.jobs.errors import Invalid
from mlinfra.jobs.model import PATIENCE, Job, Model, Resources, Role
from mlinfra.jobs.quantities import amount, mebibytes
from mlinfra.jobs.replicas import Index, Launch
from mlinfra.jobs.sites import Site

HEAD: Final = "head"
DRIVER: Final = "driver"
MAX_GROUPS: Final = 16
"""Kueue takes 18 pod sets a workload (jobframework.MaxPodSets, 0.19): the head, the submitter and these."""
_TOKENS_SINCE: Final = (2, 52)
"""The first version of Ray that asks clients for a token (KubeRay's validation.go)."""
STORE_SHARE: Final = 0.3
"""The object store's share of a replica's memory, which is Ray's own default."""
_MIN_STORE: Final = 80  # MiB; Ray refuses less than 75 MiB


class WorkerGroup(Model):
    """Workers that are alike. Ray's autoscaler keeps their number between min and max."""

    min: Annotated[int, Field(ge=0)] = 1
    """Workers that are there from the start. Default: 1."""
    max: Annotated[int, Field(ge=1)] | None = None
    """The most that the autoscaler may ask for. Default: min, so that nothing scales."""
    resources: Resources
    """What each worker may use."""

    @property
    def most(self) -> int:
        """The most workers that there can be."""
        return self.max or self.min


class RayTrainJob(Job):
    """A Ray cluster for one job: it starts with the job and goes with it."""

    framework: ClassVar[str] = "Ray"

    kind: Literal["RayTrainJob"] = "RayTrainJob"
    """RayTrainJob."""
    ray_version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    """The version of Ray in the image, such as 2.55.1."""
    head: Resources
    """What the head may use. It runs the program and no training worker, unless it has accelerators."""
    workers: Annotated[
        Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")], WorkerGroup], Field(min_length=1)
    ]
    """Groups of workers by name."""

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        if taken := sorted(set(self.workers) & {HEAD, DRIVER}):
            raise Invalid(f"{taken[0]} is taken", fix="call the group worker, or gpu", field="workers")
        if len(self.workers) > MAX_GROUPS:
            raise Invalid(
                f"there are {len(self.workers)} groups, and Kueue takes {MAX_GROUPS}", fix="merge some", field="workers"
            )
        for name, group in self.workers.items():
            if group.max is not None and group.max < group.min:
                raise Invalid(
                    f"the group {name} has max {group.max} below min {group.min}", fix="raise max", field="workers"
                )
            if not group.most:
                raise Invalid(f"the group {name} has no workers", fix="min: 1, or max: 1", field="workers")
        return self

    @property
    def scales(self) -> bool:
        """Whether the number of workers can change."""
        return any(group.most > group.min for group in self.workers.values())

    @property
    def asks_for_token(self) -> bool:
        """Whether clients of the cluster need a token. Older versions of Ray obey whoever reaches them."""
        major, minor, _ = (int(part) for part in self.ray_version.split("."))
        return (major, minor) >= _TOKENS_SINCE

    def roles(self) -> tuple[Role, ...]:
        """The driver decides: it is the program. Lost workers come back by themselves, and Ray Train goes on."""
        groups = (Role(name, one.most, one.resources, alone=PATIENCE) for name, one in self.workers.items())
        return (Role(HEAD, 1, self.head), *groups, Role(DRIVER, 1, Resources(cpu="1", memory="1Gi"), decides=True))

    def launch(self, role: str, index: Index, site: Site) -> Launch:
        """`ray start` for head and workers, the program for the driver; in a cluster KubeRay writes these commands."""
        address = f"{site.host(HEAD, 0)}:{site.port(HEAD, 0, 'gcs')}"
        if role == DRIVER:
            return Launch(("python", *self.program), {"RAY_ADDRESS": address})
        own = {"node-ip-address": site.host(role, index), **self.start_parameters(role)}
        if role == HEAD:
            # What all of Ray's own processes on a machine would else share is given to each job alone.
            ports = {"port": "gcs", "dashboard-port": "dashboard"}
            own |= {name: str(site.port(role, 0, purpose)) for name, purpose in ports.items()}
        else:
            own["address"] = address
        options = (f"--{name}={value}" for name, value in own.items())
        start = ("ray", "start", *(("--head",) if role == HEAD else ()), *options, "--block", "--disable-usage-stats")
        return Launch(start, {"OMP_NUM_THREADS": str(site.threads(self.role(role), 1))})

    def start_parameters(self, role: str) -> dict[str, str]:
        """What a node of Ray says that it has: options of `ray start`, and rayStartParams of KubeRay."""
        resources = self.role(role).resources
        store = max(_MIN_STORE, int(mebibytes(resources.memory) * STORE_SHARE))
        # A head without accelerators only coordinates: with processors to give it would be given training workers.
        processors = int(amount(resources.cpu)) if role != HEAD or resources.gpus else 0
        return {
            "num-cpus": str(processors),
            "num-gpus": str(resources.gpus),
            "object-store-memory": str(store * 2**20),
        }
