"""What jobs of every framework are told. `mlinfra.jobs` says what it means, and checks it; here stands what may be an output."""

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pulumi
from pydantic import field_validator

from mlinfra.components.args import Args
from mlinfra.components.profiles import Classification
from mlinfra.components.training.reference import TrainingReference


def _text(value: Any) -> Any:
    """Numbers as job files may have them."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _seconds(value: Any) -> Any:
    return f"{value}s" if isinstance(value, int) and not isinstance(value, bool) else value


class JobStore(Args):
    """A place for data: a volume of the team's namespace, or a URL."""

    claim: pulumi.Input[str] = ""
    """The volume claim that is mounted into every replica. Give it or url."""
    url: pulumi.Input[str] = ""
    """Where the data are, for programs that read S3 themselves, such as s3://bucket/prefix. Give it or claim."""
    classification: Classification = Classification.INTERNAL
    """How sensitive the data are: internal, confidential or restricted. Default: internal."""


class JobTracking(Args):
    """Where metrics and models of a job are recorded (MLflow)."""

    url: pulumi.Input[str]
    """The tracking server, such as https://mlflow.example.com."""
    experiment: str
    """The experiment that the run belongs to."""


class JobResources(Args):
    """What one replica may use; requests and limits are the same."""

    cpu: str
    """Processors, such as "8" or "500m"."""
    memory: str
    """Memory, such as "64Gi"."""
    gpus: int = 0
    """Accelerators. Default: none."""
    efa: Optional[int] = None
    """EFA interfaces. Default: its share of a node's when a job with GPUs runs on several nodes, else none."""

    _numbers = field_validator("cpu", mode="before")(_text)


class JobReplicas(Args):
    """So many replicas of a role, and what each may use."""

    count: int = 1
    """How many. Default: 1."""
    resources: JobResources
    """What each may use."""


class JobArgs(Args):
    """Arguments of every training job."""

    training: TrainingReference
    """Where it trains: a `TrainingCluster`'s reference. Queue, service account and stores are the team's there."""
    team: str
    """The team whose job it is."""
    image: pulumi.Input[str]
    """The container image with its digest: registry/repository@sha256:…"""
    pool: Optional[str] = None
    """The node pool that it runs in, one of the team's. Default: any node that fits; a job with GPUs names one."""
    script: str = ""
    """The program, relative to `directory`. Give it or module."""
    module: str = ""
    """The Python module to run instead of a script, as in `python -m`."""
    args: Sequence[str] = ()
    """The program's arguments. Default: none."""
    directory: str = "/workspace"
    """Where the image has the program. Default: /workspace."""
    env: Mapping[str, pulumi.Input[str]] = {}
    """More environment variables for every replica. No secrets: those come as files."""
    shm: str = "1Gi"
    """The most that /dev/shm may hold, out of the replica's memory; data loaders with workers need it. Default: 1Gi."""
    scratch: str = "10Gi"
    """The most that /tmp may hold. Everything else of the image is read-only. Default: 10Gi."""
    datasets: Sequence[str] = ()
    """Those of the team's data sets that it reads: each at /data/<name>, or at its URL; DATA_<NAME> says where."""
    data: Mapping[str, JobStore] = {}
    """What else it reads, in the same way. Default: nothing."""
    checkpoint: Optional[JobStore] = None
    """Where it keeps checkpoints; CHECKPOINT_DIR says where. Default: where its team does."""
    output: Optional[JobStore] = None
    """Where it leaves its model; OUTPUT_DIR says where. Default: where its team does."""
    tracking: Optional[JobTracking] = None
    """Where metrics are recorded. Default: nowhere."""
    time_limit: str = "1d"
    """How long it may run, queueing not counted, such as 90m or 1d6h. Default: one day."""
    retries: int = 3
    """How often it starts again, from its checkpoint, after a failure. Default: 3."""
    fatal_exit_codes: Sequence[int] = ()
    """Exit codes after which starting again is useless, such as 2 for wrong arguments. Default: none."""
    priority: str = ""
    """One of the team's priorities. Default: that of the queue."""
    user: int = 1000
    """The user and group that the containers run as; never root. Default: 1000."""
    slow_network: bool = False
    """Accept TCP between the nodes of a job with GPUs, at a hundredth of EFA's bandwidth. Default: false."""

    _time = field_validator("time_limit", mode="before")(_seconds)

    def account(self) -> str:
        """The service account of its pods: the team's."""
        return self.training.team(self.team).service_account
