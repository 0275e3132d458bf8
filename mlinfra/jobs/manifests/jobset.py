"""TensorFlow jobs as a JobSet: Trainer v2 has no runtime for TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.jobs.manifests import jobsets, pod
from mlinfra.jobs.replicas import OWN_INDEX, launch
from mlinfra.jobs.sites import Cluster

if TYPE_CHECKING:
    from mlinfra.jobs.model import Role
    from mlinfra.jobs.tensorflow import TensorFlowJob

API: Final = "jobset.x-k8s.io/v1alpha2"


def render(job: TensorFlowJob) -> list[dict[str, Any]]:
    """One Job for each role. The JobSet is done when the roles that decide are: parameter servers never end by themselves."""
    spec = {
        **pod.kept(job, "ttlSecondsAfterFinished"),
        "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
        "successPolicy": {"operator": "All", "targetReplicatedJobs": [one.name for one in job.roles() if one.decides]},
        "failurePolicy": jobsets.failure_policy(job),
        "replicatedJobs": [_role(job, role) for role in job.roles()],
    }
    return [{"apiVersion": API, "kind": "JobSet", "metadata": pod.metadata(job), "spec": spec}]


def _role(job: TensorFlowJob, role: Role) -> dict[str, Any]:
    site = Cluster(job)
    started = launch(job, role.name, OWN_INDEX, site)
    container = pod.container(job, role, "tensorflow", pod.variables(started.env, indexed=True))
    container["command"] = [*started.command]
    container["ports"] = [{"name": "grpc", "containerPort": site.port(role.name, 0, "grpc")}]
    return jobsets.replicated_job(job, role, container)
