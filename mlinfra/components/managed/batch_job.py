"""PyTorch jobs on AWS Batch."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws

from mlinfra.catalog import managed
from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.components.component import Component
from mlinfra.components.jobs.arguments import JobResources
from mlinfra.components.jobs.late import Late
from mlinfra.components.managed.arguments import ManagedJobArgs
from mlinfra.components.managed.batch_reference import BatchReference, BatchTeamReference
from mlinfra.components.managed.container import container
from mlinfra.components.managed.limits import refused
from mlinfra.components.managed.pytorch import checked, fields, refusals
from mlinfra.components.managed.stores import ManagedStore
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.problems import Invalid, Problem, shown
from mlinfra.jobs.pytorch import PyTorchJob
from mlinfra.jobs.quantities import amount, mebibytes

_PLACES: Final = {"pool": "batch"}
"""The argument that stands for a field of the job which nobody writes."""


class BatchPyTorchJobArgs(ManagedJobArgs):
    """Arguments of `BatchPyTorchJob`."""

    batch: BatchReference
    """Where it trains: a `BatchTraining`'s reference."""
    team: str
    """The team whose job it is: its role, its data and its share of the queue."""
    resources: Optional[JobResources] = None
    """What each node gives to the job. Default: all that the smallest instance type has."""
    shm: str = "1Gi"
    """The most that /dev/shm may hold, out of the node's memory; data loaders with workers need it. Default: 1Gi."""
    datasets: Sequence[str] = ()
    """Those of the team's data sets that it reads, from S3: DATA_<NAME> says where."""
    checkpoint: Optional[ManagedStore] = None
    """Where it keeps checkpoints; CHECKPOINT_DIR says where. Default: where its team does."""
    output: Optional[ManagedStore] = None
    """Where it leaves its model; OUTPUT_DIR says where. Default: where its team does."""
    user: int = 1000
    """The user that the containers run as; never root. Default: 1000."""


