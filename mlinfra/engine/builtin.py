"""The provider `pulumi`, which is part of the engine: references to other stacks, look-ups of resources, stashes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from mlinfra.engine import diff
from mlinfra.engine.provider import (
    Checked,
    CheckFailure,
    Configured,
    Created,
    Diffed,
    Held,
    Invoked,
    ProviderFailure,
    ReadResult,
)
from mlinfra.stack import urn as urns
from mlinfra.stack.values import UNKNOWN, Properties, has_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlinfra.stack.state import ResourceState

STACK_REFERENCE: Final = "pulumi:pulumi:StackReference"
STASH: Final = "pulumi:index:Stash"
_PROPERTY: Final = {STACK_REFERENCE: "name", STASH: "input"}  # the one input that each type has


class Builtin:
    """See `Provider`. `resource` finds one of this run.

    `outputs_of` reads a stack's outputs: None when there is no such stack, UNKNOWN when there will be one.
    """

    def __init__(
        self,
        outputs_of: Callable[[str], Properties | None],
        resource: Callable[[str], ResourceState | None],
    ) -> None:
        self._outputs_of = outputs_of
        self._resource = resource

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        return Checked({})

    def diff_config(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        return Diffed(changes=False)

    def configure(self, urn: str, id: str, inputs: Properties) -> Configured:
        return Configured()

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        name = _property(urn)
        failures = [CheckFailure(key, f'unknown property "{key}"') for key in news if key != name]
        if name not in news:
            failures.append(CheckFailure(name, f'missing required property "{name}"'))
        return Checked(news, tuple(failures))

    def diff(self, old: Held, news: Properties, ignore: Sequence[str]) -> Diffed:
        name = _property(old.urn)
        if diff.equal(old.inputs.get(name), news.get(name)):
            return Diffed(changes=False)
        return Diffed(changes=True, diffs=(name,), replaces=(name,) if name == "name" else ())

    def create(self, urn: str, inputs: Properties, *, timeout: float = 0, preview: bool = False) -> Created:
        made = self._stack(inputs["name"]) if _property(urn) == "name" else {**inputs, "output": inputs["input"]}
        return Created("" if preview else str(uuid.uuid4()), made)

    def read(self, held: Held, *, timeout: float = 0) -> ReadResult:
        name, inputs = _property(held.urn), held.inputs
        if name not in inputs:
            raise ProviderFailure(f"{urns.type_of(held.urn)} can not be imported")
        return ReadResult(held.id, inputs, self._stack(inputs["name"]) if name == "name" else held.outputs)

    def update(
        self, old: Held, news: Properties, *, ignore: Sequence[str] = (), timeout: float = 0, preview: bool = False
    ) -> Properties:
        return {"input": news.get("input"), "output": old.outputs.get("output")}

    def delete(self, old: Held, *, timeout: float = 0) -> None:
        pass

    def invoke(self, token: str, args: Properties, *, preview: bool = False) -> Invoked:
        if token == "pulumi:pulumi:readStackOutputs":  # noqa: S105 (a function's name)
            return Invoked(self._stack(args.get("name")))
        if token != "pulumi:pulumi:getResource":  # noqa: S105
            raise ProviderFailure(f"unrecognized function name: '{token}'")
        state = self._resource(str(args.get("urn")))
        if state is None:
            raise ProviderFailure(f"unknown resource {args.get('urn')}")
        return Invoked({"urn": state.urn, "id": state.id, "provider": state.provider, "state": state.outputs})

    def call(
        self, token: str, args: Properties, dependencies: Mapping[str, Sequence[str]], *, preview: bool = False
    ) -> Invoked:
        raise ProviderFailure("the builtin provider has no methods")

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _stack(self, name: Any) -> Properties:
        outputs: Any = self._outputs_of(str(name))
        if outputs is UNKNOWN:
            return {"name": name, "outputs": UNKNOWN, "secretOutputNames": []}
        if outputs is None:
            raise ProviderFailure(f'unknown stack "{name}"')
        secret = sorted(key for key, value in outputs.items() if has_secrets(value))
        return {"name": name, "outputs": outputs, "secretOutputNames": secret}


def _property(urn: str) -> str:
    name = _PROPERTY.get(urns.type_of(urn))
    if name is None:
        raise ProviderFailure(f"unrecognized resource type '{urns.type_of(urn)}'")
    return name
