"""Requests made up from botocore's models: every member of a shape, with values that tell apart what was set when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from botocore.model import Shape

DEPTH = 4


def sample(shape: Shape, word: str = "one", depth: int = DEPTH) -> Any:
    """A value of a shape. `word` goes into every string that may be anything."""
    kind = shape.type_name
    if kind == "structure":
        return {name: sample(member, word, depth - 1) for name, member in _said(shape, depth).items()}
    if kind == "list":
        return [sample(shape.member, word, depth - 1)] * max(int(shape.metadata.get("min", 1)), 1)
    if kind == "map":
        return {sample(shape.key, word, depth - 1): sample(shape.value, word, depth - 1)}
    if kind == "string":
        enum = getattr(shape, "enum", None) or [f"{word}-".ljust(shape.metadata.get("min", 0), "x")]
        return enum[0 if word == "one" else -1]
    number = max(int(shape.metadata.get("min", 1)), 1) + (word != "one")
    scalars = {
        "integer": number,
        "long": number,
        "float": 1.0,
        "double": 1.0,
        "boolean": word == "one",
        "timestamp": dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        "blob": word.encode(),
    }
    return scalars[kind]


def _said(shape: Shape, depth: int) -> dict[str, Shape]:
    """The members of a structure to give: one of a union, the required ones far down, all elsewhere."""
    members = dict(shape.members)
    if getattr(shape, "is_document_type", False):
        return {}
    if getattr(shape, "is_tagged_union", False):
        return dict(list(members.items())[:1])
    return members if depth > 0 else {name: one for name, one in members.items() if name in shape.required_members}


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
