"""Tags of what is not moto's, and of what moto has but cannot tag: set and listed by ARN or, in EC2, by id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.server.values import Record, tags_as, tags_from

if TYPE_CHECKING:
    from mlinfra.sandbox.server.memory import Memories
    from mlinfra.sandbox.server.store import Store
    from mlinfra.sandbox.server.tables import Resource, Service
    from mlinfra.sandbox.server.wire import Call


def tag(store: Store, memories: Memories, table: Service, call: Call) -> Record | Call:
    """Do what a tagging call asks of the things that are here; the call itself, or what is left of it, if any are not."""
    target = next(name for name, shape in call.operation.input_shape.members.items() if _names_target(name, shape))
    asked = call.params.get(target)
    names: list[str] = asked if isinstance(asked, list) else [str(asked)]
    left: list[str] = []
    tags: dict[str, dict[str, str]] = {}
    for name in names:
        found = store.tagged(table, call, name)
        if found is not None:
            tags[name] = _changed(tags_from(_tags(found[1])), table, call)
            if call.name != table.tags.get("list"):
                member, shape = _member(found[0], call)
                found[1][member] = tags_as(tags[name], shape)
            continue
        kept = memories.tags(table, call, name)
        if kept is None:
            left.append(name)
        else:
            tags[name] = _changed(kept, table, call)
    if left:
        return call if left == names else call.another(call.name, call.params | {target: left})
    return _answer(call, tags) if call.name == table.tags.get("list") else {}


def _names_target(name: str, shape: Any) -> bool:
    """Whether an input member names what is tagged: `resourceArn`, `ARN`, `ResourceId`, `ResourceIdList`, `Resources`."""
    ends = ("arn", "resourceid", "resourceidlist", "resource", "resources", "reportname")
    return name.lower().endswith(ends) and shape.type_name in {"string", "list"}


def _changed(tags: dict[str, str], table: Service, call: Call) -> dict[str, str]:
    """The tags, changed in place by a call that tags or untags."""
    given = next((value for name, value in call.params.items() if "tag" in name.lower()), None)
    if call.name == table.tags["tag"]:
        tags.update(tags_from(given))
    elif call.name == table.tags["untag"]:
        for key in given or []:
            tags.pop(key if isinstance(key, str) else next(iter(tags_from([key]))), None)
    return tags


def _answer(call: Call, tags: dict[str, dict[str, str]]) -> Record:
    """The tags where the answer has them: alone, or beside the name of what they belong to."""
    members = call.operation.output_shape.members
    member = next(name for name in members if "tag" in name.lower())
    shape = members[member]
    inner = shape.member.members if shape.type_name == "list" else {}
    nested = next((name for name, one in inner.items() if one.type_name == "list"), None)
    if nested is None:
        return {member: tags_as(next(iter(tags.values())), shape)}
    name = next(name for name in inner if name != nested)
    return {member: [{name: thing, nested: tags_as(its, inner[nested])} for thing, its in tags.items()]}


def _tags(record: Record) -> Any:
    return next((value for name, value in record.items() if _holds_tags(name)), None)


def _holds_tags(name: str) -> bool:
    return name.lower() in {"tags", "tagslist", "resourcetags"}


def _member(resource: Resource, call: Call) -> tuple[str, Any]:
    """The member that carries the tags of a resource, and its shape, by the operations that make and show it."""
    model = call.operation.service_model
    for operation in resource.operations:
        shape = model.operation_model(operation).input_shape
        for name, member in shape.members.items() if shape else ():
            if _holds_tags(name):
                return name, member
    return "Tags", call.operation.input_shape.members["Tags"]
