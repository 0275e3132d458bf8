"""The three things that happen to a resource: it is created, updated and deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.aws import steps
from mlinfra.sandbox.aws.account import AwsError, is_missing
from mlinfra.sandbox.aws.resource import Resource, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def create(resource: Resource, made: Callable[[Resource], None]) -> None:
    """Make the resource; `made` is called as soon as its id is known."""
    kind = resource.kind
    olds = steps.initial(resource)
    if kind.adopt is not None:
        answer = resource.send(kind.adopt.op, {}, kind.adopt)
        resource.identify(answer)
        wanted, resource.inputs = resource.inputs, dict(resource.inputs)
        resource.read()
        olds = {name: value for name, value in resource.outputs.items() if name in kind.schema.inputs}
        resource.inputs = wanted
    elif (call := kind.create or kind.put) is None:
        resource.identify({})  # nothing of its own: a set of things between other resources
    else:
        params = resource.params(call.op, _remote(resource), call)
        if kind.tag_type and resource.inputs.get("tags"):
            tags = [{"Key": key, "Value": value} for key, value in resource.inputs["tags"].items()]
            params["TagSpecifications"] = [{"ResourceType": kind.tag_type, "Tags": tags}]
            resource.used.add("tags")
        answer = resource.ask(call.op, params)
        like = kind.read[0].outputs if call.at and kind.read else {}
        resource.learn(answer, replace(call, outputs={**like, **call.outputs}))
        resource.outputs.update({name: resource.inputs.get(name) for name in resource.used & resource.inputs.keys()})
        resource.identify(answer)
    made(resource)
    resource.hook.made(resource)
    steps.apply(resource, olds, done=frozenset(resource.used))
    finish(resource, everything=kind.reread or kind.adopt is not None)


def _remote(resource: Resource) -> dict[str, Any]:
    """The inputs that AWS is told of."""
    return {name: value for name, value in resource.inputs.items() if name not in resource.kind.local}


def update(resource: Resource, olds: Mapping[str, Any]) -> None:
    """Bring the resource from `olds` to its inputs."""
    kind = resource.kind
    news = resource.inputs
    done: frozenset[str] = frozenset()
    if kind.put is not None:
        stepped = {name for step in kind.update for name in step.props}
        due = [
            n
            for n in olds.keys() | news.keys()
            if n not in stepped and n != "tags" and changed(kind, n, olds.get(n), news.get(n))
        ]
        if due:
            answer = resource.send(kind.put.op, _remote(resource), kind.put)
            resource.learn(answer, kind.put)
            done = frozenset(resource.used - ({"tags"} if kind.tags else set()))
    steps.apply(resource, olds, done=done)
    finish(resource, everything=bool(kind.volatile))


def delete(resource: Resource) -> None:
    """Delete the resource. What is gone already is fine; a type without a deletion is left as it is.

    So is one whose deletion AWS refuses with a code of `outlives`: it ends with what it belongs to.
    """
    kind = resource.kind
    try:
        steps.undo(resource)
        if kind.delete is not None:
            resource.send(kind.delete.op, {}, kind.delete)
    except AwsError as error:
        if error.code in kind.outlives:
            return
        # What is missing may be something else that the deletion touches: then this is no success.
        if not is_missing(error, kind.missing) or resource.read():
            raise


def finish(resource: Resource, *, everything: bool) -> None:
    """Complete the outputs: ask only for what neither the answers so far nor the table tell."""
    if everything:
        resource.read()
        return
    known = resource.outputs.keys() | resource.inputs.keys() | resource.kind.computed.keys()
    main = resource.kind.read[:1]
    resource.look(lambda call: call not in main and any(one not in known for one in call.outputs if one != "tags"))
