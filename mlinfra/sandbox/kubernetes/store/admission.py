"""What an API server asks of the rest of the cluster before it takes an object: its namespace, quotas, what it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.backend import ApiError
from mlinfra.sandbox.kubernetes.manifests import get, name_of, namespace_of, within
from mlinfra.sandbox.kubernetes.store.quantities import amount, spelled
from mlinfra.sandbox.kubernetes.store.state import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest
    from mlinfra.sandbox.kubernetes.store.state import State

_COUNTED: Final = {
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "ReplicationController": "replicationcontrollers",
    "ResourceQuota": "resourcequotas",
    "Secret": "secrets",
    "Service": "services",
}


def admit(state: State, kind: Kind, manifest: Manifest) -> None:
    """Refuse a new object that the cluster cannot take. Raises ApiError."""
    if kind.namespaced:
        _into_namespace(state, kind, manifest)
    if (kind.group, kind.name) == ("", "Pod"):
        _pod(state, manifest)
    if kind.namespaced:
        _within_quotas(state, kind, manifest)


def refuse_deletion(kind: Kind, name: str) -> None:
    """Refuse to delete what a cluster cannot be without. Raises ApiError."""
    if (kind.group, kind.name) == ("", "Namespace") and name in NAMESPACES[:1] + NAMESPACES[2:]:
        raise ApiError(403, "Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted')


def _into_namespace(state: State, kind: Kind, manifest: Manifest) -> None:
    name = namespace_of(manifest)
    namespace = state.objects.get(("", "Namespace", "", name))
    if namespace is None:
        raise ApiError(404, "NotFound", f'namespaces "{name}" not found')
    if "deletionTimestamp" in namespace["metadata"]:
        message = f"unable to create new content in namespace {name} because it is being terminated"
        raise ApiError(403, "Forbidden", f'{kind.plural} "{name_of(manifest)}" is forbidden: {message}')


def _pod(state: State, manifest: Manifest) -> None:
    namespace, spec = namespace_of(manifest), manifest["spec"]
    account = spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", account)
    refused = f'pods "{name_of(manifest)}" is forbidden: '
    if ("", "ServiceAccount", namespace, account) not in state.objects:
        message = f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
        raise ApiError(403, "Forbidden", refused + message)
    priority = spec.get("priorityClassName")
    if priority and ("scheduling.k8s.io", "PriorityClass", "", priority) not in state.objects:
        raise ApiError(403, "Forbidden", refused + f"no PriorityClass with name {priority} was found")
    for _, limits in state.of("", "LimitRange", namespace):
        for _, item in within(limits, "spec.limits[]"):
            if item.get("type") == "Container":
                _limit(manifest, item, refused)


def _limit(manifest: Manifest, limits: Mapping[str, Any], refused: str) -> None:
    for _, container in within(manifest, "spec.containers[]"):
        resources = container.setdefault("resources", {})
        for field, defaults in (("limits", "default"), ("requests", "defaultRequest")):
            for name, value in limits.get(defaults, {}).items():
                resources.setdefault(field, {}).setdefault(name, value)
        for name, most in limits.get("max", {}).items():
            given = get(resources, "limits", {}).get(name)
            if given is not None and amount(given) > amount(most):
                message = f"maximum {name} usage per Container is {most}, but limit is {given}"
                raise ApiError(403, "Forbidden", refused + message)


def _within_quotas(state: State, kind: Kind, manifest: Manifest) -> None:
    asked = dict(_usage(kind.group, kind.name, kind.plural, manifest))
    for _, quota in state.of("", "ResourceQuota", namespace_of(manifest)):
        if get(quota, "spec.scopes") or get(quota, "spec.scopeSelector"):
            continue
        hard = get(quota, "spec.hard", {})
        concerned = {name: asked[name] for name in hard if name in asked}
        if (kind.group, kind.name) == ("", "Pod"):
            missing = [name for name in hard if name not in asked and name.partition(".")[0] in {"requests", "limits"}]
            if missing := [name for name in missing if name.rpartition(".")[2] in {"cpu", "memory"}]:
                _refuse(kind, manifest, f"failed quota: {name_of(quota)}: must specify {','.join(missing)}")
        used = _used(state, kind, namespace_of(manifest), concerned)
        over = [name for name, value in concerned.items() if used[name] + value > amount(hard[name])]
        if over:
            said = ", ".join(
                f"{what}: " + ",".join(f"{name}={spelled(values[name])}" for name in over)
                for what, values in (("requested", concerned), ("used", used))
            )
            limited = ",".join(f"{name}={hard[name]}" for name in over)
            _refuse(kind, manifest, f"exceeded quota: {name_of(quota)}, {said}, limited: {limited}")


def _used(state: State, kind: Kind, namespace: str, names: Mapping[str, Any]) -> dict[str, Any]:
    used = dict.fromkeys(names, amount(0))
    for _, other in state.of(kind.group, kind.name, namespace):
        for name, value in _usage(kind.group, kind.name, kind.plural, other):
            if name in used:
                used[name] += value
    return used


def _usage(group: str, kind: str, plural: str, manifest: Manifest) -> Iterator[tuple[str, Any]]:
    """What an object counts for in quotas."""
    yield f"count/{plural}.{group}" if group else f"count/{plural}", amount(1)
    if not group and kind in _COUNTED:
        yield _COUNTED[kind], amount(1)
    if (group, kind) == ("", "Pod"):
        yield from _pod_usage(manifest)
    if (group, kind) == ("", "PersistentVolumeClaim"):
        yield "requests.storage", amount(get(manifest, "spec.resources.requests", {}).get("storage", 0))
    service = get(manifest, "spec.type")
    if (group, kind) == ("", "Service") and service in {"LoadBalancer", "NodePort"}:
        yield f"services.{service.lower()}s", amount(1)


def _pod_usage(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    for field in ("requests", "limits"):
        total: dict[str, Any] = {}
        for _, container in within(manifest, "spec.containers[]"):
            for name, value in get(container, f"resources.{field}", {}).items():
                total[name] = total.get(name, 0) + amount(value)
        for name, value in total.items():
            yield f"{field}.{name}", value
            if field == "requests" and name in {"cpu", "memory"}:
                yield name, value


def _refuse(kind: Kind, manifest: Manifest, why: str) -> None:
    raise ApiError(403, "Forbidden", f'{kind.plural} "{name_of(manifest)}" is forbidden: {why}')
