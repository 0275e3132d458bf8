"""What jobs of every framework have in common: where they run, what they may use, what happens when they fail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlinfra.jobs.errors import Invalid, JobError, explain
from mlinfra.jobs.pool import PoolTarget
from mlinfra.jobs.quantities import Duration, Memory, Quantity

if TYPE_CHECKING:
    from mlinfra.jobs.replicas import Index, Launch
    from mlinfra.jobs.sites import Site

_DIGEST: Final = re.compile(r"[\w.\-/:]+@sha256:[0-9a-f]{64}")
_NAME: Final = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
_VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"
PATIENCE: Final = 10
"""How often an executor or a worker of Ray is replaced here. Their operators do it without counting."""
MAX_NAME: Final = 40  # a pod is called <job>-<role>-0-<index>, and a label may have 63 characters


class Model(BaseModel):
    """Base of everything in a job file: immutable, and checked when it is made. Raises JobError."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    def __init__(self, /, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            named = f" {name}" if isinstance(name := given.get("name"), str) else ""
            raise JobError(f"{type(self).__name__}{named}", explain(error, type(self), given)) from None


class Classification(StrEnum):
    """How sensitive data are."""

    PUBLIC = "public"
    """Anybody may see them."""
    INTERNAL = "internal"
    """The organisation's own."""
    CONFIDENTIAL = "confidential"
    """Only those who need them."""
    RESTRICTED = "restricted"
    """Personal, medical or otherwise protected by law."""


class Store(Model):
    """A place for data: a volume of the cluster, or a URL such as s3://bucket/prefix."""

    claim: str = ""
    """The PersistentVolumeClaim that is mounted into every replica (FSx for Lustre, EFS, Mountpoint for S3). Give it or url."""
    url: str = ""
    """Where the data are, for programs that read S3 themselves. Give it or claim."""
    classification: Classification = Classification.INTERNAL
    """How sensitive the data are: public, internal, confidential or restricted. Default: internal."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.claim) == bool(self.url):
            raise Invalid("needs either claim or url", fix="claim: datasets, or url: s3://bucket/prefix", field="claim")
        return self


class Tracking(Model):
    """Where metrics and models of the job are recorded (MLflow)."""

    url: str
    """The tracking server, such as https://mlflow.example.com."""
    experiment: str
    """The experiment that the run belongs to."""


class Resources(Model):
    """What one replica may use; requests and limits are the same, so that nobody is evicted for a neighbour."""

    cpu: Quantity
    """Processors, such as 8 or "500m"."""
    memory: Memory
    """Memory, such as "64Gi"."""
    gpus: Annotated[int, Field(ge=0)] = 0
    """Accelerators. Default: none."""
    efa: Annotated[int, Field(ge=0)] | None = None
    """EFA interfaces. Default: all of a node when a job of GPUs runs on several, else none."""


class Replicas(Model):
    """So many replicas of a role, and what each may use."""

    count: Annotated[int, Field(ge=1)] = 1
    """How many. Default: 1."""
    resources: Resources
    """What each may use."""


@dataclass(frozen=True, slots=True)
class Role:
    """Replicas of a job that do the same."""

    name: str
    count: int
    resources: Resources
    decides: bool = False
    """Whether the job is done when all of these are."""
    alone: int = 0
    """How often one of these starts again by itself when it fails. Then, or at once, all start again from the checkpoint."""


