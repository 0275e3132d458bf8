"""What is kept of one cluster: its objects and counters. Plain data, so that it can be written with the account."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest

Key = tuple[str, str, str, str]  # group, kind, namespace, name: an object is the same in every version of its kind

NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
OF_NAMESPACES: Final = (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"))
ROLES: Final = ("admin", "cluster-admin", "edit", "view")
PRIORITIES: Final = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
_RBAC: Final = "rbac.authorization.k8s.io"


@dataclass
class State:
    """The objects of one cluster, without `apiVersion`: each reader gets them in the version that it asks for."""

    name: str
    objects: dict[Key, Manifest] = field(default_factory=dict)
    revision: int = 0
    addresses: int = 0
    fresh: frozenset[Key] = frozenset()
    """What a new cluster has."""

    @classmethod
    def new(cls, name: str) -> State:
        """A fresh cluster."""
        state = cls(name)
        for namespace in NAMESPACES:
            state.add(
                ("", "Namespace", "", namespace),
                {
                    "metadata": {"labels": {"kubernetes.io/metadata.name": namespace}},
                    "spec": {"finalizers": ["kubernetes"]},
                    "status": {"phase": "Active"},
                },
            )
            state.furnish(namespace)
        for role in ROLES:
            state.add((_RBAC, "ClusterRole", "", role), {"rules": []})
        for name_, value in PRIORITIES.items():
            state.add(("scheduling.k8s.io", "PriorityClass", "", name_), {"value": value})
        service = {"spec": {"type": "ClusterIP", "clusterIP": "10.100.0.1", "ports": [{"name": "https", "port": 443}]}}
        state.add(("", "Service", "default", "kubernetes"), service)
        state.fresh = frozenset(state.objects)
        return state

    def add(self, key: Key, manifest: dict[str, Any]) -> Manifest:
        """Keep a new object under its key, with the metadata that every object has."""
        _, kind, namespace, name = key
        metadata = {**manifest.get("metadata", {}), "name": name, **({"namespace": namespace} if namespace else {})}
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        self.objects[key] = {**manifest, "kind": kind, "metadata": metadata}
        self.touch(key)
        return self.objects[key]

    def touch(self, key: Key) -> None:
        """Count a change of the object."""
        self.revision += 1
        self.objects[key]["metadata"]["resourceVersion"] = str(self.revision)

    def furnish(self, namespace: str) -> None:
        """What controllers put into every namespace."""
        for kind, name in OF_NAMESPACES:
            self.add(("", kind, namespace, name), {})

    def of(self, group: str, kind: str, namespace: str = "") -> Iterator[tuple[Key, Manifest]]:
        """The objects of a kind, of every namespace unless one is given."""
        for key, manifest in list(self.objects.items()):
            if key[:2] == (group, kind) and namespace in ("", key[2]):
                yield key, manifest

    def within(self, namespace: str) -> Iterator[Key]:
        """What is in a namespace."""
        yield from (key for key in list(self.objects) if key[2] == namespace)

    def address(self) -> str:
        """The next address of a service."""
        self.addresses += 1
        return f"10.100.{self.addresses // 250 + 1}.{self.addresses % 250 + 1}"

    def inventory(self) -> list[str]:
        """What exists beyond a fresh cluster, as `Kind namespace/name`."""
        return sorted(
            f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
            for _, kind, namespace, name in (key for key in self.objects if key not in self.fresh)
            if (kind, name) not in OF_NAMESPACES
        )


def key_of(kind: Kind, namespace: str, name: str) -> Key:
    """The key of an object."""
    return kind.group, kind.name, namespace if kind.namespaced else "", name


def now() -> str:
    """The time as objects spell it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
