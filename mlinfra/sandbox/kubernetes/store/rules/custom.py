"""Custom resource definitions and webhooks: what extends the API server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import get
from mlinfra.sandbox.kubernetes.store.rules import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.kubernetes.backend import Manifest

_VERSION: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_GROUP: Final = "apiextensions.k8s.io"


def _definition(manifest: Manifest) -> Iterator[str]:
    spec = manifest["spec"]
    names = spec.get("names") or {}
    wanted = f"{names.get('plural')}.{spec.get('group')}"
    if manifest["metadata"].get("name") != wanted:
        yield f'metadata.name: Invalid value: "{manifest["metadata"].get("name")}": must be spec.names.plural+"."+spec.group'
    if "." not in str(spec.get("group", "")):
        yield f'spec.group: Invalid value: "{spec.get("group")}": should be a domain with at least one dot'
    yield from syntax.one_of(spec.get("scope"), ("Cluster", "Namespaced"), "spec.scope")
    versions = spec.get("versions") or []
    if len([one for one in versions if one.get("storage")]) != 1:
        yield "spec.versions: Invalid value: must have exactly one version marked as storage version"
    for number, version in enumerate(versions):
        path = f"spec.versions[{number}]"
        if not _VERSION.fullmatch(str(version.get("name", ""))):
            yield f'{path}.name: Invalid value: "{version.get("name")}": must be a DNS-1035 label'
        schema = get(version, "schema.openAPIV3Schema")
        if schema is None:
            yield f"{path}.schema.openAPIV3Schema: Required value: schemas are required"
        else:
            if schema.get("type") != "object":
                yield f'{path}.schema.openAPIV3Schema.type: Invalid value: "{schema.get("type", "")}": must be object at the root'
            yield from _structural(schema, f"{path}.schema.openAPIV3Schema")


def _structural(schema: Any, path: str) -> Iterator[str]:
    """Every part of a structural schema has a type, unless it says otherwise."""
    if not isinstance(schema, dict):
        return
    free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not schema.get("type") and not free:
        yield f"{path}.type: Required value: must not be empty for specified object fields"
    if schema.get("type") == "array" and not schema.get("items"):
        yield f"{path}.items: Required value: must be specified"
    if schema.get("properties") and isinstance(schema.get("additionalProperties"), dict):
        yield f"{path}.additionalProperties: Forbidden: must not be used together with properties"
    for name, inner in (schema.get("properties") or {}).items():
        yield from _structural(inner, f"{path}.properties[{name}]")
    if isinstance(schema.get("items"), dict):
        yield from _structural(schema["items"], f"{path}.items")


def _webhooks(manifest: Manifest) -> Iterator[str]:
    for number, hook in enumerate(manifest.get("webhooks") or ()):
        path = f"webhooks[{number}]"
        name = str(hook.get("name", ""))
        yield from syntax.subdomain(name, f"{path}.name")
        if name.count(".") < 2:  # noqa: PLR2004 - as Kubernetes asks of a name of one's own
            yield f'{path}.name: Invalid value: "{name}": should be a domain with at least three segments separated by dots'
        client = hook.get("clientConfig") or {}
        if bool(client.get("url")) == bool(client.get("service")):
            yield f"{path}.clientConfig: Required value: exactly one of url or service is required"
        yield from syntax.one_of(hook.get("failurePolicy"), ("Fail", "Ignore"), f"{path}.failurePolicy")
        yield from syntax.one_of(hook.get("sideEffects"), ("None", "NoneOnDryRun"), f"{path}.sideEffects")
        if not hook.get("admissionReviewVersions"):
            yield f"{path}.admissionReviewVersions: Required value: must specify at least one of v1, v1beta1"
        if not 1 <= hook.get("timeoutSeconds", 10) <= 30:  # noqa: PLR2004 - Kubernetes' own bounds
            yield f"{path}.timeoutSeconds: Invalid value: {hook['timeoutSeconds']}: the timeout value must be between 1 and 30 seconds"


RULES: Final[dict[tuple[str, str], Callable[[Manifest], Iterator[str]]]] = {
    (_GROUP, "CustomResourceDefinition"): _definition,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
}