class Job(Model):
    """A training job. Its subclasses say what each framework adds."""

    framework: ClassVar[str]

    name: Annotated[str, Field(pattern=_NAME, max_length=MAX_NAME)]
    """The job's name: lower-case letters, digits and hyphens, at most 40 characters."""
    namespace: Annotated[str, Field(pattern=_NAME, max_length=63)]
    """The namespace of the team that the job belongs to."""
    image: str
    """The container image with its digest: registry/repository@sha256:…"""
    script: str = ""
    """The program, relative to `directory`. Give it or module."""
    module: str = ""
    """The Python module to run instead of a script, as in `python -m`."""
    args: Sequence[str] = ()
    """The program's arguments. Default: none."""
    directory: str = "/workspace"
    """Where the image has the program. On this machine the folder of the job file stands for it. Default: /workspace."""
    env: Mapping[Annotated[str, Field(pattern=_VARIABLE)], str] = {}
    """More environment variables for every replica. No secrets: those come as files."""
    shm: Memory = "1Gi"
    """The most that /dev/shm may hold, out of the replica's memory; data loaders with workers need it. Default: 1Gi."""
    scratch: Memory = "10Gi"
    """The most that /tmp may hold. Everything else of the image is read-only. Default: 10Gi."""
    data: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")], Store] = {}
    """What the job reads: each at /data/<name>, or at its url. DATA_<NAME> says where."""
    checkpoint: Store | None = None
    """Where the job keeps checkpoints; CHECKPOINT_DIR says where. Required on spot capacity. Default: nowhere."""
    output: Store | None = None
    """Where the job leaves its model; OUTPUT_DIR says where. Default: nowhere."""
    tracking: Tracking | None = None
    """Where metrics are recorded. Default: nowhere."""
    time_limit: Duration = 86400
    """How long the job may run, queueing not counted: seconds, or like 90m and 1d6h. Default: one day."""
    retries: Annotated[int, Field(ge=0, le=100)] = 3
    """How often the job starts again, from its checkpoint, after a failure. Default: 3."""
    fatal_exit_codes: Sequence[Annotated[int, Field(ge=1, le=255)]] = ()
    """Exit codes after which starting again is useless, such as 2 for wrong arguments. Default: none."""
    keep: Duration | None = 86400
    """How long the finished job stays to be looked at: seconds, or like 12h; null: until it is deleted. Default: one day."""
    queue: str = ""
    """The Kueue LocalQueue that the job waits in. Default: none, so that it starts at once or stays pending."""
    priority: str = ""
    """The Kueue WorkloadPriorityClass of the job. Default: that of the queue."""
    service_account: str = ""
    """The service account whose Pod Identity reaches the team's data. Default: none, and no token."""
    user: Annotated[int, Field(ge=1)] = 1000
    """The user and group that the containers run as; never root. Default: 1000."""
    pool: PoolTarget | None = None
    """The node pool that the job runs in. Default: any node that fits."""
    slow_network: bool = False
    """Accept TCP between the nodes of a job with GPUs, at a hundredth of EFA's bandwidth. Default: false."""

    def roles(self) -> tuple[Role, ...]:
        """The job's roles, in the order in which they are started."""
        raise NotImplementedError

    def launch(self, role: str, index: Index, site: Site) -> Launch:
        """What the framework itself needs to run a replica; `replicas.launch` adds what all jobs have."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if _DIGEST.fullmatch(self.image) is None:
            raise Invalid(
                "has no digest", fix="write the image as registry/repository@sha256:<64 hex digits>", field="image"
            )
        if bool(self.script) == bool(self.module):
            raise Invalid(
                "needs either script or module", fix="script: train.py, or module: package.train", field="script"
            )
        if self.pool and self.pool.interruptible and self.checkpoint is None:
            raise Invalid(
                f"the pool {self.pool.name} can be taken away at two minutes' notice and the job keeps no checkpoint",
                fix="checkpoint: {claim: NAME} or {url: s3://…}, and save there",
                field="checkpoint",
            )
        for role in self.roles():
            if self.pool and self.pool.accelerators_per_node and role.resources.gpus > self.pool.accelerators_per_node:
                raise Invalid(
                    f"a node of the pool {self.pool.name} has {self.pool.accelerators_per_node} accelerators, and each "
                    f"{role.name} wants {role.resources.gpus}",
                    fix="ask for fewer on more replicas, or name another pool",
                    field="pool",
                )
        from mlinfra.jobs.fabric import check_fabric

        check_fabric(self)
        return self

    @property
    def program(self) -> tuple[str, ...]:
        """The program and its arguments as Python takes them."""
        return (*(("-m", self.module) if self.module else (self.script,)), *self.args)

    def role(self, name: str) -> Role:
        """The role of a name. Raises KeyError for one that the job does not have."""
        return {role.name: role for role in self.roles()}[name]

    @property
    def classification(self) -> Classification | None:
        """That of the most sensitive data that it reads or writes; None when it has none."""
        stores = [*self.data.values(), *(one for one in (self.checkpoint, self.output) if one)]
        return max((one.classification for one in stores), key=[*Classification].index, default=None)

    @property
    def total_gpus(self) -> int:
        """Accelerators of all replicas together."""
        return sum(role.count * role.resources.gpus for role in self.roles())
