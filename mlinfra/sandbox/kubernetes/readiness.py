"""Whether an object of a real API server is ready, told from its status as Kubernetes documents it. Pure.

Kinds follow what Pulumi waits for (https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/). Not waited for is
what needs a cloud's controllers: addresses of load balancers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.backend import Hopeless

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.sandbox.kubernetes.backend import Manifest


def unready(live: Manifest) -> str:
    """Why the object is not ready yet (or, `Hopeless`, never will be); empty when it is or nothing is to be waited for."""
    group = live["apiVersion"].rpartition("/")[0]
    check = _CHECKS.get((group, live["kind"]))
    if check is None or "deletionTimestamp" in live["metadata"]:
        return ""
    status = live.get("status") or {}
    if status.get("observedGeneration", live["metadata"].get("generation", 0)) < live["metadata"].get("generation", 0):
        return "its controller has not seen the change yet"
    return check(live.get("spec") or {}, status)


def _deployment(spec: dict[str, Any], status: dict[str, Any]) -> str:
    wanted = spec.get("replicas", 1)
    failed = _condition(status, "Progressing")
    if failed.get("reason") == "ProgressDeadlineExceeded":
        return f"it makes no progress: {failed.get('message', '')}"
    for field, what in (("updatedReplicas", "updated"), ("availableReplicas", "available")):
        if (count := status.get(field, 0)) < wanted:
            return f"{count} of {wanted} replicas are {what}"
    if (old := status.get("replicas", 0) - wanted) > 0:
        return f"{old} old replicas are still there"
    return "" if "observedGeneration" in status else "its controller has not seen it yet"


def _stateful_set(spec: dict[str, Any], status: dict[str, Any]) -> str:
    wanted = spec.get("replicas", 1)
    if (count := status.get("readyReplicas", 0)) < wanted:
        return f"{count} of {wanted} replicas are ready"
    changing = status.get("currentRevision") != status.get("updateRevision")
    partitioned = (spec.get("updateStrategy") or {}).get("rollingUpdate", {}).get("partition")
    return "its replicas are being updated" if changing and not partitioned else ""


def _daemon_set(spec: dict[str, Any], status: dict[str, Any]) -> str:
    if "observedGeneration" not in status:
        return "its controller has not seen it yet"
    wanted = status.get("desiredNumberScheduled", 0)
    for field, what in (("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if (count := status.get(field, 0)) < wanted and (spec.get("updateStrategy") or {}).get("type") != "OnDelete":
            return f"{count} of {wanted} pods are {what}"
    return ""


def _job(spec: dict[str, Any], status: dict[str, Any]) -> str:
    failed = _condition(status, "Failed")
    if failed.get("status") == "True":
        return Hopeless(f"it failed: {failed.get('message') or failed.get('reason', '')}")
    if _condition(status, "Complete").get("status") == "True":
        return ""
    if spec.get("suspend"):  # pulumi-kubernetes waits for it to start (await/checker/job/check.go)
        return "it is suspended"
    return f"{status.get('succeeded', 0)} of {spec.get('completions', 1)} pods have succeeded"


def _pod(_: dict[str, Any], status: dict[str, Any]) -> str:
    if status.get("phase") == "Succeeded" or _condition(status, "Ready").get("status") == "True":
        return ""
    unscheduled = _condition(status, "PodScheduled")
    if unscheduled.get("status") == "False":
        return f"it is not scheduled: {unscheduled.get('message', '')}"
    return f"it is {status.get('phase', 'Pending')}"


def _claim(_: dict[str, Any], status: dict[str, Any]) -> str:
    # Whether its class waits for the first pod is the class's business; a claim that no pod uses yet stays pending.
    return "its volume is lost" if status.get("phase") == "Lost" else ""


def _definition(_: dict[str, Any], status: dict[str, Any]) -> str:
    for name in ("NamesAccepted", "Established"):
        condition = _condition(status, name)
        if condition.get("status") != "True":
            return f"it is not {name}: {condition.get('message', 'not yet looked at')}"
    return ""


def _namespace(_: dict[str, Any], status: dict[str, Any]) -> str:
    return "" if status.get("phase") == "Active" else f"it is {status.get('phase', 'not there yet')}"


def _api_service(_: dict[str, Any], status: dict[str, Any]) -> str:
    condition = _condition(status, "Available")
    return "" if condition.get("status") == "True" else f"it is not available: {condition.get('message', '')}"


def _condition(status: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next((one for one in status.get("conditions") or () if one.get("type") == name), {})
    return found


_CHECKS: Final[dict[tuple[str, str], Callable[[dict[str, Any], dict[str, Any]], str]]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _stateful_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Namespace"): _namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
}
