"""Output values: property values that carry what they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.stack.codec import plain_output
from mlinfra.stack.values import UNKNOWN, OutputValue, Secret, children

if TYPE_CHECKING:
    from collections.abc import Iterable


def dependencies_of(value: Any) -> list[str]:
    """What the output values in a value depend on, each once."""
    found = list(value.dependencies) if isinstance(value, OutputValue) else []
    for child in children(value):
        found += dependencies_of(child)
    return list(dict.fromkeys(found))


def as_outputs(value: Any) -> Any:
    """The value with output values in place of what is unknown or secret: transforms are shown `Output`s there."""
    if isinstance(value, dict):
        return {key: as_outputs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_outputs(item) for item in value]
    if isinstance(value, Secret):
        return OutputValue(value.value, secret=True)
    return OutputValue() if value is UNKNOWN else value


def with_dependencies(value: Any, depends: Iterable[str]) -> Any:
    """The value as an output value that depends on what the program said for its property."""
    if set(dependencies_of(value)).issuperset(depends):
        return value
    if isinstance(value, OutputValue):
        return OutputValue(value.value, value.secret, tuple(dict.fromkeys([*value.dependencies, *depends])))
    return OutputValue(value, dependencies=tuple(depends))


def without_outputs(value: Any) -> Any:
    """The value with plain values, secrets and unknowns in place of output values."""
    if isinstance(value, dict):
        return {key: without_outputs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_outputs(item) for item in value]
    if isinstance(value, OutputValue):
        return without_outputs(plain_output(value))
    return value
