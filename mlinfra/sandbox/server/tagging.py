"""Tags of the things that are not moto's, set and listed by ARN (or, in EC2, by id)."""

from __future__ import annotations

from typing import Any

from mlinfra.sandbox.server.store import Store
from mlinfra.sandbox.server.tables import Resource, Service
from mlinfra.sandbox.server.values import Record, tags_as, tags_from
from mlinfra.sandbox.server.wire import Call


def tag(store: Store, table: Service, call: Call) -> Record | Call:
    """Do what a tagging call asks of things that are here; the call itself, or what is left of it, if they are not."""
    target = next(name for name, shape in call.operation.input_shape.members.items() if _is_target(name, shape))
    asked = call.params.get(target)
    names = asked if isinstance(asked, list) else [asked]
    found = {name: thing for name in names if (thing := store.tagged(table, call, name)) is not None}
    if not found:
        return call
    for resource, record in found.values():
        _change(table, resource, record, call)
    left = [name for name in names if name not in found]
    if left:
        return call.another(call.name, call.params | {target: left})
    _, record = next(iter(found.values()))
    output = call.operation.output_shape
    if call.name != table.tags.get("list") or output is None:
        return {}
    member = next(name for name in output.members if "tag" in name.lower())
    return {member: tags_as(tags_from(record.get(_member(record))), output.members[member])}


def _is_target(name: str, shape: Any) -> bool:
    """Whether an input member names what is tagged: `resourceArn`, `ResourceARN`, `ARN`, `ResourceId`, `Resources`."""
    return name.lower().endswith(("arn", "resourceid", "resource", "resources")) and shape.type_name in {"string", "list"}


def _change(table: Service, resource: Resource, record: Record, call: Call) -> None:
    tags = tags_from(record.get(_member(record)))
    members = call.operation.input_shape.members
    given = next((value for name, value in call.params.items() if "tag" in name.lower() and name in members), None)
    if call.name == table.tags.get("tag"):
        tags |= tags_from(given)
    elif call.name == table.tags.get("untag"):
        for key in given or []:
            tags.pop(key["Key"] if isinstance(key, dict) else key, None)
    else:
        return
    name, shape = _shape(resource, call)
    record[name] = tags_as(tags, shape)


def _member(record: Record) -> str:
    return next((name for name in record if name.lower() in {"tags", "taglist"}), "Tags")


def _shape(resource: Resource, call: Call) -> tuple[str, Any]:
    """The member of the resource that carries its tags, and its shape, by the operation that makes or shows it."""
    model = call.operation.service_model
    for operation in resource.operations:
        shape = model.operation_model(operation).input_shape
        for name, member in shape.members.items() if shape else ():
            if name.lower() in {"tags", "taglist"}:
                return name, member
    return "Tags", call.operation.input_shape.members["Tags"]
