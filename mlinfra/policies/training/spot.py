"""Rules about training on capacity that EC2 takes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.families import family
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.capacity import NODE_GROUP
from mlinfra.policies.kubernetes.hygiene import uses_gpu
from mlinfra.policies.kubernetes.pods import a_container, every_pod
from mlinfra.policies.training.jobs import DEADLINES
from mlinfra.policies.training.kinds import (
    JOB_SET,
    JOBS,
    LOCAL_QUEUE,
    RAY_CLUSTER,
    RUNTIMES,
    SPARK,
    SUBMITTED,
    TRAIN_JOB,
    queue,
    same,
    together,
)
from mlinfra.policies.training.queues import CLUSTER_QUEUE, FLAVOR
from mlinfra.policies.versions import NODE_POOL

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

_SPOT: Final = {"karpenter.sh/capacity-type": "spot", "eks.amazonaws.com/capacityType": "SPOT"}
_TYPES: Final = (*(kind for kind in DEADLINES if kind not in (TRAIN_JOB, SPARK)), JOB_SET, RAY_CLUSTER, *RUNTIMES)


@rule(
    "gpu-spot-checkpoint",
    title="Jobs on spot GPUs can go on where they were",
    severity=Severity.LOW,
    types=_TYPES,
    fix="a PersistentVolumeClaim (FSx for Lustre) for checkpoints that a container mounts to write, or CHECKPOINT_DIR: s3://…",
    arguments=dict.fromkeys(JOBS, "checkpoint"),
)
def gpu_spot_checkpoint(job: Resource) -> Truth:
    """An interrupted job without checkpoints starts again from nothing, and costs more than on demand.

    Whether it runs on spot capacity is said by its node selector, by the pool that the selector means, or by its queue.
    """
    runtime = family(job.type) in RUNTIMES

    def kept(pod: Value) -> Truth:
        chosen = pod["nodeSelector"]
        spot = is_spot(chosen) | (~chosen.present() & _queued_on_spot(job))
        on_gpu = job.says(True, "a runtime") if runtime else a_container(pod, uses_gpu)
        saved = a_container(pod, lambda one: _writes(pod, one) | _names(one["env"]))
        return only_if(spot & on_gpu, saved | _named_by_job(job) if runtime else saved)

    return every_pod(job, kept)


def is_spot(labels: Value) -> Truth:
    """Whether labels of nodes are those of spot capacity: by the label itself, or by a pool of the stack that has them."""
    graph = labels.resource.graph
    groups = graph.of(NODE_GROUP).any(lambda one: one["capacityType"].is_("SPOT") & _shares(labels, one["labels"]))
    pools = graph.of(NODE_POOL).any(lambda one: _buys_spot(one) & _shares(labels, one["spec.template.metadata.labels"]))
    return any_of((*(labels.key(key).is_(value) for key, value in _SPOT.items()), groups, pools))


def _buys_spot(pool: Resource) -> Truth:
    return pool["spec.template.spec.requirements"].any(
        lambda one: one["key"].is_("karpenter.sh/capacity-type") & one["values"].contains("spot")
    )


def _shares(wanted: Value, labels: Value) -> Truth:
    """Whether nodes have one of the labels that are wanted."""
    if labels.is_unknown:
        return labels.says(None, "known labels")
    return any_of(same(wanted.key(name), value) for name, value in labels.items())


def _queued_on_spot(job: Resource) -> Truth:
    """Whether the queue of a job may put it on spot capacity, by one of its flavours."""
    if family(job.type) not in SUBMITTED:
        return job.says(False, "a queue")
    graph = job.graph

    def spot(flavor: Value) -> Truth:
        return graph.of(FLAVOR).any(
            lambda one: same(one["metadata.name"], flavor["name"]) & is_spot(one["spec.nodeLabels"])
        )

    def offers(share: Resource) -> Truth:
        return share["spec.resourceGroups"].any(lambda group: group["flavors"].any(spot))

    def leads(local: Resource) -> Truth:
        share = local["spec.clusterQueue"]
        own = together(local, job) & same(local["metadata.name"], queue(job))
        return own & graph.of(CLUSTER_QUEUE).any(lambda one: same(one["metadata.name"], share) & offers(one))

    return graph.of(LOCAL_QUEUE).any(leads)


def _writes(pod: Value, container: Value) -> Truth:
    """Whether a container has a volume that outlives its pod, to write to."""

    def lasts(mount: Value) -> Truth:
        claimed = pod["volumes"].any(
            lambda one: one["persistentVolumeClaim"].present() & same(one["name"], mount["name"])
        )
        return claimed & ~mount["readOnly"].is_true()

    return container["volumeMounts"].any(lasts)


def _names(env: Value) -> Truth:
    return env.any(lambda one: one["name"].matches(r"(?i).*checkpoint.*", "where checkpoints are"))


def _named_by_job(runtime: Resource) -> Truth:
    return runtime.graph.of(TRAIN_JOB).any(
        lambda one: same(one["spec.runtimeRef.name"], runtime["metadata.name"]) & _names(one["spec.trainer.env"])
    )


RULES: Final = (gpu_spot_checkpoint,)
