"""What a resource needs: its parent, its provider and what it depends on; and the orders that follow from that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.stack import urn as urns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlinfra.stack.state import ResourceState


def dependencies(state: ResourceState, *, parent: bool = True) -> Iterator[str]:
    """The URNs of what a resource depends on, besides its provider."""
    if parent and state.parent:
        yield state.parent
    yield from state.dependencies
    for found in state.property_dependencies.values():
        yield from found
    if state.deleted_with:
        yield state.deleted_with
    yield from state.replace_with


def provider_urn(state: ResourceState) -> str:
    """The URN of a resource's provider; empty for components and providers."""
    return urns.Reference.parse(state.provider).urn if state.provider else ""


def needs(state: ResourceState, *, parent: bool = True) -> Iterator[str]:
    """The URNs of all that a resource needs: its provider and what it depends on."""
    if state.provider:
        yield provider_urn(state)
    yield from dependencies(state, parent=parent)


def in_order(states: Sequence[ResourceState]) -> Iterator[ResourceState]:
    """The states, each after what it refers to, and otherwise in the order given."""
    by_urn: dict[str, list[ResourceState]] = {}
    for state in states:
        by_urn.setdefault(state.urn, []).append(state)
    reached: set[int] = set()

    def needed(state: ResourceState) -> Iterator[ResourceState]:
        for urn in needs(state):
            yield from by_urn.get(urn, ())

    for start in states:
        path = [] if id(start) in reached else [(start, needed(start))]
        reached.add(id(start))
        while path:
            following = next((state for state in path[-1][1] if id(state) not in reached), None)
            if following is None:
                yield path.pop()[0]
            else:
                reached.add(id(following))
                path.append((following, needed(following)))


def depending_on(root: ResourceState, everything: Sequence[ResourceState]) -> Iterator[str]:
    """The URNs of everything that depends on a resource or is inside it, also indirectly."""
    found = {root.urn}
    for state in everything:
        if not found.isdisjoint(needs(state)):
            found.add(state.urn)
            yield state.urn


def needed_by(root: ResourceState, everything: Sequence[ResourceState]) -> set[int]:
    """Everything that a resource depends on, also indirectly, by identity. Of two under one URN, the one of its kind."""
    by_urn: dict[str, list[ResourceState]] = {}
    for state in everything:
        by_urn.setdefault(state.urn, []).append(state)
    found: set[int] = set()
    todo = [root]
    while todo:
        state = todo.pop()
        for urn in needs(state):
            there = by_urn.get(urn, [])
            for other in [s for s in there if s.delete == root.delete] or there:
                if id(other) not in found:
                    found.add(id(other))
                    todo.append(other)
    return found


def levels(going: Sequence[ResourceState], everything: Sequence[ResourceState]) -> list[list[ResourceState]]:
    """The resources to delete, in batches: nothing in a batch depends on anything in it or in a batch before it.

    `everything` is in dependency order. To depend on a component is to depend on everything inside it.
    """
    condemned = {id(state) for state in going}
    parents = {state.urn: state.parent for state in everything}
    components = {state.urn for state in everything if not state.custom}
    level: dict[str, int] = {}  # of the highest condemned resource so far under a URN
    inside: dict[str, int] = {}  # and of that inside a component
    found: dict[int, list[ResourceState]] = {}
    for state in {id(state): state for state in everything}.values():
        if id(state) not in condemned:
            continue
        needed = list(needs(state, parent=False))
        below = [level.get(urn, -1) for urn in (*needed, state.parent)]
        below += [inside.get(urn, -1) for urn in needed if urn in components]
        mine = 1 + max(below, default=-1)
        found.setdefault(mine, []).append(state)
        level[state.urn] = max(level.get(state.urn, -1), mine)
        ancestor = state.parent
        while ancestor:
            inside[ancestor] = max(inside.get(ancestor, -1), mine)
            ancestor = parents.get(ancestor, "")
    return [found[height] for height in sorted(found, reverse=True)]
