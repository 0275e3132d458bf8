"""What a plan may assume of Kubernetes objects: their names and namespaces. Everything else the cluster tells."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from mlinfra.catalog.kubernetes_kinds import namespaced
from mlinfra.engine.provider import Checked
from mlinfra.stack.urn import name_of, type_of
from mlinfra.stack.values import UNKNOWN, Properties, Secret

_RELEASE: Final = "kubernetes:helm.sh/v3:Release"
_OF_THE_CLUSTER: Final = ("creationTimestamp", "generation", "resourceVersion", "uid")


def check(urn: str, news: Properties) -> Checked:
    """The inputs with a name, made up like the provider's where the program gives none."""
    if type_of(urn) == _RELEASE:
        defaults = {"name": _made_up_name(urn), "namespace": "default"}
        return Checked({**defaults, **{key: value for key, value in news.items() if value is not None}})
    metadata = _metadata(news)
    if metadata is UNKNOWN or {"name", "generateName"} & metadata.keys() or _has_no_metadata(urn):
        return Checked(news)
    annotations = metadata.get("annotations", {})
    if isinstance(annotations, dict):
        annotations = {**annotations, "pulumi.com/autonamed": "true"}
    return Checked({**news, "metadata": {**metadata, "name": _made_up_name(urn), "annotations": annotations}})


def create(urn: str, inputs: Properties) -> tuple[Any, Properties]:
    """Id and outputs of an object."""
    if type_of(urn) == _RELEASE:
        identity = f"{inputs['namespace']}/{inputs['name']}" if isinstance(inputs["name"], str) else UNKNOWN
        return identity, {**inputs, "manifest": UNKNOWN, "resourceNames": UNKNOWN, "status": UNKNOWN}
    metadata = _metadata(inputs)
    if metadata is UNKNOWN or _has_no_metadata(urn):
        return UNKNOWN, {**inputs, "status": UNKNOWN}
    found = {**metadata, **dict.fromkeys(_OF_THE_CLUSTER, UNKNOWN)}
    if namespaced(type_of(urn).rpartition(":")[2]):
        found.setdefault("namespace", "default")
    parts = [found[key] for key in ("namespace", "name") if key in found]
    known = "name" in found and all(isinstance(part, str) for part in parts)
    return "/".join(parts) if known else UNKNOWN, {**inputs, "metadata": found, "status": UNKNOWN}


def _has_no_metadata(urn: str) -> bool:
    """Lists, and the overlay types such as `kubernetes:yaml:ConfigFile`, which are no objects of a cluster."""
    kind = type_of(urn).split(":")
    return "/" not in kind[1] or kind[2].endswith("List")


def _metadata(properties: Properties) -> Any:
    """The metadata without what is None in it; UNKNOWN when it is not known."""
    found = properties.get("metadata")
    found = found.value if isinstance(found, Secret) else found
    return (
        {key: value for key, value in found.items() if value is not None}
        if isinstance(found, dict)
        else {}
        if found is None
        else found
    )


def _made_up_name(urn: str) -> str:
    return f"{name_of(urn)}-{hashlib.sha512(urn.encode()).hexdigest()[:8]}"
