"""What a provider does when a program leaves a property out (`mlinfra/policies/defaults/*.toml`).

Absent is not safe: a rule can read a property only when what its absence means stands here, with the source. The table of
a family (`kubernetes:apps/*:Deployment`) counts for every API version; `embeds` says where a type has another's table inside:
a Deployment its pod at `spec.template.spec` (`[]` is any item of a list, `*` any key).
"""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from mlinfra.compliance.families import family

if TYPE_CHECKING:
    from collections.abc import Mapping

_INDEX = re.compile(r"\[\d+\]")
_EMBEDS = "embeds"


class UnlistedPropertyError(LookupError):
    """A rule reads a property of which nothing says what its absence means."""


def default(type: str, path: str) -> Any:
    """What a property is when it is left out; None when it is nothing. Raises UnlistedPropertyError."""
    return _default(type, _INDEX.sub("[]", path))


@functools.lru_cache(maxsize=65536)
def _default(type: str, key: str) -> Any:
    spec = _listed(type, key.replace("[]", ""))
    if spec is None:
        raise UnlistedPropertyError(
            f"mlinfra/policies/defaults says nothing about {key} of {type}; add what its absence means, with the source"
        )
    return spec.get("default")


def _listed(type: str, key: str) -> Mapping[str, Any] | None:
    """What is listed about a property: for the type, for its family, or for a type inside it."""
    for kind in (type, family(type)):
        properties = _by_key(kind)
        if key in properties and key != _EMBEDS:
            return properties[key]
        for place, inner in properties.get(_EMBEDS, {}).items():
            match = _inside(place).match(key)
            found = _listed(inner, key[match.end() :]) if match else None
            if found is not None:
                return found
    return None


@functools.cache
def _inside(place: str) -> re.Pattern[str]:
    """What the paths of everything inside a place begin with."""
    return re.compile(re.escape(place.replace("[]", "")).replace(r"\*", r"[^.]+") + r"\.")


def embedded(type: str) -> Mapping[str, tuple[str, ...]]:
    """Where types (or families of them) have another type's table inside: `spec.jobs[].template`, `spec.roles.*.template`."""
    found = {
        kind: tuple(place for place, inner in properties.get(_EMBEDS, {}).items() if inner == type)
        for kind, properties in table().items()
    }
    return {kind: places for kind, places in found.items() if places}


@functools.cache
def _by_key(type: str) -> Mapping[str, Mapping[str, Any]]:
    """The properties of a type without `[]`: a program may give one item where a list is expected."""
    return {path.replace("[]", ""): spec for path, spec in table().get(type, {}).items()}


@functools.cache
def table() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Every listed property, by type and path: `default` (left out: nothing) and `source`."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for file in sorted((resources.files("mlinfra.policies") / "defaults").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for kind, entry in tomllib.loads(file.read_text("utf-8")).items():
                found.setdefault(kind, {}).update(_properties(entry))
    for kind, properties in found.items():
        same = properties.pop("same_as", None)
        if same is not None:
            found[kind] = {**found[str(same["default"])], **properties}
    return found


def _properties(entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    source = entry.get("source", "")
    made = {path: {"source": source, **spec} for path, spec in entry.get("properties", {}).items()}
    made.update({path: {"source": source} for path in entry.get("nothing", ())})
    if _EMBEDS in entry:
        made[_EMBEDS] = entry[_EMBEDS]
    if "same_as" in entry:
        made["same_as"] = {"default": entry["same_as"]}
    return made
