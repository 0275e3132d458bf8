"""Pulumi's properties as the parameters of an AWS operation, by name and by botocore's model of what it takes.

Shapes are bridged by rule: maps become lists of key and value, single objects lists of one, booleans `{"Value": ...}`; the
rest is done by named converters (`converters.py`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from mlinfra.sandbox.aws.converters import CONVERTERS
from mlinfra.sandbox.aws.names import PAIRS, YES, Names, child, index_of, match, resolve


class Encoder:
    """Encodes properties for one operation and remembers what had no place (`unmapped`) and what had (`used`)."""

    def __init__(self, shape: Any, names: Names) -> None:
        self.shape, self.names = shape, names
        self.unmapped: list[str] = []
        self.used: set[str] = set()

    def encode(self, schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that `values` make; what the operation does not take is left out."""
        params: dict[str, Any] = {}
        for name, value in values.items():
            if value is None or name not in schema:
                continue
            target = self._target(self.shape, name, name, self.names.noun)
            if target is None and self.names.into:
                inner = self._target(resolve(self.shape, self.names.into), name, name, self.names.noun)
                target = f"{self.names.into}.{inner}" if inner else None
            if target is None:
                self.unmapped.append(name)
                continue
            self.used.add(name)
            encoded = self._value(schema[name], value, resolve(self.shape, target), name)
            if encoded is not None:
                put(params, target, encoded)
        return params

    def _target(self, shape: Any, name: str, path: str, noun: str = "") -> str | None:
        if path in self.names.rename:
            target = self.names.rename[path]
            return target if target and resolve(shape, target) is not None else None
        if shape is not None and shape.type_name == "map":
            return name[0].upper() + name[1:]
        return match(tuple(shape.members), name, noun) if shape is not None else None

    def _value(self, schema: Any, value: Any, shape: Any, path: str) -> Any:
        if path in self.names.convert:
            return CONVERTERS[self.names.convert[path]].encode(value)
        kind = shape.type_name
        if kind == "structure":
            return self._structure(schema, value, shape, path)
        if kind == "list":
            return self._list(schema, value, shape, path)
        if kind == "map" and not isinstance(value, Mapping):
            self.unmapped.append(path)
            return None
        if kind == "map":
            inner = schema.get("*", "any") if isinstance(schema, Mapping) else "any"
            return {key: self._value(inner, item, shape.value, path) for key, item in value.items()}
        return _scalar(value, kind)

    def _list(self, schema: Any, value: Any, shape: Any, path: str) -> list[Any] | None:
        if value in ([], {}) and shape.metadata.get("min", 0) > 0:
            return None  # botocore refuses an empty list here; leaving it out says the same
        pairs = shape.member.type_name == "structure"
        if pairs and isinstance(value, Mapping) and isinstance(schema, Mapping) and "*" in schema:
            return _pairs(value, shape.member)
        items, one = (value, schema[0]) if isinstance(schema, list) else ([value], schema)
        return [self._value(one, item, shape.member, path) for item in items if item is not None]

    def _structure(self, schema: Any, value: Any, shape: Any, path: str) -> Any:
        members = shape.members
        if isinstance(value, list):
            if {"Quantity", "Items"} <= members.keys():
                items = [self._value(schema[0], item, members["Items"].member, path) for item in value]
                return {"Quantity": len(items), **({"Items": items} if items else {})}
            if not value:
                return None
            value, schema = value[0], schema[0]
        if not isinstance(value, Mapping):
            inner = next(iter(members))
            return {inner: self._value(schema, value, members[inner], path)}
        if "*" in schema and len(members) == 1:
            inner = next(iter(members))
            return {inner: self._value(schema, value, members[inner], path)}
        found: dict[str, Any] = {}
        for name, item in value.items():
            if item is None:
                continue
            place = f"{path}.{name}"
            target = self._target(shape, name, place)
            inner_schema = child(schema, name)
            if target is None or inner_schema is None:
                self.unmapped.append(place)
                continue
            encoded = self._value(inner_schema, item, resolve(shape, target), place)
            if encoded is not None:
                put(found, target, encoded)
        return found


def put(params: dict[str, Any], path: str, value: Any) -> None:
    """Set `value` at a path, making what is missing on the way; maps that meet are merged."""
    steps = [step for step in re.split(r"[.\[\]]", path) if step]
    last = steps[-1]
    place: Any = params
    for step, following in itertools.pairwise(steps):
        empty: Any = [] if following.isdigit() else {}
        if step.isdigit():
            if not place:
                place.append(empty)
            place = place[0]
        else:
            place = place.setdefault(step, empty)
    if last.isdigit():
        place.append(value)
    elif isinstance(value, dict) and isinstance(place.get(last), dict):
        merge(place[last], value)
    else:
        place[last] = value


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Merge maps deeply into the first; lists of one map each are merged too."""
    for key, value in more.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merge(old, value)
        elif (
            isinstance(old, list)
            and isinstance(value, list)
            and len(old) == len(value) == 1
            and isinstance(old[0], dict)
        ):
            merge(old[0], value[0])
        else:
            into[key] = value
    return into


def _pairs(value: Mapping[str, Any], member: Any) -> list[dict[str, Any]]:
    """A map as AWS's list of keys and values, in whatever spelling the service has."""
    index = index_of(tuple(member.members))
    for key, item in PAIRS:
        if key in index and item in index:
            several = member.members[index[item]].type_name == "list"
            return [{index[key]: k, index[item]: [v] if several else v} for k, v in value.items() if v is not None]
    raise ValueError(f"{member.name} is no pair of key and value")


def _scalar(value: Any, kind: str) -> Any:
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("integer", "long"):
        return int(float(value)) if value != "" else None
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() in YES
    if kind == "blob":
        return value.encode() if isinstance(value, str) else value
    return value
