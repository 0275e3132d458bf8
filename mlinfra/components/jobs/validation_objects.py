"""The objects of a validation: a Job of Kubernetes itself, since that is what Pulumi waits for, and its program."""

import hashlib
from importlib import resources
from typing import Any, Final

from mlinfra.jobs import Cluster, PyTorchJob
from mlinfra.jobs.manifests import jobsets, pod
from mlinfra.jobs.pytorch import NODE
from mlinfra.jobs.replicas import OWN_INDEX, Index, launch

PROGRAM: Final = "training_validation.py"
FOLDER: Final = "/opt/mlinfra"
REPLACE: Final = {"pulumi.com/replaceUnready": "true"}
"""A Job that failed is made again by the next deployment."""


class IndexedJob(Cluster):
    """Pods of an Indexed Job behind a service of its name.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
    """

    def host(self, role: str, index: Index) -> str:
        """The pod's name in the cluster's DNS."""
        return f"{self._name}-{index}.{self._name}"


def program() -> str:
    """What the pods run, as text."""
    return (resources.files("mlinfra.runtime") / PROGRAM).read_text("utf-8")


def objects(job: PyTorchJob) -> list[dict[str, Any]]:
    """ConfigMap, Service and Job, in the order in which they are made."""
    metadata = pod.metadata(job)
    place = {key: metadata[key] for key in ("name", "namespace")}
    code = f"{job.name}-{hashlib.sha256(program().encode()).hexdigest()[:8]}"  # another program is another Job
    selector = {"batch.kubernetes.io/job-name": job.name}
    service = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": selector,
        "ports": [{"name": "rendezvous", "port": IndexedJob(job).port(NODE, 0, "rendezvous")}],
    }
    return [
        {"kind": "ConfigMap", "metadata": {**place, "name": code}, "immutable": True, "data": {PROGRAM: program()}},
        {"kind": "Service", "metadata": place, "spec": service},
        {"kind": "Job", "metadata": {**metadata, "annotations": REPLACE}, "spec": _job(job, code)},
    ]


def _job(job: PyTorchJob, code: str) -> dict[str, Any]:
    role = job.role(NODE)
    started = launch(job, NODE, OWN_INDEX, IndexedJob(job))
    container = pod.container(job, role, NODE, pod.variables(started.env, indexed=True))
    container["command"] = [*started.command]
    container["volumeMounts"].append({"name": "program", "mountPath": FOLDER, "readOnly": True})
    spec: dict[str, Any] = jobsets.replicated_job(job, role, container)["template"]["spec"]
    template = spec["template"]["spec"]
    template["subdomain"] = job.name
    template["volumes"].append({"name": "program", "configMap": {"name": code}})
    return spec
