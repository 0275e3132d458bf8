"""Server-side apply: who manages which fields, and what an apply makes of an object.

Sets of fields are kept as objects spell them in `metadata.managedFields` (FieldsV1): `f:name` for a field, `k:{...}` for
an item of a list with keys, `v:...` for an item of a set (https://kubernetes.io/docs/reference/using-api/server-side-apply).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlinfra.sandbox.kubernetes.store.schemas import Schema, Schemas

Fields = dict[str, Any]
Path = tuple[str, ...]

_LIST: Final = "x-kubernetes-list-type"
_KEYS: Final = "x-kubernetes-list-map-keys"
_ATOMIC: Final = "x-kubernetes-map-type"
_KEY_DEFAULTS: Final = {"protocol": "TCP"}  # a port's key, which the schema of a port has no default of
_UNMANAGED: Final = frozenset(
    {"apiVersion", "kind", "status", "creationTimestamp", "generation", "managedFields", "name", "namespace",
     "resourceVersion", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName"}
)  # fmt: skip


class Shape:
    """What of a schema decides how values merge: which lists have keys, and which values are one whole."""

    def __init__(self, schema: Schema | None, schemas: Schemas) -> None:
        self._schema = schemas.resolve(schema) if schema is not None else {}
        self._schemas = schemas

    def inside(self, name: str) -> Shape:
        """The shape of a field."""
        rest = self._schema.get("additionalProperties")
        found = self._schema.get("properties", {}).get(name) or (rest if isinstance(rest, dict) else None)
        return Shape(found, self._schemas)

    def items(self) -> Shape:
        """The shape of a list's items."""
        return Shape(self._schema.get("items"), self._schemas)

    def parts(self, value: Any) -> dict[str, tuple[Any, Shape]] | None:
        """The parts of a value by their path elements; None for what is one whole."""
        schema = self._schema
        if isinstance(value, dict):
            if schema.get(_ATOMIC) == "atomic":
                return None
            return {f"f:{name}": (item, self.inside(name)) for name, item in value.items()}
        if isinstance(value, list) and schema.get(_LIST) == "set":
            return {f"v:{json.dumps(item)}": (item, Shape(None, self._schemas)) for item in value}
        if isinstance(value, list) and schema.get(_LIST) == "map" and all(isinstance(item, dict) for item in value):
            return {self._key(item): (item, self.items()) for item in value}
        return None

    def _key(self, item: Mapping[str, Any]) -> str:
        keys = {name: item.get(name, _KEY_DEFAULTS.get(name)) for name in self._schema.get(_KEYS, ())}
        return "k:" + json.dumps({name: key for name, key in keys.items() if key is not None}, sort_keys=True)


def fields_of(value: Any, shape: Shape) -> Fields:
    """The set of fields in a manifest, without those that no manager has."""
    found = _fields(value, shape)
    metadata = found.get("f:metadata", {})
    for name in _UNMANAGED:
        found.pop(f"f:{name}", None)
        metadata.pop(f"f:{name}", None)
    return {name: inner for name, inner in found.items() if inner or name != "f:metadata"}


def _fields(value: Any, shape: Shape) -> Fields:
    parts = shape.parts(value)
    if not parts:
        return {}
    found = {element: _fields(item, inner) for element, (item, inner) in parts.items()}
    return found if isinstance(value, dict) else {element: {".": {}, **inner} for element, inner in found.items()}


def leaves(fields: Fields, path: Path = ()) -> Iterator[Path]:
    """The paths of the fields that are one whole; that an item is there at all counts as a field too."""
    for element, inner in fields.items():
        if element == ".":
            yield (*path, element)
        elif inner:
            yield from leaves(inner, (*path, element))
        else:
            yield (*path, element)


def fields_from(paths: Iterable[Path]) -> Fields:
    """The set with these leaves."""
    found: Fields = {}
    for path in paths:
        inner = found
        for element in path:
            inner = inner.setdefault(element, {})
    return found


def at(value: Any, shape: Shape, path: Path) -> Any:
    """What stands at a path; None where there is nothing."""
    for element in path:
        if element == ".":
            return value
        parts = shape.parts(value)
        if not parts or element not in parts:
            return None
        value, shape = parts[element]
    return value


def merged(live: Any, applied: Any, shape: Shape) -> Any:
    """The live value with the applied one in it: fields and keyed items join, everything else is replaced."""
    theirs, ours = shape.parts(live), shape.parts(applied)
    if theirs is None or ours is None:
        return applied
    joined = {
        element: merged(item, ours[element][0], inner) if element in ours else item
        for element, (item, inner) in theirs.items()
    } | {element: item for element, (item, _) in ours.items() if element not in theirs}
    if isinstance(applied, dict):
        return {element.removeprefix("f:"): item for element, item in joined.items()}
    # The manager that applies gives its items' order; those of others come last.
    return [joined[element] for element in (*ours, *(one for one in joined if one not in ours))]


def without(value: Any, shape: Shape, gone: Fields, kept: Callable[[Path], bool], path: Path = ()) -> Any:
    """The value without the fields `gone`. One that is gone goes with all that is in it, unless its path is `kept`."""
    parts = shape.parts(value)
    if parts is None:
        return value
    left: dict[str, Any] = {}
    for element, (item, inner) in parts.items():
        here = (*path, element)
        if element not in gone:
            left[element] = item
        elif kept(here):
            left[element] = without(item, inner, gone[element], kept, here)
    if isinstance(value, dict):
        return {element.removeprefix("f:"): item for element, item in left.items()}
    return list(left.values())
