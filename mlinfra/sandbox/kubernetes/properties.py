"""Property values of Pulumi and manifests: the spellings of fields, secrets, and what a state keeps beside an object."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.kubernetes.manifests import dense
from mlinfra.stack.urn import type_of
from mlinfra.stack.values import UNKNOWN, Archive, Asset, Properties, ResourceRef, Secret, contains, has_secrets, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.sandbox.kubernetes.backend import Manifest

INPUTS: Final = "__inputs"
API_VERSION: Final = "__initialApiVersion"
MANAGER: Final = "__fieldManager"

_DASHED: Final = {
    name.replace("-", "_"): name
    for name in (
        "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type",
        "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
    )
}  # fmt: skip
_UNDERSCORED: Final = {dashed: name for name, dashed in _DASHED.items()}
_OF_SERVER: Final = ("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid")  # fmt: skip
_SECRET_FIELDS: Final = ("data", "stringData")


def kind_of(urn: str) -> tuple[str, str]:
    """API version and kind that a resource's type names: `kubernetes:core/v1:Pod` is v1 and Pod."""
    _, module, kind = type_of(urn).split(":", 2)
    return module.removeprefix("core/"), kind


def manifest_of(urn: str, properties: Properties) -> Manifest:
    """The manifest in a resource's inputs, plain, without what a state keeps for itself. What is unknown stays so."""
    api_version, kind = kind_of(urn)
    given = {name: value for name, value in plain(properties).items() if not name.startswith("__")}
    found: Manifest = dense(_renamed(given, _DASHED))
    found.setdefault("apiVersion", api_version)
    found.setdefault("kind", kind)
    metadata = found.get("metadata")
    if metadata is None:
        found["metadata"] = {}
    elif isinstance(metadata, dict):
        found["metadata"] = {name: value for name, value in metadata.items() if name not in _OF_SERVER}
    return found


def is_patch(urn: str, manifest: Manifest) -> bool:
    """Whether the resource only has a share in an object that is somebody else's, such as `DeploymentPatch`."""
    return kind_of(urn)[1] == f"{manifest.get('kind')}Patch"


def object_kind(urn: str, manifest: Manifest) -> str:
    """The kind of the object that a resource is about, which for a patch is not the resource's."""
    kind = str(manifest["kind"])
    return kind.removesuffix("Patch") if kind == kind_of(urn)[1] else kind


def odd(properties: Properties) -> str:
    """What in the inputs no manifest can have, in a few words; empty when there is nothing."""
    if contains(properties, lambda value: isinstance(value, Asset | Archive)):
        return "an asset, which no Kubernetes object can have: give its text"
    if contains(properties, lambda value: isinstance(value, ResourceRef)):
        return "a whole resource: give one of its properties, such as its name"
    return ""


def inputs_of(manifest: Manifest, given: Properties) -> Properties:
    """A manifest as inputs, secret where what the program gave is, and where a Secret is concerned."""
    found: Properties = _renamed(manifest, _UNDERSCORED)
    return _hidden(found, given)


def outputs_of(live: Manifest, inputs: Properties, api_version: str, manager: str) -> Properties:
    """What a state keeps of a live object: the object, the inputs that made it, and who manages its fields."""
    found = _hidden(_renamed(live, _UNDERSCORED), inputs)
    given = {name: value for name, value in inputs.items() if not name.startswith("__")}
    return {**found, INPUTS: given, API_VERSION: api_version, MANAGER: manager}


def old_inputs(outputs: Properties, inputs: Properties) -> Properties:
    """The inputs that a resource was last deployed with: the engine's, or those that older engines leave in the outputs."""
    kept = plain(outputs.get(INPUTS))
    return inputs or (kept if isinstance(kept, dict) else {})


def with_data(manifest: Manifest) -> Manifest:
    """A Secret with all its data encoded, as the server keeps it; any other manifest as it is."""
    texts = manifest.get("stringData")
    if manifest.get("kind") != "Secret" or manifest.get("apiVersion") != "v1" or not isinstance(texts, dict):
        return manifest
    encoded = {k: v if v is UNKNOWN else base64.b64encode(str(v).encode()).decode() for k, v in texts.items()}
    rest = {name: value for name, value in manifest.items() if name != "stringData"}
    return {**rest, "data": {**(manifest.get("data") or {}), **encoded}}


def texts(live: Manifest, names: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a live Secret that a program gave under these names, as they are now."""
    data = live.get("data") or {}
    return {name: base64.b64decode(data[name]).decode(errors="replace") for name in names if name in data}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _renamed(item, names) for name, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _hidden(found: Properties, given: Any) -> Properties:
    """The values, secret where the same place of what was given is; a Secret's data always."""
    hidden = dict(found)
    if found.get("kind") == "Secret":
        for name in _SECRET_FIELDS:
            if name in hidden:
                hidden[name] = Secret(hidden[name])
        return hidden
    for name, value in given.items() if isinstance(given, dict) else ():
        if name not in hidden or not has_secrets(value):
            continue
        if isinstance(hidden[name], dict) and isinstance(value, dict):
            hidden[name] = _hidden(hidden[name], value)
        else:
            hidden[name] = Secret(plain(hidden[name]))
    return hidden
