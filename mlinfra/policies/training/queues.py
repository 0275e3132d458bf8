"""Rules about queues: that jobs wait in them, that they belong to one team, and that what was lent comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.training.kinds import (
    JOBS,
    LOCAL_QUEUE,
    SUBMITTED,
    TRAINING_CLUSTER,
    is_training,
    queue,
    same,
    together,
)

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

CLUSTER_QUEUE: Final = "kubernetes:kueue.x-k8s.io/*:ClusterQueue"
FLAVOR: Final = "kubernetes:kueue.x-k8s.io/*:ResourceFlavor"
_DEFAULT: Final = "default"  # kueue.sigs.k8s.io/docs/tasks/manage/enforce_job_management/setup_default_local_queue


@rule(
    "train-queued",
    title="Training jobs wait in their team's queue",
    severity=Severity.MEDIUM,
    types=SUBMITTED,
    fix='metadata={"labels": {"kueue.x-k8s.io/queue-name": "team"}, ...}',
    arguments=dict.fromkeys(JOBS, "team"),
)
def train_queued(job: Resource) -> Truth:
    """A job that is in no queue takes GPUs past every quota, and half of its pods may start and wait for the others.

    Asked of jobs in namespaces that have a queue; one with the name `default` takes in what names none.
    """
    local = job.graph.of(LOCAL_QUEUE)
    there = local.any(lambda one: together(one, job))
    by_default = local.any(lambda one: together(one, job) & one["metadata.name"].is_(_DEFAULT))
    return only_if(is_training(job) & there, queue(job).present() | by_default)


@rule(
    "train-queue-known",
    title="Jobs name a queue that there is",
    severity=Severity.MEDIUM,
    types=SUBMITTED,
    fix="the name of a LocalQueue in the namespace of the job",
    arguments=dict.fromkeys(JOBS, "team"),
)
def train_queue_known(job: Resource) -> Truth:
    """A job whose queue does not exist waits for ever, and nothing fails."""
    local = job.graph.of(LOCAL_QUEUE)
    there = local.any(lambda one: together(one, job))
    named = local.any(lambda one: together(one, job) & same(one["metadata.name"], queue(job)))
    return only_if(queue(job).present() & there, named)


@rule(
    "kueue-queue-backed",
    title="Queues lead to a share that there is",
    severity=Severity.MEDIUM,
    types=(LOCAL_QUEUE,),
    fix='spec={"clusterQueue": "team"}, with a ClusterQueue of that name',
)
def kueue_queue_backed(local: Resource) -> Truth:
    """Jobs in a queue that leads nowhere are never admitted. Asked where the stack declares ClusterQueues."""
    shares = local.graph.of(CLUSTER_QUEUE)
    share = local["spec.clusterQueue"]
    return only_if(shares.exist(), shares.any(lambda one: same(one["metadata.name"], share)))


@rule(
    "kueue-reclaim",
    title="GPUs that a team lends come back when it needs them",
    severity=Severity.MEDIUM,
    types=(CLUSTER_QUEUE,),
    fix='spec.preemption: {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"}',
    arguments={TRAINING_CLUSTER: "queueing"},
)
def kueue_reclaim(share: Resource) -> Truth:
    """In a cohort idle quota is lent. Without preemption the owner waits until the borrower's job of three weeks ends."""
    lends = share["spec.cohort"].present() | share["spec.cohortName"].present()
    return only_if(lends, share["spec.preemption.reclaimWithinCohort"].is_("Any", "LowerPriority"))


@rule(
    "kueue-namespaces",
    title="Shares say whose namespaces may use them",
    severity=Severity.MEDIUM,
    types=(CLUSTER_QUEUE,),
    fix='spec.namespaceSelector: {"matchLabels": {"kubernetes.io/metadata.name": "team"}}',
    arguments={TRAINING_CLUSTER: "teams"},
)
def kueue_namespaces(share: Resource) -> Truth:
    """An empty selector is every namespace: whoever may make a LocalQueue anywhere spends this team's quota.

    Without any selector no namespace may.
    """
    selector = share["spec.namespaceSelector"]
    return selector.where(lambda raw: raw is None or _selects(raw), "labels of the team's namespaces")


def _selects(raw: Any) -> bool:
    return isinstance(raw, dict) and any(raw.get(part) for part in ("matchLabels", "matchExpressions"))


RULES: Final = (train_queued, train_queue_known, kueue_queue_backed, kueue_reclaim, kueue_namespaces)
