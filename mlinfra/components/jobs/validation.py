"""Proof in the stack that its nodes can train."""

from collections.abc import Iterable
from typing import Final, Optional

import pulumi
import pulumi_kubernetes as kubernetes
from pydantic import TypeAdapter, ValidationError, field_validator

from mlinfra import jobs
from mlinfra.catalog import nccl
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.jobs.arguments import JobResources
from mlinfra.components.jobs.base import refusals, rendered
from mlinfra.components.jobs.pytorch_job import PyTorchJobArgs
from mlinfra.components.jobs.validation_objects import FOLDER, PROGRAM, objects
from mlinfra.components.problems import Invalid, Problem, shown
from mlinfra.components.training.reference import TrainingReference
from mlinfra.jobs.quantities import Duration

_SHARE: Final = 0.8
"""Of the published bandwidth. What it is to find, a network that is not used, leaves a tenth or less."""
_BYTES: Final = 2**30
_MADE: Final = {"ConfigMap": kubernetes.core.v1.ConfigMap, "Service": kubernetes.core.v1.Service}


class TrainingValidationArgs(Args):
    """Arguments of `TrainingValidation`."""

    training: TrainingReference
    """Where it trains: a `TrainingCluster`'s reference."""
    team: str
    """The team in whose queue and namespace it runs."""
    pool: str
    """The node pool that it proves, one of the team's. It takes whole nodes."""
    image: pulumi.Input[str]
    """A container image with PyTorch, and for EFA with aws-ofi-nccl, by its digest: the one that trains there."""
    nodes: int = 2
    """Nodes that train together. Default: 2."""
    cpu: str = "8"
    """Processors of each node that it takes. Default: 8."""
    memory: str = "64Gi"
    """Memory of each node that it takes. Default: 64Gi."""
    bus_bandwidth: Optional[float] = None
    """The least that all-reduce must do between the nodes, in GB/s as nccl-tests count; 0 only measures. Default: four fifths
    of what has been published for the instance type, where something has."""
    storage_bandwidth: float = 0
    """The least at which every node must write and read the team's checkpoints, in GB/s. Default: 0, which only measures."""
    priority: str = ""
    """One of the team's priorities. Default: that of the queue."""
    time_limit: str = "30m"
    """How long it may run, such as 90m. Default: 30m."""
    patience: str = "2h"
    """How long the deployment waits for it, queueing and new nodes included. Default: 2h."""
    slow_network: bool = False
    """Accept TCP between nodes with GPUs, where there is no EFA. Default: false."""

    @field_validator("patience")
    @classmethod
    def _patience(cls, value: str) -> str:
        _seconds(value)
        return value


class TrainingValidation(Component[TrainingValidationArgs]):
    """A short training on whole nodes of a pool, whose failure fails the deployment.

    It measures all-reduce over the network that jobs will use and what the team's checkpoint store does, trains a small
    model on all GPUs together, and compares: bandwidth with what is published for the instance type, the loss with what it
    was, the parameters of the ranks with each other. It runs again when the image, the pool or what is wanted changes.

        proof = ml.TrainingValidation("proof", ml.TrainingValidationArgs(
            training=training.reference,
            team="vision",
            pool="h100",
            image=f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/train@sha256:{'0' * 64}",
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    job_name: pulumi.Output[str]
    """The name of its Job, known once it has succeeded: what is to wait for the proof depends on it."""

    _args_type = TrainingValidationArgs
    _needs_kubernetes = True

    def __init__(self, name: str, args: TrainingValidationArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        before: list[pulumi.Resource] = []
        *others, job = rendered(jobs.PyTorchJob, name, _job_args(self._args), objects)
        for manifest in others:
            kind = manifest.pop("kind")
            before.append(_MADE[kind](f"{name}-{kind.lower()}", **manifest, opts=self.child()))
        seconds = f"{_seconds(self._args.patience)}s"
        made = kubernetes.batch.v1.Job(
            f"{name}-job",
            metadata=job["metadata"],
            spec=job["spec"],
            opts=self.child(
                depends_on=before,
                custom_timeouts=pulumi.CustomTimeouts(create=seconds, update=seconds),
                replace_on_changes=["spec"],
                delete_before_replace=True,
            ),
        )
        self.job_name = made.id.apply(lambda _: name)
        self.finish()

    def _refusals(self, name: str, args: TrainingValidationArgs) -> Iterable[Problem]:
        if _bandwidth(args) is None:
            what = _instance_type(args) or "several types" if args.nodes > 1 else "a single node"
            reason = f"nothing is published of all-reduce on {what}"
            yield Problem(
                "bus_bandwidth", "", reason, "give what it must do in GB/s, or 0 to measure it and judge later"
            )
        if args.storage_bandwidth and not _storage(args):
            reason = f"the team {args.team} keeps checkpoints in no volume"
            yield Problem("storage_bandwidth", shown(args.storage_bandwidth), reason, "leave it out")
        yield from refusals(jobs.PyTorchJob, name, _job_args(args))


def _job_args(args: TrainingValidationArgs) -> PyTorchJobArgs:
    """The validation as the PyTorch job that it is."""
    pool = args.training.pools.get(args.pool)
    gpus = pool.devices.get(pool.resource, pool.accelerators_per_node) if pool else 0
    options = ["--bytes", str(_BYTES), "--bus-bandwidth", f"{_bandwidth(args) or 0:g}"]
    if storage := _storage(args):
        options += ["--storage", storage, "--storage-bandwidth", f"{args.storage_bandwidth:g}"]
    return PyTorchJobArgs(
        training=args.training,
        team=args.team,
        pool=args.pool,
        image=args.image,
        script=f"{FOLDER}/{PROGRAM}",
        args=options,
        directory="/tmp",  # noqa: S108 (a volume of the pod's own)
        nodes=args.nodes,
        resources=JobResources(cpu=args.cpu, memory=args.memory, gpus=gpus),
        shm="8Gi",
        priority=args.priority,
        time_limit=args.time_limit,
        slow_network=args.slow_network,
    )


def _bandwidth(args: TrainingValidationArgs) -> Optional[float]:
    """The least for all-reduce, in GB/s."""
    if args.bus_bandwidth is not None:
        return args.bus_bandwidth
    published = nccl.measured(_instance_type(args)) if args.nodes > 1 else None
    return published.bus_bandwidth * _SHARE if published else None


def _instance_type(args: TrainingValidationArgs) -> str:
    """The one type of the pool's nodes; empty when there are several."""
    pool = args.training.pools.get(args.pool)
    return pool.instance_types[0] if pool and len(pool.instance_types) == 1 else ""


def _storage(args: TrainingValidationArgs) -> str:
    """Where the team's checkpoints are mounted; empty when they are not."""
    team = args.training.teams.get(args.team)
    return "/checkpoint" if team and team.checkpoints and team.checkpoints.claim else ""


def _seconds(length: str) -> int:
    try:
        return TypeAdapter(Duration).validate_python(length)
    except ValidationError:
        raise Invalid("not a length of time", fix="write it like 90m or 1h30m") from None
