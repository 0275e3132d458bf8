"""Spark jobs as a SparkApplication of the Spark operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.jobs.manifests import pod
from mlinfra.jobs.quantities import mebibytes
from mlinfra.jobs.replicas import launch
from mlinfra.jobs.sites import Cluster
from mlinfra.jobs.spark import cores_of, heap

if TYPE_CHECKING:
    from mlinfra.jobs.model import Resources, Role
    from mlinfra.jobs.spark import SparkJob

API: Final = "sparkoperator.k8s.io/v1beta2"
_LOCAL_DIR: Final = "spark-local-dir-1"
"""Spark spills to volumes of this name (spark-local-dir-<n> in its documentation of Kubernetes)."""


def render(job: SparkJob) -> list[dict[str, Any]]:
    """The operator runs spark-submit with Kubernetes for master; the number of executors is fixed."""
    script = job.script if "://" in job.script else f"local://{job.directory}/{job.script}"
    driver, executor = job.role("driver"), job.role("executor")
    spec: dict[str, Any] = {
        "type": "Scala" if job.main_class else "Python",
        **({"mainClass": job.main_class} if job.main_class else {"pythonVersion": "3"}),
        "mode": "cluster",
        "sparkVersion": job.spark_version,
        "image": job.image,
        "mainApplicationFile": script,
        "arguments": [*job.args],
        "sparkConf": job.properties(),
        "dynamicAllocation": {"enabled": False},
        "restartPolicy": _restarts(job),
        **pod.kept(job, "timeToLiveSeconds"),
        "volumes": [*pod.volumes(job), {"name": _LOCAL_DIR, "emptyDir": {"sizeLimit": job.scratch}}],
        "driver": {**_pod(job, driver), **_driver(job)},
        "executor": {
            **_pod(job, executor),
            "instances": executor.count,
            "deleteOnTermination": True,
            "template": _template(automountServiceAccountToken=False),
        },
    }
    return [{"apiVersion": API, "kind": "SparkApplication", "metadata": pod.metadata(job), "spec": spec}]


def _pod(job: SparkJob, role: Role) -> dict[str, Any]:
    found = launch(job, role.name, 0, Cluster(job)).env
    # What is Spark's own is for its standalone mode; the number would be the same in every executor.
    env = {name: value for name, value in found.items() if not name.startswith(("SPARK_", "REPLICA_INDEX"))}
    gpus = role.resources.gpus
    gpu = {"gpu": {"name": job.pool.resource if job.pool else "nvidia.com/gpu", "quantity": gpus}} if gpus else {}
    return {
        **_memory(role.resources),
        "cores": cores_of(role.resources),
        "coreLimit": role.resources.cpu,
        "coreRequest": role.resources.cpu,
        **gpu,
        **({"annotations": found} if (found := pod.near(job)) else {}),
        "env": pod.variables(env),
        "serviceAccount": job.service_account,
        "podSecurityContext": pod.security(job),
        "securityContext": pod.CONTAINER_SECURITY,
        "terminationGracePeriodSeconds": pod.grace(job),
        **pod.placement(job),
        "volumeMounts": [*pod.mounts(job), {"name": _LOCAL_DIR, "mountPath": "/scratch"}],
    }


def _memory(resources: Resources) -> dict[str, str]:
    """Heap and overhead, which together are the replica's memory."""
    own = heap(resources)
    return {"memory": f"{own}m", "memoryOverhead": f"{mebibytes(resources.memory) - own}m"}


def _driver(job: SparkJob) -> dict[str, Any]:
    """The operator has no time limit; the driver's pod has, and executors go with it."""
    return {"template": _template(activeDeadlineSeconds=job.time_limit, serviceAccountName=job.service_account)}


def _template(**fields: Any) -> dict[str, Any]:
    """What Spark starts from when it makes a pod; it brings the container itself."""
    return {"spec": {"containers": [], **fields}}


def _restarts(job: SparkJob) -> dict[str, Any]:
    if not job.retries:
        return {"type": "Never"}
    wait = {"onFailureRetryInterval": 30, "onSubmissionFailureRetryInterval": 30}
    return {"type": "OnFailure", "onFailureRetries": job.retries, "onSubmissionFailureRetries": job.retries, **wait}
