"""What the pods of all jobs have in common: the restricted security standard, volumes, resources, the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.jobs import fabric
from mlinfra.jobs.replicas import INDEX_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.jobs.model import Job, Role

_GRACE: Final = 30
_SPOT_GRACE: Final = 110
"""Spot instances go two minutes after their notice; what is left of that is for the last checkpoint."""
_INDEX_FIELD: Final = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
CONTAINER_SECURITY: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def metadata(job: Job, *, annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Name and labels of the object that waits in the queue (the labels are Kueue's)."""
    labels = {"app.kubernetes.io/name": job.name, "app.kubernetes.io/managed-by": "mlinfra"}
    if job.classification:
        labels["mlinfra/data-classification"] = job.classification.value
    if job.queue:
        labels["kueue.x-k8s.io/queue-name"] = job.queue
    if job.priority:
        labels["kueue.x-k8s.io/priority-class"] = job.priority
    found: dict[str, Any] = {"name": job.name, "namespace": job.namespace, "labels": labels}
    return found | ({"annotations": dict(annotations)} if annotations else {})


def resources(job: Job, role: Role) -> dict[str, Any]:
    """Requests and limits of a replica's container, which are the same: guaranteed quality of service."""
    amounts = {"cpu": role.resources.cpu, "memory": role.resources.memory}
    if role.resources.gpus:
        amounts[job.pool.resource if job.pool else "nvidia.com/gpu"] = str(role.resources.gpus)
    amounts |= fabric.resources(job, role)
    return {"requests": dict(amounts), "limits": amounts}


def variables(env: Mapping[str, str], *, indexed: bool = False) -> list[dict[str, Any]]:
    """Environment variables as a container has them; with `indexed`, the pod's own number comes first, from Kubernetes."""
    own = {"name": INDEX_VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": _INDEX_FIELD}}}
    plain = [{"name": name, "value": value} for name, value in env.items() if not indexed or name != INDEX_VARIABLE]
    # HOME: libraries keep caches there, and the image itself is read-only.
    return [*([own] if indexed else []), *plain, {"name": "HOME", "value": "/tmp"}]  # noqa: S108


def mounts(job: Job) -> list[dict[str, Any]]:
    """Where a container has the volumes."""
    found: list[dict[str, Any]] = [{"name": "shm", "mountPath": "/dev/shm"}, {"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    for kind, claim in _claims(job).items():
        # A data set is the whole volume; checkpoints and outputs of a job have a folder of their own.
        own = {"readOnly": True} if kind.startswith("data/") else {"subPath": f"{job.name}/{kind}"}
        found.append({"name": _volume(claim), "mountPath": f"/{kind}", **own})
    return found


def volumes(job: Job, *, shm: str = "") -> list[dict[str, Any]]:
    """Shared memory and scratch space, both bounded, and the claims of data, checkpoints and outputs."""
    found: list[dict[str, Any]] = [
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": shm or job.shm}},
        {"name": "tmp", "emptyDir": {"sizeLimit": job.scratch}},
    ]
    claims = dict.fromkeys(_claims(job).values())
    found += [{"name": _volume(claim), "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    return found


def container(job: Job, role: Role, name: str, env: list[dict[str, Any]]) -> dict[str, Any]:
    """A container without its command."""
    return {
        "name": name,
        "image": job.image,
        "workingDir": job.directory,
        "env": env,
        "resources": resources(job, role),
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": mounts(job),
    }


def security(job: Job) -> dict[str, Any]:
    """The pod's security context, as the restricted standard wants it."""
    return {
        "runAsNonRoot": True,
        "runAsUser": job.user,
        "runAsGroup": job.user,
        "fsGroup": job.user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def placement(job: Job) -> dict[str, Any]:
    """Which nodes the pods may run on."""
    if job.pool is None:
        return {}
    tolerations = {"tolerations": job.pool.tolerations()} if job.pool.taints else {}
    return {"nodeSelector": job.pool.node_selector(), **tolerations}


def spec(job: Job, containers: list[dict[str, Any]], *, token: bool = False, shm: str = "") -> dict[str, Any]:
    """A pod's spec around its containers. `token`: the pod talks to Kubernetes itself."""
    account = {"serviceAccountName": job.service_account} if job.service_account else {}
    return {
        **account,
        "automountServiceAccountToken": token,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": grace(job),
        "securityContext": security(job),
        **placement(job),
        "containers": containers,
        "volumes": volumes(job, shm=shm),
    }


def template(job: Job, spec: dict[str, Any]) -> dict[str, Any]:
    """A pod template around a pod's spec."""
    return ({"metadata": {"annotations": found}} if (found := near(job)) else {}) | {"spec": spec}


def near(job: Job) -> dict[str, str]:
    """The annotations of every pod: how near to each other Kueue is to place them."""
    where = job.pool.topology if job.pool else ""
    return {"kueue.x-k8s.io/podset-preferred-topology": where} if where and job.queue else {}


def grace(job: Job) -> int:
    """Seconds between asking a pod to end and killing it."""
    return _SPOT_GRACE if job.pool and job.pool.interruptible else _GRACE


def kept(job: Job, field: str) -> dict[str, int]:
    """The field by which a finished object goes by itself, for a job that does not stay until it is deleted."""
    return {} if job.keep is None else {field: job.keep}


def _claims(job: Job) -> dict[str, str]:
    """The claim of each store that has one, by where it is mounted."""
    stores = {f"data/{name}": store for name, store in job.data.items()}
    stores |= {kind: one for kind, one in (("checkpoint", job.checkpoint), ("output", job.output)) if one}
    return {kind: store.claim for kind, store in stores.items() if store.claim}


def _volume(claim: str) -> str:
    return f"claim-{claim}"
