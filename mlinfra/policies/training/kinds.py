"""Training jobs as users declare them: which kinds there are, where they wait, what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.families import family
from mlinfra.compliance.truth import Truth, any_of
from mlinfra.policies.kubernetes.hygiene import GPUS, uses_gpu
from mlinfra.policies.kubernetes.namespaces import NAMESPACE
from mlinfra.policies.kubernetes.pods import a_container, pods

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

TRAIN_JOB: Final = "kubernetes:trainer.kubeflow.org/*:TrainJob"
RUNTIMES: Final = (
    "kubernetes:trainer.kubeflow.org/*:TrainingRuntime",
    "kubernetes:trainer.kubeflow.org/*:ClusterTrainingRuntime",
)
JOB_SET: Final = "kubernetes:jobset.x-k8s.io/*:JobSet"
SPARK: Final = "kubernetes:sparkoperator.k8s.io/*:SparkApplication"
RAY_JOB: Final = "kubernetes:ray.io/*:RayJob"
RAY_CLUSTER: Final = "kubernetes:ray.io/*:RayCluster"
BATCH_JOB: Final = "kubernetes:batch/*:Job"
LEGACY: Final = tuple(f"kubernetes:kubeflow.org/*:{kind}" for kind in ("PyTorchJob", "TFJob", "MPIJob"))
"""Jobs of the first Training Operator."""
SUBMITTED: Final = (TRAIN_JOB, JOB_SET, SPARK, RAY_JOB, RAY_CLUSTER, *LEGACY, BATCH_JOB)
"""What is submitted, and waits in a queue."""
DESCRIBED: Final = (*SUBMITTED, *RUNTIMES)
"""What says what training is like."""
JOBS: Final = (
    "mlinfra:pytorch_job:PyTorchJob",
    "mlinfra:tensorflow_job:TensorFlowJob",
    "mlinfra:ray_train_job:RayTrainJob",
    "mlinfra:spark_job:SparkJob",
)
"""Components that make training jobs."""
TRAINING_CLUSTER: Final = "mlinfra:training_cluster:TrainingCluster"
QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
LOCAL_QUEUE: Final = "kubernetes:kueue.x-k8s.io/*:LocalQueue"


def queue(job: Resource) -> Value:
    """The queue that a job waits in."""
    return job["metadata.labels"].key(QUEUE_LABEL)


def is_training(job: Resource) -> Truth:
    """Whether a job is one of training. A Job of Kubernetes' own may be anything: it is when it waits in a queue, or has GPUs."""
    if family(job.type) != BATCH_JOB:
        return job.says(True, "a training job")
    return queue(job).present() | has_accelerators(job)


def has_accelerators(job: Resource) -> Truth:
    """Whether a job asks for accelerators, in its pods or beside them; a TrainJob also in its runtime."""
    beside: list[Truth] = []
    if family(job.type) == TRAIN_JOB:
        limits = job["spec.trainer.resourcesPerNode.limits"]
        beside = [limits.key(name).at_least(1) for name in GPUS]
        beside.append(of_runtime(job, has_accelerators))
    if family(job.type) == SPARK:
        beside = [job[f"spec.{role}.gpu.quantity"].at_least(1) for role in ("driver", "executor")]
    return any_of((*beside, *(a_container(pod, uses_gpu) for pod in pods(job))))


def of_runtime(job: Resource, says: Callable[[Resource], Truth]) -> Truth:
    """Whether something holds for the runtime that a TrainJob names; of one that is not in the stack it does not."""
    name = job["spec.runtimeRef.name"]
    return job.graph.of(*RUNTIMES).any(lambda one: same(one["metadata.name"], name) & says(one))


def same(one: Value, other: Value) -> Truth:
    """Whether two properties, such as namespaces, say the same: by reference where it is not known what they say."""
    if isinstance(one.raw, str) and isinstance(other.raw, str):
        return one.is_(other.raw)
    if not (one.is_unknown or other.is_unknown):
        return one.says(False, "the same")
    shared = {x.node.urn for x in one.resources(NAMESPACE).found} & {
        x.node.urn for x in other.resources(NAMESPACE).found
    }
    return one.says(True if shared else None, "the same")


def together(one: Resource, other: Resource) -> Truth:
    """Whether two objects are in one namespace."""
    return same(one["metadata.namespace"], other["metadata.namespace"])
