"""What a provider does when a program leaves a property out (`mlinfra/policies/defaults/*.toml`).

Absent is not safe: a rule can read a property only when what its absence means stands here, with the source.
"""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_INDEX = re.compile(r"\[\d+\]")


class UnlistedPropertyError(LookupError):
    """A rule reads a property of which nothing says what its absence means."""


def default(type: str, path: str) -> Any:
    """What a property is when it is left out; None when it is nothing. Raises UnlistedPropertyError."""
    key = _INDEX.sub("[]", path)
    try:
        return table()[type][key].get("default")
    except KeyError:
        raise UnlistedPropertyError(
            f"mlinfra/policies/defaults says nothing about {key} of {type}; add what its absence means, with the source"
        ) from None


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
    if "same_as" in entry:
        made["same_as"] = {"default": entry["same_as"]}
    return made
