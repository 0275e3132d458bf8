"""Says of a type's entry which of its properties have no place at AWS. Used by the tests and while writing entries:
`python tests/sandbox/aws/audit.py [token or module] ...`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from mlinfra.catalog.aws_types import AwsType, all_types
from mlinfra.sandbox.aws.account import Account
from mlinfra.sandbox.aws.converters import CONVERTERS
from mlinfra.sandbox.aws.diffs import identity
from mlinfra.sandbox.aws.encode import Encoder
from mlinfra.sandbox.aws.names import match, resolve
from mlinfra.sandbox.aws.resource import Resource

ACCOUNT = Account("http://127.0.0.1:1")
SCALARS = {"str": "1", "bool": True, "int": 1, "num": 1.5}


class Prober(Encoder):
    """Finds places without converting values."""

    def _value(self, schema: Any, value: Any, shape: Any, path: str) -> Any:
        return None if path in self.names.convert else super()._value(schema, value, shape, path)


def sample(schema: Any) -> Any:
    """A value that has everything the shape can have."""
    if isinstance(schema, list):
        return [sample(schema[0])]
    if isinstance(schema, Mapping):
        return {("k" if name == "*" else name.removesuffix("!")): sample(inner) for name, inner in schema.items()}
    return SCALARS.get(schema, "1")


def listed(paths: tuple[str, ...], path: str) -> bool:
    """Whether a path or something around it is in the list."""
    return any(path == one or path.startswith(one + ".") for one in paths)


def calls(kind: AwsType) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every operation with a body that the entry uses: operation, call or step, and the schema of what it is given."""
    inputs = dict(kind.schema.inputs)
    for call in (kind.create, kind.put):
        if call is not None:
            yield call.op, call, inputs
    for step in kind.update:
        given = {name: inputs[name] for name in (*step.props, *step.with_) if name in inputs}
        if (step.op or step.on) and not step.named:
            switch = {step.props[0]} if step.on else set()
            yield step.op or step.on, step, {n: s for n, s in given.items() if n not in switch and n not in step.delta}
        if step.add:
            for name in step.props:
                item = inputs[name][0] if isinstance(inputs[name], list) else inputs[name]
                if isinstance(item, Mapping):
                    yield step.add, step, {f"{key.removesuffix('!')}": one for key, one in item.items()}
                else:
                    yield step.add, step, {name: item}


def audit(kind: AwsType) -> list[str]:
    """What is wrong with the entry."""
    found: list[str] = []
    inputs = kind.schema.inputs
    resource = Resource(kind, ACCOUNT, "us-east-1", {})
    placed: set[str] = {"region", "tags", "timeouts"} | set(kind.local) | set(kind.hooked) | set(kind.not_emulated)
    templates = json.dumps([dict(call.params) for call in (kind.create, kind.adopt, kind.put) if call is not None])
    placed |= {name for name in inputs if f"{{inputs.{name}}}" in templates}
    placed |= identity(kind) if kind.create is kind.put is kind.adopt is None else set()
    meta = ACCOUNT.client(kind.service).meta.method_to_api_mapping
    for op, spec, schema in calls(kind):
        if op not in meta:
            found.append(f"no operation {op}")
            continue
        shape = ACCOUNT.input_shape(kind.service, op)
        prober = Prober(shape, resource.names(spec))
        prober.encode(schema, {name: sample(one) for name, one in schema.items()})
        placed |= prober.used
        step = spec if hasattr(spec, "props") else None
        if step is not None:
            placed |= (
                set(step.delta) | ({step.props[0]} if step.on else set()) | (set(step.props) if step.add else set())
            )
        for path in prober.unmapped:
            if "." in path or (step is not None and step.add):
                item = f"{step.props[0]}.{path}" if step is not None and step.add else path
                known = listed(kind.not_emulated, item) or listed(kind.hooked, item.split(".")[0])
                if not known and (spec.rename or {}).get(item) != "":
                    found.append(f"{op}: {path} has no place")
            elif step is not None and path not in kind.hooked and (spec.rename or {}).get(path) != "":
                found.append(f"{op}: {path} of the step has no place")
        for name, (added, removed) in (step.delta if step else {}).items():
            found += [f"{op}: no {one} for {name}" for one in (added, removed) if one not in shape.members]
        for name in spec.params:
            if shape is None or name not in shape.members:
                found.append(f"{op}: no parameter {name}")
    placed |= {name for step in kind.update if step.named for name in step.props}
    found += [f"{name} is nowhere" for name in inputs.keys() - placed]
    found += [f"{one} is listed, but no property" for one in unknown_names(kind)]
    operations = {op for op, _, _ in calls(kind) if op in meta} | {op for op in kind.tags or () if op in meta}
    shapes = [ACCOUNT.input_shape(kind.service, op) for op in operations]
    for name, target in kind.rename.items():
        paths = (target, f"{kind.into}.{target}" if kind.into else target)
        if target and "." not in name and not any(resolve(shape, path) for shape in shapes for path in paths):
            found.append(f"rename {name}: no call has {target}")
    ops = [call.op for call in (*kind.read, kind.delete, kind.adopt) if call is not None]
    ops += [op for step in kind.update for op in (step.remove, step.off, step.clear) if op] + list(kind.tags or ())
    found += [f"no operation {op}" for op in ops if op not in meta]
    for op in (op for op in ops if op in meta):
        shape = ACCOUNT.input_shape(kind.service, op)
        missing = [
            name
            for name in (shape.required_members if shape is not None else [])
            if not any(match((name,), key) for key in kind.key)
        ]
        params = {
            name
            for call in (*kind.read, kind.delete, kind.adopt, *kind.update)
            if call is not None
            for name in call.params
        }
        bodies = {"Tags", "tags", "TagKeys", "tagKeys", "TagKeyList", "TagList", "TagSet", "TagsToAdd", "TagsToRemove"}
        found += [
            f"{op}: {name} is required"
            for name in missing
            if name not in params | bodies and not kind.hook and not kind.update
        ]
    found += [f"no converter {one}" for one in kind.convert.values() if one not in CONVERTERS]
    if not kind.read:
        found.append("nothing reads it")
    return found


def unknown_names(kind: AwsType) -> Iterator[str]:
    """Names in the entry that the type does not have."""
    names = kind.schema.inputs.keys() | kind.schema.outputs.keys()
    for group in (
        kind.local,
        kind.not_emulated,
        kind.replace,
        kind.ordered,
        kind.json,
        kind.volatile,
        kind.hooked,
        kind.defaults,
        kind.computed,
        kind.derive,
    ):
        yield from (one for one in group if one.split(".")[0] not in names)
    inner = {
        key.removesuffix("!")
        for schema in kind.schema.inputs.values()
        if isinstance(schema, list) and isinstance(schema[0], Mapping)
        for key in schema[0]
    }
    yield from (one for one in (*kind.rename, *kind.convert) if one.split(".")[0] not in names | inner)
    for step in kind.update:
        yield from (one for one in (*step.props, *step.with_, *step.delta) if one not in names)
    for call in kind.read:
        yield from (one for one in call.outputs if one.split(".")[0] not in names | {"id"})
    if kind.autoname is not None and kind.autoname.property not in names:
        yield kind.autoname.property


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for one in all_types():
        if not wanted or any(one.token == word or one.token.startswith(f"aws:{word}/") for word in wanted):
            for problem in audit(one):
                print(f"{one.token}: {problem}")  # noqa: T201
