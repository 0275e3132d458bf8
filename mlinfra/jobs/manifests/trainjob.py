"""PyTorch jobs as a TrainJob of Kubeflow Trainer v2, with a TrainingRuntime of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.jobs.manifests import jobsets, pod
from mlinfra.jobs.pytorch import INJECTED, NODE
from mlinfra.jobs.replicas import OWN_INDEX, launch
from mlinfra.jobs.sites import Cluster

if TYPE_CHECKING:
    from mlinfra.jobs.pytorch import PyTorchJob

API: Final = "trainer.kubeflow.org/v1alpha1"
_ANCESTOR: Final = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
"""The label by which Trainer knows which pods are the training's."""


def render(job: PyTorchJob) -> list[dict[str, Any]]:
    """The runtime says what the pods are like, the TrainJob what runs in them.

    Trainer injects PET_* itself for a runtime of the kind `torch`. It knows no elastic jobs (the field's comment in
    trainjob_types.go says so), so theirs has no kind, and the variables stand in the runtime.
    """
    role = job.role(NODE)
    started = launch(job, NODE, OWN_INDEX, Cluster(job))
    injected = INJECTED if job.elastic is None else frozenset[str]()
    env = pod.variables({name: value for name, value in started.env.items() if name not in injected}, indexed=True)
    container = pod.container(job, role, NODE, env)
    runtime = {
        "apiVersion": API,
        "kind": "TrainingRuntime",
        "metadata": {
            "name": job.name,
            "namespace": job.namespace,
            "labels": {"app.kubernetes.io/managed-by": "mlinfra", "trainer.kubeflow.org/framework": "torch"},
        },
        "spec": {
            "mlPolicy": {"numNodes": job.nodes, **({} if job.elastic else {"torch": {}})},
            "template": {
                "spec": {
                    **pod.kept(job, "ttlSecondsAfterFinished"),
                    "failurePolicy": jobsets.failure_policy(job),
                    "replicatedJobs": [jobsets.replicated_job(job, role, container, _ANCESTOR)],
                }
            },
        },
    }
    trainer = {
        "image": job.image,
        "command": [*started.command],
        "numNodes": job.nodes,
        **({} if job.elastic else {"numProcPerNode": job.processes}),
        "resourcesPerNode": container["resources"],
    }
    return [
        runtime,
        {
            "apiVersion": API,
            "kind": "TrainJob",
            "metadata": pod.metadata(job),
            "spec": {
                "runtimeRef": {"apiGroup": "trainer.kubeflow.org", "kind": "TrainingRuntime", "name": job.name},
                "activeDeadlineSeconds": job.time_limit,
                "trainer": trainer,
            },
        },
    ]
