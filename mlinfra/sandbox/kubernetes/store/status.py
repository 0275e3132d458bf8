"""What controllers would say of an object at once: addresses, readiness, counts. Nothing runs, so it is what a program waits for."""

# ruff: noqa: ARG001 (every settler is told the same)

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.kubernetes.manifests import get, name_of, namespace_of
from mlinfra.sandbox.kubernetes.store.state import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest, Target
    from mlinfra.sandbox.kubernetes.store.state import State


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The cluster that an object is in."""

    state: State
    target: Target


def settle(state: State, kind: Kind, live: Manifest, target: Target) -> None:
    """Bring the status of a live object up to date, in place."""
    settler = _SETTLERS.get((kind.group, kind.name))
    if settler is not None:
        settler(live, Surroundings(state, target))


def _condition(type_: str, reason: str) -> dict[str, Any]:
    return {"type": type_, "status": "True", "reason": reason, "lastTransitionTime": now()}


def _deployment(live: Manifest, cluster: Surroundings) -> None:
    count = get(live, "spec.replicas", 1)
    numbers = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count)
    conditions = [
        _condition("Available", "MinimumReplicasAvailable"),
        _condition("Progressing", "NewReplicaSetAvailable"),
    ]
    kept = get(live, "status.conditions")
    live["status"] = {"observedGeneration": _generation(live), **numbers, "conditions": kept or conditions}
    annotations = live["metadata"].setdefault("annotations", {})
    annotations.setdefault("deployment.kubernetes.io/revision", "1")


def _replicas(live: Manifest, cluster: Surroundings) -> None:
    count = get(live, "spec.replicas", 1)
    numbers = dict.fromkeys(
        ("replicas", "currentReplicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count
    )
    live["status"] = {"observedGeneration": _generation(live), **numbers}


def _daemons(live: Manifest, cluster: Surroundings) -> None:
    names = ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady")
    live["status"] = {"observedGeneration": _generation(live), **dict.fromkeys(names, 0)}  # there are no nodes


def _service(live: Manifest, cluster: Surroundings) -> None:
    spec = live["spec"]
    type_ = spec.get("type")
    if type_ != "ExternalName":
        if not spec.get("clusterIP"):
            spec["clusterIP"] = cluster.state.address()
        spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    if type_ in {"NodePort", "LoadBalancer"}:
        for port in spec.get("ports", ()):
            if not port.get("nodePort"):
                cluster.state.addresses += 1
                port["nodePort"] = 30000 + cluster.state.addresses % 2768
    balancer = {"ingress": [{"hostname": _host(live, cluster)}]} if type_ == "LoadBalancer" else {}
    live["status"] = {"loadBalancer": balancer}


def _ingress(live: Manifest, cluster: Surroundings) -> None:
    live["status"] = {"loadBalancer": {"ingress": [{"hostname": _host(live, cluster)}]}}


def _host(live: Manifest, cluster: Surroundings) -> str:
    """A name as AWS gives load balancers, the same for as long as the object lives."""
    number = hashlib.sha256(live["metadata"]["uid"].encode()).hexdigest()
    name = f"k8s-{namespace_of(live)[:8]}-{name_of(live)[:8]}-{number[:10]}"
    return f"{name}-{int(number[10:18], 16):010d}.{cluster.target.region}.elb.amazonaws.com"


def _definition(live: Manifest, cluster: Surroundings) -> None:
    spec = live["spec"]
    live["status"] = {
        "acceptedNames": spec["names"],
        "conditions": [_condition("NamesAccepted", "NoConflicts"), _condition("Established", "InitialNamesAccepted")],
        "storedVersions": [one["name"] for one in spec["versions"] if one.get("storage")],
    }


def _pod(live: Manifest, cluster: Surroundings) -> None:
    conditions = [_condition(type_, "") for type_ in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
    live["status"] = {"phase": "Running", "conditions": conditions, "qosClass": "Burstable"}


def _quota(live: Manifest, cluster: Surroundings) -> None:
    hard = get(live, "spec.hard", {})
    live["status"] = {"hard": dict(hard), "used": dict.fromkeys(hard, "0")}


def _job(live: Manifest, cluster: Surroundings) -> None:
    live["status"] = {"active": 0 if get(live, "spec.suspend") else get(live, "spec.parallelism", 1)}


def _generation(live: Manifest) -> int:
    return int(live["metadata"].get("generation", 1))


_SETTLERS: dict[tuple[str, str], Callable[[Manifest, Surroundings], None]] = {
    ("", "Pod"): _pod,
    ("", "ResourceQuota"): _quota,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "DaemonSet"): _daemons,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replicas,
    ("apps", "StatefulSet"): _replicas,
    ("batch", "Job"): _job,
    ("networking.k8s.io", "Ingress"): _ingress,
}
