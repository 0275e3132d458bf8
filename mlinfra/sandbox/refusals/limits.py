"""Values outside the limits of botocore's own service models: enums, patterns, greatest lengths, numbers and counts.

botocore checks names, types and lower limits before it sends a call; the service checks the rest, and moto mostly
does not. What the models have wrong stands in `limits.toml`, what they leave out in `rules.toml`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.refusals.call import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TABLE: Final = tomllib.loads((files("mlinfra.sandbox.refusals") / "limits.toml").read_text("utf-8"))
TOO_LONG_FOR_A_PATTERN: Final = 20_000
MOST_SHOWN: Final = 20
LONGEST_SHOWN: Final = 120
# Java's classes, as near as Python's expressions come.
JAVA: Final = (
    (r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff"),
    (r"\p{L}", r"\w"),
    (r"\p{N}", r"\d"),
    (r"\p{Z}", r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"),
    (r"\p{Alnum}", r"a-zA-Z0-9"),
    (r"\p{ASCII}", r"\x00-\x7f"),
)


def within_limits(service: str, model: Any, params: Mapping[str, Any]) -> None:
    """Raise `Refused` for the first parameter outside its model's limits."""
    if model.input_shape is None:
        return
    for path, constraint, value in _outside(service, model.input_shape, params, ""):
        code = _code(service, model.service_model.metadata["protocol"])
        shown = _shown(value)
        if code == "InvalidParameterValue":
            raise Refused(code, f"Value ({shown}) for parameter {path} is invalid. It must {constraint}")
        message = f"Value {shown} at '{path}' failed to satisfy constraint: Member must {constraint}"
        raise Refused(code, f"1 validation error detected: {message}")


def _outside(service: str, shape: Any, value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        for name, member in value.items():
            if name in shape.members:
                inner = f"{path}.{name}" if path else name[:1].lower() + name[1:]
                yield from _outside(service, shape.members[name], member, inner)
    elif kind == "list":
        yield from _too_many(limits, value, path)
        for index, member in enumerate(value, 1):
            yield from _outside(service, shape.member, member, f"{path}.{index}.member")
    elif kind == "map":
        yield from _too_many(limits, value, path)
        for key, member in value.items():
            yield from _outside(service, shape.key, key, path)
            yield from _outside(service, shape.value, member, f"{path}.{key}")
    elif constraint := _scalar(service, shape, value):
        yield path, constraint, "****" if limits.get("sensitive") else value


def _scalar(service: str, shape: Any, value: Any) -> str:
    if shape.type_name == "string" and isinstance(value, str):
        return "" if f"{service}.{shape.name}" in TABLE["exceptions"] else _string(shape, value)
    if isinstance(value, (int, float)) and value > shape.metadata.get("max", value):
        return f"have value less than or equal to {shape.metadata['max']}"
    return ""


def _too_many(limits: Mapping[str, Any], value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    if "max" in limits and len(value) > limits["max"]:
        yield path, f"have length less than or equal to {limits['max']}", f"{len(value)} members"


def _string(shape: Any, value: str) -> str:
    limits = shape.metadata
    if shape.enum and value not in shape.enum:
        some = shape.enum if len(shape.enum) <= MOST_SHOWN else [*shape.enum[:MOST_SHOWN], "…"]
        return f"satisfy enum value set: [{', '.join(some)}]"
    if len(value) > limits.get("max", len(value)):
        return f"have length less than or equal to {limits['max']}"
    if "pattern" in limits and not matches(limits["pattern"], value):
        return f"satisfy regular expression pattern: {limits['pattern']}"
    return ""


def matches(pattern: str, value: str) -> bool:
    """Whether a model's pattern, written for Java, takes the whole value. One that Python cannot express takes anything."""
    expression = _compiled(pattern)
    if expression is None or len(value) > TOO_LONG_FOR_A_PATTERN:
        return True
    return bool(expression.fullmatch(value))


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    flags = re.NOFLAG if r"\p{" in pattern else re.ASCII
    for java, python in JAVA:
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern, flags)
    except re.error:
        return None


@cache
def _code(service: str, protocol: str) -> str:
    codes = TABLE["codes"]
    return str(codes["services"].get(service) or codes.get(protocol, "ValidationException"))


def _shown(value: Any) -> str:
    text = str(value)
    return f"'{text}'" if len(text) <= LONGEST_SHOWN else f"'{text[:LONGEST_SHOWN]}…'"
