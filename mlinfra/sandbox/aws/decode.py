"""AWS's answers as Pulumi's properties, by the same names the other way round."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from mlinfra.sandbox.aws.converters import CONVERTERS
from mlinfra.sandbox.aws.names import PAIRS, YES, Names, index_of, match, search


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
                inner = search(self.names.into, data)
                value = self._find(name, name, inner, self.names.noun) if isinstance(inner, Mapping) else None
            value = self._value(shape, value, name)
            if value is not None:
                found[name] = value
        return found

    def _find(self, name: str, path: str, data: Mapping[str, Any], noun: str = "") -> Any:
        if path in self.outputs:
            return search(self.outputs[path], data)
        if self.names.rename.get(path):
            value = search(self.names.rename[path], data)
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
            index = index_of(tuple(pair))
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
    if data is None or schema == "str":
        return None if data is None else _text(data)
    if schema == "bool":
        return data if isinstance(data, bool) else str(data).lower() in YES
    number = float(data) if isinstance(data, int | float | str) else float(str(data))
    return int(number) if number.is_integer() else number


def _text(data: Any) -> str:
    if isinstance(data, bool):
        return str(data).lower()
    if isinstance(data, dt.datetime):
        return data.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(data, bytes):
        try:
            return data.decode()
        except UnicodeDecodeError:
            return base64.b64encode(data).decode()
    return json.dumps(data) if isinstance(data, Mapping | list) else str(data)
