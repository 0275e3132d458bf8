"""Whether a manifest has the structure that a schema says: fields, types, what is required, and what the schema limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.sandbox.kubernetes.store.schemas import Schema, Schemas

_INT32: Final = 2**31
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_WORDS: Final = {"object": "an object", "array": "a list", "string": "a string", "integer": "an integer"}
_OPEN: Final = "x-kubernetes-preserve-unknown-fields"
_OF_EVERY_OBJECT: Final = frozenset({"apiVersion", "kind", "metadata"})


def problems(value: Any, schema: Schema, schemas: Schemas, path: str = "", *, partial: bool = False) -> Iterator[str]:
    """What is wrong with the value, each as `spec.replicas: Invalid value: "3": must be an integer`.

    In a `partial` value nothing is missed.
    """
    schema = schemas.resolve(schema)
    if not _free(schema):
        types = _types(schema)
        if types and not any(_is(value, one) for one in types):
            wanted = " or ".join(_WORDS.get(one, f"a {one}") for one in types)
            yield f"{path or 'the object'}: Invalid value: {_shown(value)}: must be {wanted}"
            return
    yield from _limits(value, schema, path)
    if isinstance(value, dict):
        yield from _fields(value, schema, schemas, path, partial=partial)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), schemas, f"{path}[{number}]", partial=partial)


def filled(value: Any, schema: Schema, schemas: Schemas) -> Any:
    """The value with the defaults that the schema has for what is absent, as custom resource definitions may say."""
    schema = schemas.resolve(schema)
    if isinstance(value, list):
        return [filled(item, schema.get("items", {}), schemas) for item in value]
    if not isinstance(value, dict):
        return value
    known = schema.get("properties", {})
    defaults = {name: one["default"] for name, one in known.items() if one.get("default") is not None}
    rest = schema.get("additionalProperties")
    rest = rest if isinstance(rest, dict) else {}
    return {name: filled(item, known.get(name, rest), schemas) for name, item in {**defaults, **value}.items()}


def _fields(value: dict[str, Any], schema: Schema, schemas: Schemas, path: str, *, partial: bool) -> Iterator[str]:
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    embedded = not path or schema.get("x-kubernetes-embedded-resource")
    closed = bool(known) and not isinstance(rest, dict) and rest is not True and not schema.get(_OPEN)
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name in known:
            yield from problems(item, known[name], schemas, place, partial=partial)
        elif isinstance(rest, dict):
            yield from problems(item, rest, schemas, place, partial=partial)
        elif closed and not (embedded and name in _OF_EVERY_OBJECT):
            yield f".{place}: field not declared in schema"
    for name in () if partial else schema.get("required", ()):
        if value.get(name) is None:
            yield f"{path}.{name}: Required value".lstrip(".")


def _limits(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """What enum, pattern, format and bounds forbid."""
    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(_shown(one) for one in schema["enum"])
        yield f"{path}: Unsupported value: {_shown(value)}: supported values: {supported}"
    if isinstance(value, str):
        if "pattern" in schema and not _matches(schema["pattern"], value):
            yield f"{path}: Invalid value: {_shown(value)}: should match '{schema['pattern']}'"
        yield from _bounded(len(value), schema.get("minLength"), schema.get("maxLength"), f"{path}: the length")
    elif isinstance(value, list):
        yield from _bounded(len(value), schema.get("minItems"), schema.get("maxItems"), f"{path}: the number of items")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _bounded(value, schema.get("minimum"), schema.get("maximum"), path)
        if schema.get("format") == "int32":
            yield from _bounded(value, -_INT32, _INT32 - 1, path)


def _bounded(value: float, least: float | None, most: float | None, what: str) -> Iterator[str]:
    if least is not None and value < least:
        yield f"{what}: Invalid value: {value}: should be greater than or equal to {least}"
    if most is not None and value > most:
        yield f"{what}: Invalid value: {value}: should be less than or equal to {most}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # Go's expressions know a few things that Python's do not
        return True


def _types(schema: Schema) -> tuple[str, ...]:
    """The JSON types that the schema allows; none when it does not say."""
    alternatives = schema.get("oneOf") or schema.get("anyOf") or [schema]
    found = []
    for one in alternatives:
        said = one.get("type", ())
        found += [said] if isinstance(said, str) else list(said)
    return tuple(one for one in dict.fromkeys(found) if one != "null")


def _free(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-int-or-string"))


def _is(value: Any, type_: str) -> bool:
    if isinstance(value, bool):
        return type_ == "boolean"
    if type_ == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(type_, (object,)))


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
