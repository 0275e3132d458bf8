"""What changed between two versions of a resource's inputs, and whether AWS can change it in place.

Lists are compared as sets, as AWS treats nearly all of them; the table's `ordered` names the exceptions. JSON documents
are compared by meaning, IAM policies regardless of the order of statements, actions and principals.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.aws_types import lookup
from mlinfra.sandbox.aws.converters import CONVERTERS
from mlinfra.stack.values import UNKNOWN, Archive, Asset, has_unknowns

if TYPE_CHECKING:
    from mlinfra.catalog.aws_types import AwsType

DOCUMENTS: Final = ("policy", "policydocument", "policies", "policytext", "eventpattern", "inlinepolicy")
ZERO: Final = (None, "", False, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """One changed place. `kind` is "add", "delete" or "update"."""

    path: str
    kind: str
    replace: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What a diff found. `properties` are the changed top-level inputs, `replaces` those that AWS cannot change."""

    properties: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    changes: tuple[Change, ...] = field(default=())


def diff(kind: AwsType, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """Compare two versions of checked inputs."""
    properties, replaces, changes = [], [], []
    for name in sorted(olds.keys() | news.keys()):
        if name.startswith("__"):
            continue
        old, new = olds.get(name), news.get(name)
        if new is None and (
            name in kind.schema.computed
            or old == kind.computed.get(name)
            or (is_zero(old) and not kind.defaults.get(name))
        ):
            continue
        if (old is None and is_empty(new)) or same(kind, name, old, new):
            continue
        replace = not updatable(kind, name)
        properties.append(name)
        if replace:
            replaces.append(name)
        changes += [Change(path, how, replace) for path, how in _places(kind, name, name, old, new)]
    return Difference(tuple(properties), tuple(replaces), tuple(changes))


def updatable(kind: AwsType, name: str) -> bool:
    """Whether AWS can change the property of an existing resource."""
    if name in kind.replace or name == "region":
        return False
    if name in ("tags", "tagsAll"):
        return kind.tags is not None or kind.put is not None or any("tags" in step.props for step in kind.update)
    if name in kind.local or any(name in step.props or name in step.with_ for step in kind.update):
        return True
    return kind.put is not None and name not in identity(kind)


def identity(kind: AwsType) -> set[str]:
    """The inputs that make up the resource's id: another value is another resource."""
    text = f"{kind.id} {kind.import_id} {json.dumps(kind.key, default=dict)}"
    ends = text.replace("|", "}").replace(":", "}")
    return {name for name in kind.schema.inputs if f"inputs.{name}}}" in ends}


def same(kind: AwsType, name: str, old: Any, new: Any) -> bool:
    """Whether two values of the property mean the same to AWS. An unknown value is the same as nothing else."""
    if old is new or old == new:
        return not has_unknowns(new)
    if has_unknowns(new) or has_unknowns(old):
        return False
    return bool(canonical(kind, name, _without_filled(kind, name, old, new)) == canonical(kind, name, new))


def _without_filled(kind: AwsType, path: str, old: Any, new: Any) -> Any:
    """The old value without what the new one does not mention and AWS fills in: zeros, and what `filled` lists."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        told = (key for key, item in old.items() if key in new or not (f"{path}.{key}" in kind.filled or is_zero(item)))
        kept = {key: old[key] for key in told}
        return {key: _without_filled(kind, f"{path}.{key}", item, new.get(key)) for key, item in kept.items()}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_without_filled(kind, path, *pair) for pair in zip(old, new, strict=True)]
    return old


def canonical(kind: AwsType, path: str, value: Any) -> Any:
    """A form that is equal for values that mean the same."""
    if value == {} and path in _choices(kind.token):
        return "chosen"
    if isinstance(value, Mapping):
        named = {key: canonical(kind, f"{path}.{key}", item) for key, item in value.items() if not key.startswith("__")}
        return {key: item for key, item in named.items() if item not in ("", None, "0", [], {})}
    if isinstance(value, list):
        items = [canonical(kind, path, item) for item in value if item is not None]
        found = [item for item in items if item != {}]
        return found if path in kind.ordered else sorted(found, key=_key)
    if path in kind.convert and isinstance(value, str):
        with contextlib.suppress(ValueError):  # what cannot be converted is compared as it is
            value = CONVERTERS[kind.convert[path]].encode(value)
    if isinstance(value, str):
        return _parsed(value) if is_document(kind, path) else value
    if isinstance(value, Asset | Archive):
        return value.hash or (value.text if isinstance(value, Asset) else None) or value.path or value.uri
    return _number(value)


@functools.cache
def _choices(token: str) -> frozenset[str]:
    """The places of objects that say something by being there, even empty: without properties, or one of several."""
    kind = lookup(token)
    return frozenset(_chosen(kind.schema.inputs, "")) if kind else frozenset()


def _chosen(schema: Any, path: str) -> Iterator[str]:
    if isinstance(schema, list):
        yield from _chosen(schema[0], path)
    elif isinstance(schema, Mapping):
        alternatives = path and len(schema) > 1 and all(isinstance(inner, Mapping) for inner in schema.values())
        for name, inner in schema.items():
            place = f"{path}.{name.removesuffix('!')}".lstrip(".")
            if inner == {} or alternatives:
                yield place
            yield from _chosen(inner, place)


def _number(value: Any) -> Any:
    """A number or truth as the text that says the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value


def is_document(kind: AwsType, path: str) -> bool:
    """Whether the property holds a JSON document."""
    return path in kind.json or path.rpartition(".")[2].lower().endswith(DOCUMENTS)


def is_zero(value: Any) -> bool:
    """Whether the value says as much as its absence."""
    return (
        bool(value in ZERO) if not isinstance(value, Mapping | list) else all(is_zero(item) for item in _items(value))
    )


def is_empty(value: Any) -> bool:
    """Whether there is nothing in the value. False and 0 are something: a default may say otherwise."""
    return value is None or value == "" or (isinstance(value, Mapping | list) and not value)


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else list(value)


def _parsed(text: str) -> Any:
    """A JSON document; in a policy the order of lists means nothing and a list of one is its item."""
    try:
        value = json.loads(text) if text[:1] in "{[" else text
    except ValueError:
        return text
    return _policy(value) if isinstance(value, Mapping) and "Statement" in value else value


def _policy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _policy(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((_policy(item) for item in value), key=_key)
        return items[0] if len(items) == 1 else items
    return str(value).lower() if isinstance(value, bool) else value


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _places(kind: AwsType, name: str, path: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    """The places inside a changed property that differ, as deep as they can be told apart."""
    if old is None or new is None:
        yield path, "add" if old is None else "delete"
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            if not key.startswith("__") and not same(kind, f"{name}.{key}", old.get(key), new.get(key)):
                spelled = f"{path}.{key}" if key.isidentifier() else f'{path}["{key}"]'
                yield from _places(kind, f"{name}.{key}", spelled, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            left = old[number] if number < len(old) else None
            right = new[number] if number < len(new) else None
            if left is UNKNOWN or right is UNKNOWN or not same(kind, name, left, right):
                yield from _places(kind, name, f"{path}[{number}]", left, right)
    else:
        yield path, "update"
