"""One configured provider instance: Pulumi's resource operations on the emulated account, in plain Python values."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlinfra.catalog.aws_types import AwsType, lookup
from mlinfra.engine.provider import (
    Checked,
    CheckFailure,
    Created,
    Diffed,
    DiffKind,
    InitFailure,
    PropertyDiff,
    ProviderFailure,
    ReadResult,
)
from mlinfra.offline.aws import with_inner
from mlinfra.sandbox.aws import checks, diffs
from mlinfra.sandbox.aws.account import Account, AwsError
from mlinfra.sandbox.aws.claims import Claim, Claims
from mlinfra.sandbox.aws.lifecycle import create, delete, update
from mlinfra.sandbox.aws.resource import Resource
from mlinfra.sandbox.aws.restore import completed, inputs_of
from mlinfra.stack.values import UNKNOWN, Properties

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from mlinfra.sandbox.aws.config import ProviderConfig

KINDS = {
    ("add", False): DiffKind.ADD,
    ("add", True): DiffKind.ADD_REPLACE,
    ("delete", False): DiffKind.DELETE,
    ("delete", True): DiffKind.DELETE_REPLACE,
    ("update", False): DiffKind.UPDATE,
    ("update", True): DiffKind.UPDATE_REPLACE,
}


@dataclass(frozen=True)
class AwsProvider:
    """A provider instance as one engine configured it. `identity` is the id of the provider resource in its state."""

    account: Account
    claims: Claims
    config: ProviderConfig
    identity: str = ""
    adopted: dict[str, str] = field(default_factory=dict)
    """What this engine created and another had made before, by URN: it may have been this one's all the time."""

    def check(self, urn: str, olds: Properties, news: Properties, seed: bytes, proposed: str = "") -> Checked:
        """Complete the inputs and say what is wrong with them."""
        token, name = type_of(urn), urn.rpartition("::")[2]
        kind = lookup(token)
        if kind is None:
            return Checked(news, (CheckFailure("", not_emulated(token)),))
        key = (self.identity, urn)
        if olds:
            self.claims.known(key, inputs=olds)
        claim = self.claims.get(key)
        if claim is not None and not olds:
            olds = claim.inputs  # what was made before keeps its name
        inputs, failures = checks.check(kind, self.config, olds, news, name=name, seed=seed, proposed=proposed)
        return Checked(inputs, tuple(failures))

    def diff(self, urn: str, id: str, old_inputs: Properties, news: Properties) -> Diffed:
        """What an update would change, and what it cannot."""
        kind = self._kind(urn)
        self.claims.known((self.identity, urn), id)
        found = diffs.diff(kind, old_inputs, news)
        detailed = {
            change.path: PropertyDiff(KINDS[change.kind, change.replace], input_diff=True) for change in found.changes
        }
        return Diffed(
            changes=bool(found.properties),
            replaces=found.replaces,
            diffs=found.properties,
            detailed=detailed,
            delete_before_replace=bool(found.replaces)
            and (kind.delete_before_replace or _same_name(kind, old_inputs, news)),
        )

    def create(
        self, urn: str, inputs: Properties, *, preview: bool = False, wanted: Callable[[], bool] = lambda: True
    ) -> Created:
        """Make the resource, unless `wanted` says that nobody is left to be told; said afterwards, it is taken back."""
        kind = self._kind(urn)
        if preview:
            return Created("", self._foreseen(kind, inputs))
        key = (self.identity, urn)
        with self._turn(key, wanted):
            resource = self._adopted(kind, key, inputs)
            if resource is None:
                resource = made = self._resource(kind, inputs)
                self._guarded(
                    made, inputs, lambda: create(made, lambda one: self.claims.made(key, self._claim(one, inputs)))
                )
                if not wanted():
                    delete(made)
                    self.claims.drop(key)
            return Created(resource.id, self._outputs(resource, inputs))

    def read(self, urn: str, id: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """The resource as it is. With no inputs, as in an import, they are made up from what AWS says."""
        kind = self._kind(urn)
        key = (self.identity, urn)
        with self.claims.held(key):
            self.claims.known(key, id)
            resource = self._resource(kind, inputs, id, outputs)
            try:
                if not resource.read():
                    return ReadResult("")
            except AwsError as error:
                raise ProviderFailure(f"reading {kind.token} {id}: {error}") from error
            found = inputs_of(resource, inputs, self.config)
            return ReadResult(resource.id, found, self._outputs(resource, found))

    def update(
        self,
        urn: str,
        id: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        *,
        preview: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Properties:
        """Change the resource in place and return its outputs."""
        kind = self._kind(urn)
        known = {name: value for name, value in old_outputs.items() if name not in old_inputs or name in news}
        if preview:
            stale = dict.fromkeys(kind.volatile, UNKNOWN)
            shown = {name: completed(kind, name, value, known.get(name)) for name, value in self._shown(news).items()}
            return known | shown | stale
        key = (self.identity, urn)
        with self._turn(key, wanted):
            self.claims.known(key, id)
            resource = self._resource(kind, news, id, known)
            olds = old_inputs
            if not diffs.diff(kind, old_inputs, news).properties:
                olds = self.read(urn, id, old_inputs, old_outputs).inputs  # heals what an earlier update left undone
            self._guarded(resource, news, lambda: update(resource, self._effective(olds)))
            return self._outputs(resource, news)

    def delete(
        self,
        urn: str,
        id: str,
        inputs: Properties,
        outputs: Properties,
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Delete the resource; one that is gone already is fine."""
        kind = self._kind(urn)
        key = (self.identity, urn)
        with self._turn(key, wanted):
            self.claims.known(key, id)
            if self.adopted.get(urn) == id:
                return  # replaced by itself: nothing had shown that the engine knew it
            try:
                delete(self._resource(kind, inputs or outputs, id, outputs))
            except AwsError as error:
                raise ProviderFailure(f"deleting {kind.token} {id}: {error}") from error

    def abandon(self, lost: Mapping[str, Collection[str]]) -> list[str]:
        """Delete what was made for these URNs, save what the engine knows by one of the ids; returns the others' ids."""
        found = []
        for urn, known in lost.items():
            key = (self.identity, urn)
            with self.claims.held(key):  # what is being made is waited for
                for id_ in known:
                    self.claims.known(key, id_)
                claim = self.claims.get(key)
                if claim is None:
                    continue
                resource = self._resource(self._kind(urn), claim.inputs, claim.id, {"region": claim.region})
                if resource.read():
                    delete(resource)
                    found.append(claim.id)
                self.claims.drop(key)
        return found

    # --- helpers -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self, key: tuple[str, str], wanted: Callable[[], bool]) -> Iterator[None]:
        """Hold the resource for a change, unless the engine is gone: by then it may be in the hands of the next."""
        with self.claims.held(key):
            if not wanted():
                raise ProviderFailure(f"{key[1]} is left as it is: the engine is gone")
            yield

    def _kind(self, urn: str) -> AwsType:
        kind = lookup(type_of(urn))
        if kind is None:
            raise ProviderFailure(not_emulated(type_of(urn)))
        return kind

    def _effective(self, inputs: Properties) -> Properties:
        """The inputs as they are applied: with all tags, without what is only bookkeeping."""
        found = {name: value for name, value in inputs.items() if name != "region" and not name.startswith("__")}
        if found.pop("tagsAll", None) is not None:
            found["tags"] = inputs["tagsAll"]
        return found

    def _resource(
        self,
        kind: AwsType,
        inputs: Properties,
        id: str = "",
        outputs: Mapping[str, Any] | None = None,
    ) -> Resource:
        region = inputs.get("region") or (outputs or {}).get("region") or self.config.region
        return Resource(kind, self.account, str(region), self._effective(inputs), id, dict(outputs or {}))

    def _claim(self, resource: Resource, inputs: Properties) -> Claim:
        return Claim(resource.kind.token, resource.region, resource.id, inputs)

    def _adopted(self, kind: AwsType, key: tuple[str, str], inputs: Properties) -> Resource | None:
        """What an earlier creation made that no engine knows of, brought to what is wanted now; None if there is none."""
        claim = self.claims.get(key)
        if claim is None:
            return None
        resource = self._resource(kind, claim.inputs, claim.id)
        if not resource.read():
            self.claims.drop(key)
            return None
        found = diffs.diff(kind, claim.inputs, inputs)
        if found.replaces:
            delete(resource)
            self.claims.drop(key)
            return None
        actual = inputs_of(resource, claim.inputs, self.config)
        resource.inputs = self._effective(inputs)
        self._guarded(resource, inputs, lambda: update(resource, self._effective(actual)))
        self.claims.made(key, self._claim(resource, inputs))
        self.adopted[key[1]] = resource.id
        return resource

    def _guarded(self, resource: Resource, inputs: Properties, work: Callable[[], None]) -> None:
        """Do the work. A failure after the resource exists keeps it: the engine learns its id and what is missing."""
        existed = resource.id
        try:
            work()
        except AwsError as error:
            doing = "updating" if existed else "creating"
            message = f"{doing} {resource.kind.token} {resource.id}".rstrip() + f": {error}"
            if not resource.id:
                raise ProviderFailure(message) from error
            outputs = self._outputs(resource, inputs)
            raise InitFailure(message, id=resource.id, outputs=outputs, inputs=inputs, reasons=[str(error)]) from error

    def _shown(self, inputs: Properties) -> Properties:
        return {name: value for name, value in inputs.items() if not name.startswith("__")}

    def _foreseen(self, kind: AwsType, inputs: Properties) -> Properties:
        """The outputs before creation: what AWS will say is unknown."""
        unknown = (kind.schema.outputs.keys() | kind.schema.computed) - {"tagsAll"}
        found = dict.fromkeys(unknown, UNKNOWN) | {"id": UNKNOWN} | self._shown(inputs)
        for path in kind.placeholder:
            key, _, inner = path.partition(".")
            if inner and key in inputs:
                found[key] = with_inner(found[key], inner, UNKNOWN)
        return found

    def _outputs(self, resource: Resource, inputs: Properties) -> Properties:
        """The outputs for the engine: what AWS said, in the program's own words where it has some."""
        kind, schema = resource.kind, resource.kind.schema
        names = schema.inputs.keys() | schema.outputs.keys()
        told = {name: value for name, value in resource.outputs.items() if name in names and name != "tags"}
        given = {name: completed(kind, name, value, told.get(name)) for name, value in self._shown(inputs).items()}
        return {**kind.computed, **told, **given, "id": resource.id}


def _same_name(kind: AwsType, olds: Properties, news: Properties) -> bool:
    """Whether the replacement has the same name as what it replaces, because the program gives it."""
    if kind.autoname is None:
        return False
    name = kind.autoname.property
    return name in news and name not in (news.get(checks.DEFAULTS) or ()) and news[name] == olds.get(name)


def type_of(urn: str) -> str:
    """The resource type in a URN."""
    return urn.split("::")[2].rpartition("$")[2]


def not_emulated(token: str) -> str:
    """What is said of a type that the table does not have."""
    return f"the resource type {token} is not emulated by the sandbox; `mlinfra types` lists those that are"
