"""The inputs behind an actual resource: what a program would have to say to get it, in the words that it used before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.aws import checks, diffs
from mlinfra.stack.values import Properties, has_unknowns

if TYPE_CHECKING:
    from mlinfra.catalog.aws_types import AwsType
    from mlinfra.sandbox.aws.config import ProviderConfig
    from mlinfra.sandbox.aws.resource import Resource


def inputs_of(resource: Resource, olds: Properties, config: ProviderConfig) -> Properties:
    """The inputs that would make the resource what it is: the old ones where they still hold.

    Without old ones, as in an import, everything that AWS tells; with them, what was changed behind the program's back.
    """
    kind, actual = resource.kind, dict(resource.outputs)
    listed = isinstance(kind.schema.inputs.get("tags"), list)  # a group's, which are no usual ones
    tags = {} if listed else {key: one for key, one in (actual.get("tags") or {}).items() if not config.ignores(key)}
    mine = olds.get("tags") or {}
    if not listed:
        actual["tags"] = {k: value for k, value in tags.items() if k in mine or config.default_tags.get(k) != value}
    found = {}
    for name in kind.schema.inputs:
        value = settable(kind, name, actual.get(name))
        if name in olds and name != "tags":
            found[name] = olds[name] if value is None else restored(kind, name, olds[name], value)
        elif not diffs.is_empty(value) and (not olds or not _given_by_aws(kind, name, value)):
            found[name] = value
        elif name in kind.defaults:
            found[name] = kind.defaults[name]
    if "region" in kind.schema.inputs:
        found["region"] = resource.region
    if checks.tagged(kind):
        found["tagsAll"] = tags
    found[checks.DEFAULTS] = olds.get(checks.DEFAULTS, [])
    return found


def _given_by_aws(kind: AwsType, name: str, value: Any) -> bool:
    """Whether a value that no program gave is what AWS fills in anyway."""
    return name in kind.schema.computed or diffs.is_zero(value) or value == kind.computed.get(name)


def restored(kind: AwsType, path: str, old: Any, actual: Any) -> Any:
    """The actual value in the words of the old one, so that only real changes show."""
    if has_unknowns(old) or diffs.same(kind, path, old, actual):
        return old
    if isinstance(old, Mapping) and isinstance(actual, Mapping) and not is_map(kind, path):
        return {
            key: restored(kind, f"{path}.{key}", value, actual[key]) if key in actual else value
            for key, value in old.items()
            if key in actual or diffs.is_zero(value)
        }
    if isinstance(old, list) and isinstance(actual, list) and len(old) == len(actual):
        found = [restored(kind, path, one, other) for one, other in pair_up(kind, path, old, actual)]
        return old if found == old else found
    return actual


def completed(kind: AwsType, path: str, given: Any, told: Any) -> Any:
    """An object as the program gives it, with what AWS tells of the properties that it leaves out."""
    if not isinstance(given, Mapping) or not isinstance(told, Mapping) or is_map(kind, path):
        return given
    return {**told, **{key: completed(kind, f"{path}.{key}", value, told.get(key)) for key, value in given.items()}}


def settable(kind: AwsType, path: str, value: Any) -> Any:
    """A value without the nested properties that only AWS sets."""
    if isinstance(value, list):
        return [settable(kind, path, item) for item in value]
    if isinstance(value, Mapping):
        inner = {key: settable(kind, f"{path}.{key}", item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if f"{path}.{key}" not in kind.not_emulated}
    return value


def pair_up(kind: AwsType, path: str, old: list[Any], actual: list[Any]) -> list[tuple[Any, Any]]:
    """Each old item with the actual one that resembles it most."""
    left = list(actual)
    pairs = []
    for one in old:
        best = max(left, key=lambda other: likeness(kind, path, one, other))
        left.remove(best)
        pairs.append((one, best))
    return pairs


def likeness(kind: AwsType, path: str, one: Any, other: Any) -> int:
    """In how many properties two items agree."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return sum(diffs.same(kind, f"{path}.{key}", value, other.get(key)) for key, value in one.items())
    return int(diffs.same(kind, path, one, other))


def is_map(kind: AwsType, path: str) -> bool:
    """Whether the property at a path is a map with free keys."""
    schema: Any = dict(kind.schema.inputs)
    for part in path.split("."):
        while isinstance(schema, list):
            schema = schema[0]
        schema = schema.get(part, schema.get(part + "!", schema.get("*"))) if isinstance(schema, Mapping) else None
    while isinstance(schema, list):
        schema = schema[0]
    return isinstance(schema, Mapping) and "*" in schema
