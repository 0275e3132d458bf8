"""What was there before a run and what is there now: the states, and their way into the journal."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from mlinfra.engine.needs import in_order
from mlinfra.stack import urn as urns
from mlinfra.stack.state import Journal, ResourceState, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Ledger:
    """The states of one run. A preview has no journal. Threads may share it."""

    def __init__(self, base: Snapshot, journal: Journal | None) -> None:
        self.base = base
        self.previous = base.resources
        self.olds: dict[str, ResourceState] = {}
        self.by_urn: dict[str, list[ResourceState]] = {}  # with those that are still to be deleted
        self.news: dict[str, ResourceState] = {}
        self.reads: dict[str, ResourceState] = {}
        self._journal = journal
        self._lock = threading.Lock()
        self._done: dict[int, ResourceState] = {}
        self._gone: set[int] = set()
        self._index()

    def _index(self) -> None:
        self.olds = {state.urn: state for state in self.previous if not state.delete}
        self.by_urn = {}
        for state in self.previous:
            self.by_urn.setdefault(state.urn, []).append(state)

    def begin(self, operation: str, state: ResourceState) -> int | None:
        """A provider call starts; returns the number to end it with."""
        return self._journal.begin(operation, state) if self._journal else None

    def end(self, number: int | None, old: ResourceState | None = None, new: ResourceState | None = None) -> None:
        """A step is over; the arguments are those of `Journal.end`."""
        with self._lock:
            if old is not None and old is not new and self._done.pop(id(old), None) is None:
                self._gone.add(id(old))
            if new is not None and old is not new:
                self._done[id(new)] = new
        if self._journal and (number is not None or old is not None or new is not None):
            self._journal.end(number, old=old, new=new)

    def changed(self, state: ResourceState) -> None:
        """A state that has ended before got its outputs."""
        if self._journal:
            self._journal.outputs(state)

    def reference(self, provider: str) -> ResourceState | None:
        """The provider resource of before that a reference means."""
        urn, identity = urns.Reference.parse(provider)
        return next((state for state in self.by_urn.get(urn, ()) if state.id == identity), None)

    def rebuild(self, refreshed: Mapping[int, ResourceState | None]) -> None:
        """Go on from refreshed states, by the identity of those of before; None is for what is not there any more."""
        left = [state for state in self.previous if id(state) in refreshed or id(state) not in self._gone]
        found = [new for state in left if (new := refreshed.get(id(state), state)) is not None]
        for state in found:
            self._done.pop(id(state), None)
        self.previous = list(_connected(in_order([*self._done.values(), *found])))
        self._done.clear()
        self._gone.clear()
        self._index()

    def snapshot(self) -> Snapshot:
        """The state as it is now: what was done in its order, then what nothing was done to."""
        with self._lock:
            resources = [*self._done.values(), *(s for s in self.previous if id(s) not in self._gone)]
            resources = list({id(state): state for state in resources}.values())
        pending = [operation for operation in self.base.pending if operation.type == "creating"]
        return Snapshot(_renamed(resources), pending, self.base.metadata, self.base.extra)

    def finish(self) -> Snapshot:
        """The run is over: write the final state."""
        snapshot = self.snapshot()
        if self._journal:
            self._journal.finish(snapshot.resources, snapshot.pending)
        return snapshot


def _connected(states: Iterable[ResourceState]) -> Iterator[ResourceState]:
    """The states without references to what is gone; children of a parent that is gone go to its parent."""
    there: set[str] = set()
    parents: dict[str, str] = {}
    for state in states:
        known = there.__contains__
        if state.parent and not known(state.parent):
            state.parent = parents.get(state.parent, "")
        state.dependencies = list(filter(known, state.dependencies))
        state.property_dependencies = {k: list(filter(known, v)) for k, v in state.property_dependencies.items()}
        state.replace_with = list(filter(known, state.replace_with))
        state.deleted_with = state.deleted_with if known(state.deleted_with) else ""
        there.add(state.urn)
        parents[state.urn] = state.parent
        yield state


def _renamed(states: list[ResourceState]) -> list[ResourceState]:
    """The states with every reference to an old name replaced by the new one."""
    names: dict[str, str] = {}
    for state in states:
        names.update(dict.fromkeys(state.aliases, state.urn))
        if names and (parent := names.get(state.parent)) and not urns.is_stack(parent):
            stack, project = state.urn.removeprefix("urn:pulumi:").split("::", 2)[:2]
            names[state.urn] = urns.make(stack, project, parent, state.type, urns.name_of(state.urn))
    return [_rename(state, names) for state in states] if names else states


def _rename(state: ResourceState, names: Mapping[str, str]) -> ResourceState:
    def new(urn: str) -> str:
        return names.get(urn, urn)

    provider = state.provider
    if provider:
        reference = urns.Reference.parse(provider)
        provider = str(reference._replace(urn=new(reference.urn)))
    return replace(
        state,
        urn=new(state.urn),
        parent=new(state.parent),
        provider=provider,
        dependencies=[new(urn) for urn in state.dependencies],
        property_dependencies={key: [new(urn) for urn in found] for key, found in state.property_dependencies.items()},
        deleted_with=new(state.deleted_with),
        aliases=[],
    )
