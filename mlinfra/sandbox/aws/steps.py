"""The calls that follow a creation or make up an update: which are due, and how each is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlinfra.catalog.aws_types import Call, Step
from mlinfra.sandbox.aws.account import AwsError, is_missing
from mlinfra.sandbox.aws.diffs import canonical
from mlinfra.sandbox.aws.encode import Encoder, merge
from mlinfra.sandbox.aws.names import match
from mlinfra.sandbox.aws.resource import Resource, changed

# What AWS says when a call of an interrupted update is repeated, or its effect is there already.
NOTHING: Final[tuple[Any, ...]] = (None, "", [], {}, 0)
DONE: Final = ("InvalidPermission.Duplicate", "Resource.AlreadyAssociated", "EntityAlreadyExists", "RouteAlreadyExists")


def initial(resource: Resource) -> dict[str, Any]:
    """The inputs that a resource has right after its creation call, when none was given."""
    return {**resource.kind.computed, **resource.kind.defaults, **resource.kind.initial}


def apply(resource: Resource, olds: Mapping[str, Any], *, done: frozenset[str] = frozenset()) -> bool:
    """Make every call that the way from `olds` to the resource's inputs needs; properties in `done` need none.

    True when there was one.
    """
    kind, news = resource.kind, resource.inputs
    called = False
    for step in kind.update:
        due = [name for name in step.props if name not in done and changed(kind, name, olds.get(name), news.get(name))]
        if due:
            called = True
            _apply(resource, step, due, olds)
    if "tags" not in done and not any("tags" in step.props for step in kind.update):
        old, new = olds.get("tags") or {}, news.get("tags") or {}
        if kind.tags is not None and old != new:
            called = True
            _tag(resource, old, new)
    return called


def undo(resource: Resource) -> None:
    """Take away what keeps AWS from deleting the resource: the items of the steps marked so."""
    resource.hook.before_delete(resource)
    for step in reversed(resource.kind.update):
        if step.undo:
            for name in step.props:
                _items(resource, step, name, resource.inputs.get(name), None)


def _apply(resource: Resource, step: Step, due: list[str], olds: Mapping[str, Any]) -> None:
    if step.add or step.remove:
        for name in due:
            _items(resource, step, name, olds.get(name), resource.inputs.get(name))
        return
    values = {name: resource.inputs.get(name) for name in (*step.props, *step.with_)}
    if step.on or step.off:
        switch = bool(values.pop(step.props[0]))
        resource.send(step.on if switch else step.off, values if switch else {}, step)
    elif step.clear and all(values[name] in NOTHING for name in step.props):
        resource.send(step.clear, {})
    elif step.named:
        _set_named(resource, step, due, values)
    elif step.each:
        for name in due:
            along = {one: values[one] for one in step.with_}
            resource.send(step.op, _filled(resource, step, [name], {name: values[name], **along}), step)
    else:
        _set(resource, step, due, values, olds)


def _set_named(resource: Resource, step: Step, due: list[str], values: dict[str, Any]) -> None:
    """One call per property, which takes its name and its value."""
    filled = _filled(resource, step, due, values)
    for name in due:
        member = resource.names(step).rename.get(name, name[0].upper() + name[1:]).rpartition(".")[2]
        text = str(filled[name]).lower() if isinstance(filled[name], bool) else str(filled[name])
        resource.ask(step.op, resource.key(step.op) | dict(zip(step.named, (member, text), strict=True)))


def _set(resource: Resource, step: Step, due: list[str], values: dict[str, Any], olds: Mapping[str, Any]) -> None:
    """One call for all properties."""
    rest = {name: value for name, value in values.items() if name not in step.delta}
    params = resource.params(step.op, _filled(resource, step, due, rest), step)
    for name in step.delta.keys() & set(due):
        changes = _delta(resource, name, olds.get(name), resource.inputs.get(name))
        params |= {parameter: items for parameter, items in zip(step.delta[name], changes, strict=True) if items}
    answer = resource.ask(step.op, params)
    if step.at:
        resource.learn(answer, Call(op=step.op, at=step.at))


def _filled(resource: Resource, step: Step, due: list[str], values: dict[str, Any]) -> dict[str, Any]:
    """The values with what was taken away set back to its default."""
    found = dict(values)
    for name in due if not step.omit else ():
        if found.get(name) is None and name in found:
            schema = resource.kind.schema.inputs[name]
            nothing = [] if isinstance(schema, list) else {"str": "", "bool": False}.get(str(schema))
            found[name] = {**resource.kind.computed, **resource.kind.defaults}.get(name, nothing)
    return found


def _delta(resource: Resource, name: str, old: Any, new: Any) -> tuple[list[Any], list[Any]]:
    """What must be added and what removed; scalars count as lists of one."""
    lists = [value if isinstance(value, list) else [] if value in (None, "") else [value] for value in (old, new)]
    before, after = ([(canonical(resource.kind, name, [item]), item) for item in items] for items in lists)
    added = [item for form, item in after if form not in [other for other, _ in before]]
    removed = [item for form, item in before if form not in [other for other, _ in after]]
    return added, removed


def _items(resource: Resource, step: Step, name: str, old: Any, new: Any) -> None:
    added, removed = _delta(resource, name, old, new)
    for op, items, tolerated in ((step.remove, removed, is_missing), (step.add, added, _is_done)):
        for item in items if op else ():
            try:
                resource.call(op, item_params(resource, step, op, name, item, added=items is added))
            except AwsError as error:
                if not tolerated(error):
                    raise


def item_params(resource: Resource, step: Step, op: str, name: str, item: Any, *, added: bool) -> dict[str, Any]:
    """The parameters that add or remove one item of the property."""
    hooked = resource.hook.item(resource, name, item, added=added)
    if hooked is not None:
        return hooked
    schema = resource.kind.schema.inputs[name]
    if isinstance(item, Mapping):
        inner = {key.removesuffix("!"): shape for key, shape in schema[0].items()}
        params = resource.params(op, item, step, inner)
    else:
        params = resource.params(op, {name: item}, step, {name: schema[0] if isinstance(schema, list) else schema})
    resource.used.discard(name)
    return params


def _is_done(error: AwsError) -> bool:
    return error.code in DONE


def _tag(resource: Resource, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    add, remove = resource.kind.tags or ("", "")
    gone = sorted(old.keys() - new.keys())
    more = {key: value for key, value in new.items() if old.get(key) != value}
    if gone:
        shape = resource.account.input_shape(resource.kind.service, remove)
        named = (
            "tagKeys",
            "tagKeyList",
            "removeTagKeys",
            "resourceTagKeys",
            "tagsToRemove",
            resource.kind.rename.get("tags", "tags"),
        )
        member = next(found for name in named if (found := match(tuple(shape.members), name)))
        one = shape.members[member].member
        keys = [{next(iter(one.members)): key} if one.type_name == "structure" else key for key in gone]
        resource.call(remove, resource.key(remove) | {member: keys})
    if more:
        shape = resource.account.input_shape(resource.kind.service, add)
        name = "tagsToAdd" if match(tuple(shape.members), "tagsToAdd") else "tags"
        params = Encoder(shape, resource.names()).encode({name: {"*": "str"}}, {name: more})
        resource.call(add, merge(resource.key(add), params))
