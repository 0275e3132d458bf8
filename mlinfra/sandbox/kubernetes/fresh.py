"""Which objects of a real cluster are its own: what a fresh one has, and what its controllers make by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlinfra.sandbox.kubernetes.backend import Manifest

NAMESPACES: Final = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
PREFIXES: Final = ("system:", "system-", "kubeadm:", "mlinfra:")
NAMES: Final = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ServiceAccount", "default"),
        ("Service", "kubernetes"),
        ("Endpoints", "kubernetes"),
        ("EndpointSlice", "kubernetes"),
        ("ClusterRole", "admin"),
        ("ClusterRole", "edit"),
        ("ClusterRole", "view"),
        ("ClusterRole", "cluster-admin"),
        ("ClusterRoleBinding", "cluster-admin"),
    }
)
OF_ITSELF: Final = frozenset({"APIService", "ComponentStatus", "ControllerRevision", "CSINode", "Event", "FlowSchema", "IPAddress", "Lease", "Node", "PriorityLevelConfiguration", "ServiceCIDR"})  # fmt: skip
"""Kinds that the cluster keeps for itself; nodes are the pools' and not a stack's."""
SYSTEM: Final = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "PriorityClass", "ServiceAccount", "ConfigMap"}
)


def belongs_to_cluster(live: Manifest) -> bool:
    """Whether an object is the cluster's own rather than somebody's."""
    kind, metadata = live["kind"], live["metadata"]
    name = metadata["name"]
    if kind in OF_ITSELF or (kind, name) in NAMES or metadata.get("ownerReferences"):
        return True
    if kind == "Namespace":
        return name in NAMESPACES
    if metadata.get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults":
        return True
    if kind in SYSTEM and (
        name.startswith(PREFIXES) or (metadata.get("namespace") == "kube-system" and _controllers(name))
    ):
        return True
    return False


def _controllers(name: str) -> bool:
    """Whether a name in kube-system is that of a controller's account or of the cluster's own configuration."""
    return name.endswith("-controller") or name in _ACCOUNTS


_ACCOUNTS: Final = frozenset({"extension-apiserver-authentication", "kube-apiserver-legacy-service-account-token-tracking", "generic-garbage-collector", "horizontal-pod-autoscaler", "token-cleaner", "root-ca-cert-publisher", "bootstrap-signer", "pod-garbage-collector", "pvc-protection-controller", "service-cidrs-controller", "validatingadmissionpolicy-status-controller"})  # fmt: skip
