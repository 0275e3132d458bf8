"""Names, namespaces, labels, annotations, owners and finalizers of every object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.kubernetes_kinds import built_in
from mlinfra.sandbox.kubernetes.store.rules import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlinfra.sandbox.kubernetes.backend import Kind, Manifest

_ANNOTATIONS: Final = 256 * 1024
_NAMES: Final[Mapping[str, Callable[[str, str], Iterator[str]]]] = {
    "Namespace": syntax.dns_label,
    "Service": syntax.dns_1035,
    **dict.fromkeys(("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"), syntax.segment),
}
_CRON_NAME: Final = 52


def check(kind: Kind, manifest: Manifest) -> Iterator[str]:
    """What is wrong with an object's metadata."""
    metadata = manifest["metadata"]
    name = metadata.get("name")
    if not name:
        yield "metadata.name: Required value: name or generateName is required"
    else:
        checked = _NAMES.get(kind.name, syntax.subdomain) if built_in(kind.group) else syntax.subdomain
        yield from checked(name, "metadata.name")
        if (kind.group, kind.name) == ("batch", "CronJob") and len(str(name)) > _CRON_NAME:
            yield f'metadata.name: Invalid value: "{name}": must be no more than 52 characters'
    if "namespace" in metadata:
        yield from syntax.dns_label(metadata["namespace"], "metadata.namespace")
    yield from syntax.labels(metadata.get("labels") or {}, "metadata.labels")
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from syntax.qualified(key.lower(), "metadata.annotations")
    if sum(len(key) + len(str(value)) for key, value in annotations.items()) > _ANNOTATIONS:
        yield "metadata.annotations: Too long: may not be more than 262144 bytes"
    for finalizer in metadata.get("finalizers") or ():
        yield from syntax.qualified(finalizer, "metadata.finalizers")
        if "/" not in str(finalizer) and not built_in(kind.group):
            yield f'metadata.finalizers: Invalid value: "{finalizer}": name is neither a standard finalizer name nor is it fully qualified'
    controllers = [one for one in metadata.get("ownerReferences") or () if one.get("controller")]
    if len(controllers) > 1:
        yield "metadata.ownerReferences: Invalid value: only one reference can have Controller set to true"
