"""What pulumi-aws does to inputs before anything else: names, defaults, region, tags; and what it would refuse."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.naming import autoname, finish
from mlinfra.engine.provider import CheckFailure
from mlinfra.sandbox.aws.names import child
from mlinfra.stack.values import UNKNOWN, Archive, Asset, Properties, has_unknowns

if TYPE_CHECKING:
    from mlinfra.catalog.aws_types import AwsType
    from mlinfra.sandbox.aws.config import ProviderConfig

DEFAULTS: Final = "__defaults"  # where pulumi-aws keeps the names of the inputs that it filled in itself

WORDS: Final = {"str": "a string", "bool": "true or false", "int": "a whole number", "num": "a number"}
SHOWN: Final = 80  # characters of a wrong value that a message shows


def check(
    kind: AwsType, config: ProviderConfig, olds: Properties, news: Properties, *, name: str, seed: bytes, proposed: str
) -> tuple[Properties, list[CheckFailure]]:
    """The inputs completed, and what is wrong with them. `name` is the URN's; `proposed` a name that the engine wants."""
    inputs = {key: value for key, value in news.items() if value is not None}
    failures = list(_unknown(kind, inputs))
    defaults = []
    naming = kind.autoname
    if naming is not None and naming.property not in inputs and f"{naming.property}Prefix" not in inputs:
        kept = olds.get(naming.property) if naming.property in (olds.get(DEFAULTS) or ()) else None
        try:
            wanted = kept or finish(naming, proposed, inputs)
            inputs[naming.property] = wanted or autoname(naming, name, inputs, number(seed))
            defaults.append(naming.property)
        except ValueError as error:
            failures.append(CheckFailure(naming.property, str(error)))
    for key, value in kind.defaults.items():
        if key not in inputs:
            inputs[key] = value
            defaults.append(key)
    schema = kind.schema
    if "region" in schema.inputs:
        inputs.setdefault("region", config.region)
    if tagged(kind):
        inputs["tagsAll"] = all_tags(config, inputs.get("tags"))
    failures += [
        CheckFailure(missing, f"{kind.token} needs the property {missing!r}")
        for missing in sorted(schema.required - inputs.keys())
    ]
    return inputs | {DEFAULTS: sorted(defaults)}, failures


def tagged(kind: AwsType) -> bool:
    """Whether the provider's default tags reach resources of this type."""
    return ("tagsAll" in kind.schema.outputs or "tagsAll" in kind.schema.inputs) and "tags" not in kind.not_emulated


def all_tags(config: ProviderConfig, tags: Any) -> Any:
    """A resource's tags with the provider's default ones; its own win."""
    if has_unknowns(tags) or has_unknowns(config.default_tags):
        return UNKNOWN
    return {**config.default_tags, **(tags if isinstance(tags, Mapping) else {})}


def number(seed: bytes) -> int:
    """What makes a name unique; the same seed gives the same, none a new one."""
    return int.from_bytes(hashlib.sha512(seed or secrets.token_bytes(32)).digest(), "big")


def _unknown(kind: AwsType, inputs: Properties) -> Iterator[CheckFailure]:
    """Properties that the type does not have, that are of another type, or that the sandbox cannot honour."""
    schema = kind.schema
    for name, value in inputs.items():
        if name in schema.inputs:
            yield from _shape(kind, schema.inputs[name], value, name, name)
        elif name not in ("tagsAll", DEFAULTS):
            yield CheckFailure(name, f"{kind.token} has no property {name!r}")


def _shape(kind: AwsType, schema: Any, value: Any, path: str, place: str) -> Iterator[CheckFailure]:
    """What is wrong with a value; `path` names its property, `place` where in the inputs it stands."""
    if value is None or value is UNKNOWN or schema == "any":
        return
    if path in kind.not_emulated and value not in (False, "", [], {}):
        yield CheckFailure(place, f"{kind.token}: the property {path!r} is not emulated by the sandbox")
    elif isinstance(schema, list):
        yield from _list(kind, schema[0], value, path, place)
    elif isinstance(schema, Mapping):
        yield from _object(kind, schema, value, path, place)
    elif not _fits(schema, value):
        yield _wrong(kind, place, WORDS.get(schema, f"an {schema}"), value)


def _list(kind: AwsType, schema: Any, value: Any, path: str, place: str) -> Iterator[CheckFailure]:
    if not isinstance(value, list):
        yield _wrong(kind, place, "a list", value)
        return
    for number, item in enumerate(value):
        yield from _shape(kind, schema, item, path, f"{place}[{number}]")


def _object(kind: AwsType, schema: Mapping[str, Any], value: Any, path: str, place: str) -> Iterator[CheckFailure]:
    free = "*" in schema
    if not isinstance(value, Mapping):
        yield _wrong(kind, place, "a map" if free else "an object", value)
        return
    for name, item in value.items():
        inner = child(schema, name)
        if inner is not None:
            yield from _shape(kind, inner, item, path if free else f"{path}.{name}", f"{place}.{name}")
        elif not name.startswith("__"):
            yield CheckFailure(f"{place}.{name}", f"{kind.token}: {place} has no property {name!r}")
    for name in schema:
        if name.endswith("!") and value.get(name[:-1]) is None:
            yield CheckFailure(place, f"{kind.token}: {place} needs the property {name[:-1]!r}")


def _fits(schema: str, value: Any) -> bool:
    """Whether a value passes for a type, as leniently as Terraform's conversions do."""
    if schema == "str":
        return isinstance(value, str | bool | int | float)
    if schema == "bool":
        return isinstance(value, bool) or value in ("true", "false")
    if schema in ("int", "num"):
        try:
            number = float(value)
        except (TypeError, ValueError):
            return False
        return not isinstance(value, bool) and (schema == "num" or number.is_integer())
    return isinstance(value, Asset | Archive)


def _wrong(kind: AwsType, place: str, wanted: str, value: Any) -> CheckFailure:
    spelled = json.dumps(value, default=str)
    shown = spelled if len(spelled) < SHOWN else spelled[: SHOWN - 3] + "..."
    return CheckFailure(place, f"{kind.token}: {place!r} must be {wanted}, not {shown}")
