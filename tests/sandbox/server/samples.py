"""Requests made up from botocore's models: every member of a shape, with values that tell apart what was set when."""

from __future__ import annotations

import datetime
from typing import Any

from botocore.model import Shape

DEPTH = 4


def sample(shape: Shape, word: str = "one", depth: int = DEPTH) -> Any:
    """A value of a shape. `word` goes into every string that may be anything."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {}
        members = dict(shape.members)
        if getattr(shape, "is_tagged_union", False):
            members = dict(list(members.items())[:1])
        if depth <= 0:
            members = {name: member for name, member in members.items() if name in shape.required_members}
        return {name: sample(member, word, depth - 1) for name, member in members.items()}
    if kind == "list":
        return [sample(shape.member, word, depth - 1)] * max(int(shape.metadata.get("min", 1)), 1)
    if kind == "map":
        return {sample(shape.key, word, depth - 1): sample(shape.value, word, depth - 1)}
    if kind == "string":
        enum = getattr(shape, "enum", None)
        if enum:
            return enum[0] if word == "one" else enum[-1]
        return f"{word}-".ljust(shape.metadata.get("min", 0), "x")
    if kind in {"integer", "long"}:
        return max(int(shape.metadata.get("min", 1)), 1) + (word != "one")
    if kind in {"float", "double"}:
        return 1.0
    if kind == "boolean":
        return word == "one"
    if kind == "timestamp":
        return datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    assert kind == "blob", kind
    return word.encode()


def differences(said: Any, shown: Any, shape: Shape, path: str = "") -> list[str]:
    """Where an answer of a shape does not show what was said and the shape has room for."""
    if shape.type_name == "structure" and isinstance(said, dict) and isinstance(shown, dict):
        names = [name for name in said if name in shape.members]
        return [
            line
            for name in names
            for line in differences(said[name], shown.get(name), shape.members[name], f"{path}.{name}")
        ]
    if shape.type_name == "list" and isinstance(said, list) and isinstance(shown, list) and len(said) == len(shown):
        pairs = enumerate(zip(said, shown, strict=True))
        return [line for i, (one, other) in pairs for line in differences(one, other, shape.member, f"{path}[{i}]")]
    return [] if said == shown else [f"{path}: said {said!r}, shown {shown!r}"]
