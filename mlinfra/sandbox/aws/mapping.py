"""Pulumi's properties onto botocore's parameters, and AWS's answers back, by name.

Names match when they agree without case and underscores, one of them may be in the plural, and a member may carry the
type's noun in front (`name` is `RoleName`). What does not match so stands in the table's `rename` (a path such as
`Placement.Tenancy` or `IpPermissions[0].FromPort`). Shapes are bridged by rule: maps become lists of key and value, single
objects lists of one, booleans `{"Value": ...}`; the rest is done by named converters (`converters.py`).
"""

from __future__ import annotations

import base64
import datetime
import functools
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jmespath

from mlinfra.sandbox.aws.converters import CONVERTERS

PAIRS: Final = (
    ("key", "value"), ("name", "value"), ("name", "values"), ("tagkey", "tagvalue"),
    ("parameterkey", "parametervalue"), ("attributename", "attributevalue"), ("parametername", "parametervalue"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """How a type's properties are called in one call."""

    noun: str = ""
    rename: Mapping[str, str] = field(default_factory=dict)
    into: str = ""
    convert: Mapping[str, str] = field(default_factory=dict)


def normal(name: str) -> str:
    """A name without case, underscores and dashes."""
    return re.sub(r"[_\-.:]", "", name).lower()


@functools.lru_cache(maxsize=4096)
def _index(members: tuple[str, ...]) -> dict[str, str]:
    return {normal(member): member for member in reversed(members)}


@functools.lru_cache(maxsize=16384)
def match(members: tuple[str, ...], name: str, noun: str = "") -> str | None:
    """The member that `name` means, or None."""
    index = _index(members)
    plain = normal(name)
    singular = plain[:-3] + "y" if plain.endswith("ies") else plain[:-1] if plain.endswith("s") else plain
    for candidate in (plain, plain + "s", singular, plain + "es", plain.removesuffix("es"), normal(noun) + plain):
        if candidate in index:
            return index[candidate]
    return None


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
            if isinstance(value, Mapping) and isinstance(schema, Mapping) and "*" in schema:
                return _pairs(value, shape.member)
            if value == [] and shape.metadata.get("min", 0) > 0:
                return None  # botocore refuses an empty list here; leaving it out says the same
            items, one = (value, schema[0]) if isinstance(schema, list) else ([value], schema)
            return [self._value(one, item, shape.member, path) for item in items if item is not None]
        if kind == "map":
            inner = schema.get("*", "any") if isinstance(schema, Mapping) else "any"
            return {key: self._value(inner, item, shape.value, path) for key, item in value.items()}
        return _scalar(value, kind)

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


def child(schema: Mapping[str, Any], name: str) -> Any:
    """The shape of a property inside an object's shape, required or not."""
    return schema.get(name, schema.get(name + "!", schema.get("*")))


def resolve(shape: Any, path: str) -> Any:
    """The shape at a path such as `Placement.Tenancy`, `IpPermissions[0].FromPort` or, through a map, `Attributes.Policy`."""
    for part in path.split("."):
        name, index = re.fullmatch(r"(\w*)((?:\[.*\])?)", part).groups()  # type: ignore[union-attr]
        if name:
            if shape is not None and shape.type_name == "map":
                shape = shape.value
                continue
            if shape is None or shape.type_name != "structure" or name not in shape.members:
                return None
            shape = shape.members[name]
        if index:
            shape = shape.member
    return shape


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
    index = _index(tuple(member.members))
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
        return value if isinstance(value, bool) else str(value).lower() in ("true", "enable", "enabled", "1")
    if kind == "blob":
        return value.encode() if isinstance(value, str) else value
    return value


class Decoder:
    """Reads properties out of an answer, using the same names the other way round."""

    def __init__(self, names: Names, outputs: Mapping[str, str]) -> None:
        self.names, self.outputs = names, outputs

    def decode(
        self, schema: Mapping[str, Any], data: Mapping[str, Any], *, listed_only: bool = False
    ) -> dict[str, Any]:
        """Every property of `schema` that `data` tells something about."""
        found = {}
        for name, shape in schema.items():
            if listed_only and name not in self.outputs:
                continue
            value = self._find(name, name, data, self.names.noun)
            if value is None and self.names.into and name not in self.outputs:
                inner = jmespath.search(self.names.into, data)
                value = self._find(name, name, inner, self.names.noun) if isinstance(inner, Mapping) else None
            value = self._value(shape, value, name)
            if value is not None:
                found[name] = value
        return found

    def _find(self, name: str, path: str, data: Mapping[str, Any], noun: str = "") -> Any:
        if path in self.outputs:
            return jmespath.search(self.outputs[path], data)
        if self.names.rename.get(path):
            value = jmespath.search(self.names.rename[path], data)
            if value is not None:
                return value
        member = match(tuple(data), name, noun)
        return data[member] if member is not None else None

    def _value(self, schema: Any, data: Any, path: str) -> Any:
        if data is None:
            return None
        if path in self.names.convert:
            return CONVERTERS[self.names.convert[path]].decode(data)
        if isinstance(schema, list):
            if isinstance(data, Mapping):
                data = data.get("Items", []) if "Quantity" in data else [data]
            items = [self._value(schema[0], item, path) for item in (data if isinstance(data, list) else [data])]
            return [item for item in items if item is not None]
        if isinstance(schema, Mapping):
            if "*" in schema:
                return self._map(schema["*"], data, path)
            return self._object(schema, data, path)
        return _plain(schema, data)

    def _map(self, schema: Any, data: Any, path: str) -> dict[str, Any] | None:
        if isinstance(data, Mapping) and len(data) == 1 and isinstance(next(iter(data.values())), Mapping):
            data = next(iter(data.values()))
        if isinstance(data, Mapping):
            return {str(key): self._value(schema, item, path) for key, item in data.items()}
        found = {}
        for pair in data if isinstance(data, list) else ():
            index = _index(tuple(pair))
            key, item = next(((k, v) for k, v in PAIRS if k in index), PAIRS[0])
            value = pair.get(index.get(item, ""), "")
            found[pair[index[key]]] = self._value(
                schema, value[0] if isinstance(value, list) and value else value, path
            )
        return found

    def _object(self, schema: Mapping[str, Any], data: Any, path: str) -> dict[str, Any] | None:
        if isinstance(data, list):
            data = data[0] if data else None
        if not isinstance(data, Mapping):
            return None
        found = {}
        for name, shape in schema.items():
            plain = name.removesuffix("!")
            value = self._value(shape, self._find(plain, f"{path}.{plain}", data), f"{path}.{plain}")
            if value is not None:
                found[plain] = value
        return found


def _plain(schema: str, data: Any) -> Any:
    """A scalar as the property's type wants it."""
    if isinstance(data, Mapping) and schema != "str":
        data = data.get("Value")
    if isinstance(data, list):
        data = data[0] if data else None
    if data is None:
        return None
    if schema == "bool":
        return data if isinstance(data, bool) else str(data).lower() in ("true", "enable", "enabled", "1")
    if schema in ("int", "num"):
        number = float(data)
        return int(number) if number.is_integer() else number
    if isinstance(data, bool):
        return str(data).lower()
    if isinstance(data, datetime.datetime):
        return data.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(data, bytes):
        try:
            return data.decode()
        except UnicodeDecodeError:
            return base64.b64encode(data).decode()
    return json.dumps(data) if isinstance(data, Mapping | list) else str(data)