class BatchPyTorchJob(Component[BatchPyTorchJobArgs]):
    """A job definition of AWS Batch: torchrun on one node, or on several as a multi-node parallel job.

    It runs as a plain user on a read-only image, with its team's role, ends by itself, and writes its log to the group of
    its place. Every `aws batch submit-job` with the team as share identifier runs it once more.

        bert = ml.BatchPyTorchJob("bert", ml.BatchPyTorchJobArgs(
            batch=batch.reference,
            team="vision",
            image=images.repository_urls["training"].apply(lambda url: url + "@sha256:" + "0" * 64),
            nodes=2,
            script="train.py",
            datasets=["imagenet"],
            time_limit="12h"))
    """

    definition_arn: pulumi.Output[str]
    """The ARN of the job definition's revision."""
    definition_name: pulumi.Output[str]
    """What jobs are submitted with: its newest revision is run."""

    _args_type = BatchPyTorchJobArgs

    def __init__(self, name: str, args: BatchPyTorchJobArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, batch, late = self._args, self._args.batch, Late()
        job, late = checked(f'BatchPyTorchJob "{name}"', _fields(name, args, late), late, _PLACES)
        made = container(job, args, _smallest(batch) if args.nodes > 1 else None)
        document = pulumi.Output.json_dumps(late.filled(made))
        several = args.nodes > 1
        nodes = pulumi.Output.json_dumps(
            {
                "mainNode": 0,
                "numNodes": args.nodes,
                "nodeRangeProperties": [{"targetNodes": f"0:{args.nodes - 1}", "container": late.filled(made)}],
            }
        )
        definition = aws.batch.JobDefinition(
            f"{name}-job",
            type="multinode" if several else "container",
            container_properties=None if several else document,
            node_properties=nodes if several else None,
            platform_capabilities=None if several else ["EC2"],
            propagate_tags=True,
            retry_strategy=aws.batch.JobDefinitionRetryStrategyArgs(attempts=job.retries + 1),
            timeout=aws.batch.JobDefinitionTimeoutArgs(attempt_duration_seconds=job.time_limit),
            tags={"team": args.team},
            opts=self.child(),
        )
        self.definition_arn, self.definition_name = definition.arn, definition.name
        self.finish()

    def _refusals(self, name: str, args: BatchPyTorchJobArgs) -> Iterable[Problem]:
        if found := [*refusals(lambda late: _fields(name, args, late), args, _PLACES)]:
            yield from found
            return
        try:
            _fits(args, PyTorchJob(**_fields(name, args, Late())))
        except Invalid as error:
            yield Problem(error.argument, shown(getattr(args, error.argument)), error.reason, error.fix)


def _fields(name: str, args: BatchPyTorchJobArgs, late: Late) -> dict[str, Any]:
    batch, team = args.batch, _team(args)
    missing = next((one for one in args.datasets if one not in team.datasets), None)
    if missing:
        fix = f"name those it has: {', '.join(team.datasets) or 'none'}"
        raise Invalid(f"the team {args.team} has no data set {missing!r}", fix=fix, argument="datasets")
    small = _smallest(batch)
    found = small.accelerator
    given = fields(
        name,
        args,
        late,
        pool={
            "name": "batch",
            "instance_types": list(batch.instance_types),
            "capacity": batch.capacity.value,
            "accelerators_per_node": found.count if found else 0,
            "efa_per_node": batch.efa_per_node,
        },
        resources=(args.resources or _whole(small)).model_dump(exclude_none=True),
        data={one: team.datasets[one] for one in args.datasets},
        checkpoint=args.checkpoint or team.checkpoints,
        output=args.output or team.outputs,
    )
    return {**given, "shm": args.shm, "user": args.user}


def _team(args: BatchPyTorchJobArgs) -> BatchTeamReference:
    if args.team not in args.batch.teams:
        fix = f"name one of those that do: {', '.join(sorted(args.batch.teams))}"
        raise Invalid(f"no team {args.team!r} trains here", fix=fix, argument="team")
    return args.batch.teams[args.team]


def _smallest(batch: BatchReference) -> InstanceType:
    found = [one for one in map(instance_type, batch.instance_types) if one]
    return min(found, key=lambda one: (one.accelerator.count if one.accelerator else 0, one.memory_mib))


def _whole(one: InstanceType) -> JobResources:
    return JobResources(
        cpu=str(one.vcpus), memory=f"{_memory(one)}Mi", gpus=one.accelerator.count if one.accelerator else 0
    )


def _memory(one: InstanceType) -> int:
    """What an instance has for its jobs, in MiB: without what the agent and the system keep."""
    kept = managed.limit("batch-host").values
    return int(one.memory_mib * (1 - kept["memory_percent"] / 100)) - int(kept["memory_mib"])


def _fits(args: BatchPyTorchJobArgs, job: PyTorchJob) -> None:
    """Raises `Invalid` for what Batch would refuse, or leave waiting for ever."""
    batch = args.batch
    if args.nodes > 1 and batch.capacity is CapacityKind.SPOT:
        fix = "use one node, or a BatchTraining on demand or on a reservation"
        raise refused("mnp-spot", fix=fix, argument="nodes")
    if args.nodes > 1 and len(batch.instance_types) > 1:
        fix = "use one node, or a BatchTraining of one type"
        raise refused("mnp-type", fix=fix, argument="nodes")
    if args.nodes > batch.max_nodes:
        raise Invalid(f"there are {batch.max_nodes} instances at most", fix="ask for fewer", argument="nodes")
    large = [one for one in map(instance_type, batch.instance_types) if one]
    wanted, most = job.resources, max(large, key=_memory)
    gpus = max(one.accelerator.count if one.accelerator else 0 for one in large)
    for what, asked, there in (
        ("vCPUs", amount(wanted.cpu), max(one.vcpus for one in large)),
        ("MiB of memory", mebibytes(wanted.memory), _memory(most)),
        ("GPUs", wanted.gpus, gpus),
    ):
        if asked > there:
            said = f"{asked:g} {what} of {there}"
            raise refused("batch-host", what=said, fix=f"ask for {there} at most on each node", argument="resources")
    attempts = managed.limit("batch-retries").values["attempts"]
    if job.retries >= attempts:
        raise refused("batch-retries", fix=f"give {attempts - 1} at most", argument="retries")
    if job.time_limit < managed.limit("batch-time").values["seconds"]:
        raise refused("batch-time", fix="give 1m or more", argument="time_limit")
    prefix = managed.limit("batch-variables").values["prefix"]
    if name := next((one for one in args.env if one.startswith(prefix)), None):
        raise refused("batch-variables", what=name, fix="give it another name", argument="env")
