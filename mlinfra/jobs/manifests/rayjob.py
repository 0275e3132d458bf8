"""Ray jobs as a RayJob of KubeRay: a cluster that comes and goes with the job."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from mlinfra.jobs.manifests import pod
from mlinfra.jobs.model import Resources, Role
from mlinfra.jobs.quantities import mebibytes
from mlinfra.jobs.raytrain import DRIVER, HEAD
from mlinfra.jobs.replicas import launch
from mlinfra.jobs.sites import Cluster

if TYPE_CHECKING:
    from mlinfra.jobs.raytrain import RayTrainJob

API: Final = "ray.io/v1"
_ELASTIC: Final = {"kueue.x-k8s.io/elastic-job": "true"}
"""Kueue lets a job scale only when it says so (feature gate ElasticJobsViaWorkloadSlices, on since Kueue 0.18)."""
_SUBMITTER: Final = Role("submitter", 1, Resources(cpu="500m", memory="512Mi"))


def render(job: RayTrainJob) -> list[dict[str, Any]]:
    """The program runs on the head, submitted by a pod that KubeRay starts and watches."""
    cluster: dict[str, Any] = {
        "rayVersion": job.ray_version,
        "enableInTreeAutoscaling": job.scales,
        "headGroupSpec": _group(job, HEAD),
        "workerGroupSpecs": [
            {
                "groupName": name,
                "replicas": group.min,
                "minReplicas": group.min,
                "maxReplicas": group.most,
                **_group(job, name),
            }
            for name, group in job.workers.items()
        ],
    }
    if job.asks_for_token:
        cluster["authOptions"] = {"mode": "token"}
    program = launch(job, DRIVER, 0, Cluster(job)).command
    spec = {
        "entrypoint": f"cd {shlex.quote(job.directory)} && {shlex.join(program)}",
        "submissionMode": "K8sJobMode",
        "shutdownAfterJobFinishes": True,
        "activeDeadlineSeconds": job.time_limit,
        "backoffLimit": job.retries,
        "submitterPodTemplate": pod.template(job, _submitter(job)),
        "rayClusterSpec": cluster,
    }
    # An elastic job is known by its annotation, which KubeRay hands on to the cluster that it makes.
    metadata = pod.metadata(job, annotations=_ELASTIC if job.scales and job.queue else None)
    return [{"apiVersion": API, "kind": "RayJob", "metadata": metadata, "spec": spec}]


def _group(job: RayTrainJob, name: str) -> dict[str, Any]:
    parameters = job.start_parameters(name)
    env = {key: value for key, value in launch(job, name, 0, Cluster(job)).env.items() if key != "REPLICA_INDEX"}
    container = pod.container(job, job.role(name), f"ray-{'head' if name == HEAD else 'worker'}", pod.variables(env))
    # Ray's object store lives in shared memory.
    shared = f"{max(int(parameters['object-store-memory']) >> 20, mebibytes(job.shm))}Mi"
    # The autoscaler beside the head asks Kubernetes for workers.
    spec = pod.spec(job, [container], token=name == HEAD and job.scales, shm=shared)
    return {"rayStartParams": parameters, "template": pod.template(job, spec)}


def _submitter(job: RayTrainJob) -> dict[str, Any]:
    container = pod.container(job, _SUBMITTER, "ray-job-submitter", pod.variables({}))
    return pod.spec(job, [container])
