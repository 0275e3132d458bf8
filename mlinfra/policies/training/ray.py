"""Rules about Ray clusters: how large they get, who commands them, and when they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.families import family
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.kubernetes.namespaces import NETWORK_POLICY, denies_ingress
from mlinfra.policies.training.kinds import RAY_CLUSTER, RAY_JOB, queue, together

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

MOST_WORKERS: Final = 1000
"""More nodes than one Ray cluster has been shown to work with are no limit."""
_CLUSTERS: Final = {RAY_CLUSTER: "spec", RAY_JOB: "spec.rayClusterSpec"}


def _cluster(resource: Resource, setting: str) -> Value:
    return resource[f"{_CLUSTERS[family(resource.type)]}.{setting}"]


def _scales(resource: Resource) -> Truth:
    return _cluster(resource, "enableInTreeAutoscaling").is_true()


@rule(
    "ray-autoscaler-limit",
    title="Autoscaled Ray clusters have a largest size",
    severity=Severity.MEDIUM,
    types=tuple(_CLUSTERS),
    fix="workerGroupSpecs: [{maxReplicas: 8, ...}]",
    arguments={"mlinfra:ray_train_job:RayTrainJob": "workers"},
)
def ray_autoscaler_limit(cluster: Resource) -> Truth:
    """The autoscaler asks for a worker for whatever task waits: a loop that submits tasks buys every GPU of the region."""
    groups = _cluster(cluster, "workerGroupSpecs")
    return only_if(_scales(cluster), groups.every(lambda one: one["maxReplicas"].at_most(MOST_WORKERS)))


@rule(
    "ray-queued-autoscaling",
    title="Ray clusters in a queue have a fixed size, or say that they scale",
    severity=Severity.MEDIUM,
    types=tuple(_CLUSTERS),
    fix='enableInTreeAutoscaling: false, or the annotation kueue.x-k8s.io/elastic-job: "true" with Kueue 0.18 or later',
    arguments={"mlinfra:ray_train_job:RayTrainJob": "workers"},
)
def ray_queued_autoscaling(cluster: Resource) -> Truth:
    """Kueue admits what a job asks for at its start, and refuses or does not count workers that are added later."""
    elastic = cluster["metadata.annotations"].key("kueue.x-k8s.io/elastic-job").is_true()
    return only_if(queue(cluster).present() & _scales(cluster), elastic)


@rule(
    "ray-auth",
    title="Ray clusters obey their owners only",
    severity=Severity.MEDIUM,
    types=tuple(_CLUSTERS),
    fix='authOptions: {"mode": "token"} with Ray 2.52 or later, or a NetworkPolicy that lets no traffic into the namespace',
    arguments={"mlinfra:ray_train_job:RayTrainJob": "ray_version"},
)
def ray_auth(cluster: Resource) -> Truth:
    """Whoever reaches the head's ports runs code on every worker, with the identity and the data of the job."""
    token = _cluster(cluster, "authOptions.mode").is_("token")
    closed = cluster.graph.of(NETWORK_POLICY).any(lambda one: together(one, cluster) & denies_ingress(one))
    return token | closed


@rule(
    "ray-job-shutdown",
    title="The cluster of a Ray job goes with it",
    severity=Severity.MEDIUM,
    types=(RAY_JOB,),
    fix="shutdownAfterJobFinishes: true",
)
def ray_job_shutdown(job: Resource) -> Truth:
    """Otherwise its GPUs stay, idle and paid for, until somebody deletes the job. Jobs on a cluster that is there are left out."""
    return only_if(~job["spec.clusterSelector"].present(), job["spec.shutdownAfterJobFinishes"].is_true())


RULES: Final = (ray_autoscaler_limit, ray_queued_autoscaling, ray_auth, ray_job_shutdown)
