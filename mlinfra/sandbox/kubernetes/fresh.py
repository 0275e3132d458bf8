"""Which objects of a real cluster are its own: what a fresh one has, and what its controllers make by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlinfra.sandbox.kubernetes.backend import Manifest

EKS: Final = "mlinfra-sandbox-eks"
"""The field manager of what EKS brings to every cluster."""
OWN_MANAGERS: Final = frozenset({EKS, "kube-apiserver", "kube-controller-manager", "kube-scheduler", "mlinfra-sandbox"})
NAMESPACES: Final = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
NAMES: Final = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"), ("Service", "kubernetes")})
OF_ITSELF: Final = frozenset(
    {
        "APIService", "ComponentStatus", "ControllerRevision", "CSINode", "Endpoints", "EndpointSlice", "Event",
        "FlowSchema", "IPAddress", "Lease", "Node", "PriorityLevelConfiguration", "ServiceCIDR",
    }
)  # fmt: skip
"""Kinds that the cluster keeps for itself; nodes are the pools' and not a stack's."""


def belongs_to_cluster(live: Manifest) -> bool:
    """Whether an object is the cluster's own rather than somebody's.

    That is: of a kind that only the cluster makes, made by one of its controllers, or owned by another object.
    """
    kind, metadata = live["kind"], live["metadata"]
    if kind in OF_ITSELF or (kind, metadata["name"]) in NAMES or metadata.get("ownerReferences"):
        return True
    if kind == "Namespace":
        return metadata["name"] in NAMESPACES
    if metadata.get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults":
        return True
    if kind == "PriorityClass" and metadata["name"].startswith("system-"):
        return True
    # An account that a controller makes for itself has no fields, hence nobody who manages them.
    return {entry["manager"] for entry in metadata.get("managedFields", ())} <= OWN_MANAGERS
