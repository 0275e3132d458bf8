"""Configuration, secrets, namespaces, quotas, limits, priorities and storage."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import get
from mlinfra.sandbox.kubernetes.store.quantities import amount, is_quantity
from mlinfra.sandbox.kubernetes.store.rules import pods, syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Manifest

_LARGEST: Final = 1024 * 1024  # bytes of a ConfigMap or a Secret
_NEEDED: Final = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_ACCOUNT: Final = "kubernetes.io/service-account.name"
_PRIORITY: Final = 1_000_000_000
_LEVELS: Final = ("privileged", "baseline", "restricted")
_POD_SECURITY: Final = "pod-security.kubernetes.io/"
_MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_SCOPES: Final = (
    "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass",
)  # fmt: skip


def _configmap(manifest: Manifest) -> Iterator[str]:
    data, binary = manifest.get("data") or {}, manifest.get("binaryData") or {}
    for key in (*data, *binary):
        yield from syntax.config_key(key, "data")
    for key in data.keys() & binary.keys():
        yield f'data[{key}]: Invalid value: "{key}": duplicate of key present in binaryData'
    for key, value in binary.items():
        if _decoded(value) is None:
            yield f"binaryData[{key}]: Invalid value: illegal base64 data"
    if sum(len(str(value).encode()) for value in data.values()) > _LARGEST:
        yield f"Too long: may not be more than {_LARGEST} bytes"


def _secret(manifest: Manifest) -> Iterator[str]:
    data = manifest.get("data") or {}
    total = 0
    for key, value in data.items():
        yield from syntax.config_key(key, "data")
        content = _decoded(value)
        if content is None:
            yield f"data[{key}]: Invalid value: illegal base64 data"
        total += len(content or b"")
    if total > _LARGEST:
        yield f"data: Too long: may not be more than {_LARGEST} bytes"
    type_ = manifest.get("type")
    for key in _NEEDED.get(str(type_), ()):
        if key not in data:
            yield f"data[{key}]: Required value"
    if type_ == "kubernetes.io/dockerconfigjson" and not _is_json(_decoded(data.get(".dockerconfigjson", ""))):
        yield "data[.dockerconfigjson]: Invalid value: must be JSON"
    if type_ == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        yield "data[username]: Required value"
    if type_ == "kubernetes.io/service-account-token" and not get(manifest, "metadata.annotations", {}).get(_ACCOUNT):
        yield f"metadata.annotations[{_ACCOUNT}]: Required value"


def _namespace(manifest: Manifest) -> Iterator[str]:
    for key, value in get(manifest, "metadata.labels", {}).items():
        if key.startswith(_POD_SECURITY) and not key.endswith("-version"):
            yield from syntax.one_of(value, _LEVELS, f"metadata.labels[{key}]")


def _quota(manifest: Manifest) -> Iterator[str]:
    spec = manifest.get("spec") or {}
    for name, value in (spec.get("hard") or {}).items():
        yield from pods.quantity(value, f"spec.hard[{name}]")
        yield from syntax.qualified(name, f"spec.hard[{name}]")
        extended = "/" in name and not name.startswith(("count/", "requests.hugepages-"))
        if (
            extended
            and not name.startswith("requests.")
            and ".storageclass.storage.k8s.io/" not in name
            and ".deviceclass.resource.k8s.io/" not in name
        ):
            yield f'spec.hard[{name}]: Invalid value: "{name}": must be a standard resource for quota; extended resources are limited as requests.{name}'
    for number, scope in enumerate(spec.get("scopes") or ()):
        yield from syntax.one_of(scope, _SCOPES, f"spec.scopes[{number}]")


def _limits(manifest: Manifest) -> Iterator[str]:
    order = (
        ("min", "max"),
        ("min", "default"),
        ("min", "defaultRequest"),
        ("default", "max"),
        ("defaultRequest", "max"),
        ("defaultRequest", "default"),
    )
    for number, item in enumerate(get(manifest, "spec.limits", [])):
        path = f"spec.limits[{number}]"
        for field in ("default", "defaultRequest", "max", "min", "maxLimitRequestRatio"):
            for name, value in (item.get(field) or {}).items():
                yield from pods.quantity(value, f"{path}.{field}[{name}]")
                if item.get("type") == "Pod" and field.startswith("default"):
                    yield f"{path}.{field}: Forbidden: may not be specified when `type` is 'Pod'"
        for small, large in order:
            for name, value in (item.get(small) or {}).items():
                other = (item.get(large) or {}).get(name)
                if other is not None and is_quantity(value) and is_quantity(other) and amount(value) > amount(other):
                    yield f'{path}.{small}[{name}]: Invalid value: "{value}": {small} value {value} is greater than {large} value {other}'


def _priority(manifest: Manifest) -> Iterator[str]:
    name, value = manifest["metadata"].get("name", ""), manifest.get("value", 0)
    if str(name).startswith("system-"):
        yield "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only"
    if value > _PRIORITY:
        yield f"value: Forbidden: maximum allowed value of a user defined priority is {_PRIORITY}"
    yield from syntax.one_of(manifest.get("preemptionPolicy"), ("Never", "PreemptLowerPriority"), "preemptionPolicy")


def _claim(manifest: Manifest) -> Iterator[str]:
    spec = manifest.get("spec") or {}
    if not spec.get("accessModes"):
        yield "spec.accessModes: Required value: at least 1 access mode is required"
    yield from _access(spec)
    storage = get(spec, "resources.requests", {}).get("storage")
    if storage is None:
        yield "spec.resources[storage]: Required value"
    else:
        yield from _size(storage, "spec.resources[storage]")
    if spec.get("storageClassName"):
        yield from syntax.subdomain(spec["storageClassName"], "spec.storageClassName")


def _volume(manifest: Manifest) -> Iterator[str]:
    spec = manifest.get("spec") or {}
    capacity = (spec.get("capacity") or {}).get("storage")
    if capacity is None:
        yield "spec.capacity: Required value"
    else:
        yield from _size(capacity, "spec.capacity[storage]")
    if not spec.get("accessModes"):
        yield "spec.accessModes: Required value"
    yield from _access(spec)
    policies = ("Delete", "Recycle", "Retain")
    yield from syntax.one_of(spec.get("persistentVolumeReclaimPolicy"), policies, "spec.persistentVolumeReclaimPolicy")


def _class(manifest: Manifest) -> Iterator[str]:
    if not manifest.get("provisioner"):
        yield "provisioner: Required value"
    yield from syntax.one_of(manifest.get("reclaimPolicy"), ("Delete", "Retain"), "reclaimPolicy")
    modes = ("Immediate", "WaitForFirstConsumer")
    yield from syntax.one_of(manifest.get("volumeBindingMode"), modes, "volumeBindingMode")


def _access(spec: Manifest) -> Iterator[str]:
    modes = spec.get("accessModes") or ()
    for mode in modes:
        yield from syntax.one_of(mode, _MODES, "spec.accessModes")
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"
    yield from syntax.one_of(spec.get("volumeMode"), ("Block", "Filesystem"), "spec.volumeMode")


def _size(value: Any, path: str) -> Iterator[str]:
    yield from pods.quantity(value, path)
    if is_quantity(value) and amount(value) == 0:
        yield f'{path}: Invalid value: "{value}": must be greater than zero'


def _decoded(value: Any) -> bytes | None:
    try:
        return base64.b64decode("".join(str(value).split()), validate=True)
    except binascii.Error:
        return None


def _is_json(content: bytes | None) -> bool:
    try:
        json.loads(content or b"")
    except ValueError:
        return False
    return True


RULES: Final[dict[tuple[str, str], Callable[[Manifest], Iterator[str]]]] = {
    ("", "ConfigMap"): _configmap,
    ("", "LimitRange"): _limits,
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ResourceQuota"): _quota,
    ("", "Secret"): _secret,
    ("scheduling.k8s.io", "PriorityClass"): _priority,
    ("storage.k8s.io", "StorageClass"): _class,
}
