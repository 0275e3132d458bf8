"""What an object no longer changes once it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import copied, get

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest

_IMMUTABLE: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeMode", "spec.volumeName",
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("spec.group", "spec.names.kind", "spec.names.plural", "spec.scope"),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("batch", "Job"): ("spec.completionMode", "spec.selector", "spec.template"),
    ("networking.k8s.io", "IngressClass"): ("spec.controller",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("scheduling.k8s.io", "PriorityClass"): ("preemptionPolicy", "value"),
    ("storage.k8s.io", "CSIDriver"): ("spec.attachRequired", "spec.fsGroupPolicy", "spec.volumeLifecycleModes"),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}  # fmt: skip
_STATEFUL: Final = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip
_DATA: Final = ("binaryData", "data", "stringData")


def check(kind: Kind, live: Manifest, changed: Manifest) -> Iterator[str]:
    """What of the change is forbidden."""
    for path in _IMMUTABLE.get((kind.group, kind.name), ()):
        before, after = get(live, path), get(changed, path)
        if before != after:
            yield f"{path}: Invalid value: {_shown(after)}: field is immutable"
    if kind.name in {"ConfigMap", "Secret"} and not kind.group and live.get("immutable"):
        if not changed.get("immutable"):
            yield "immutable: Forbidden: field is immutable when `immutable` is set"
        for field in _DATA:
            if live.get(field) != changed.get(field):
                yield f"{field}: Forbidden: field is immutable when `immutable` is set"
    if (kind.group, kind.name) == ("apps", "StatefulSet") and _without(live, _STATEFUL) != _without(changed, _STATEFUL):
        yield (
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        )
    if (kind.group, kind.name) == ("", "Pod") and _frozen(live) != _frozen(changed):
        yield (
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing"
            " tolerations),`spec.terminationGracePeriodSeconds`"
        )
    if (kind.group, kind.name) == ("", "Service"):
        yield from _service(live, changed)


def _service(live: Manifest, changed: Manifest) -> Iterator[str]:
    before, after = get(live, "spec.clusterIP"), get(changed, "spec.clusterIP")
    external = "ExternalName" in {get(live, "spec.type"), get(changed, "spec.type")}
    if before and after and before != after and not external:
        yield f'spec.clusterIPs[0]: Invalid value: "{after}": may not change once set'


def _without(manifest: Manifest, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in get(manifest, "spec", {}).items() if name not in names}


def _frozen(manifest: Manifest) -> dict[str, Any]:
    spec: dict[str, Any] = copied(get(manifest, "spec", {}))
    for part in ("containers", "initContainers"):
        for container in spec.get(part) or ():
            container.pop("image", None)
    for name in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"):
        spec.pop(name, None)
    return spec


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f'"{value}"' if isinstance(value, str) else str(value)
