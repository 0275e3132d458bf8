"""What has to go together with a resource that is deleted before it is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.engine import diff
from mlinfra.engine.needs import needs, provider_urn
from mlinfra.engine.provider import held
from mlinfra.stack.state import ResourceState
from mlinfra.stack.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.engine.ledger import Ledger
    from mlinfra.engine.marks import Marks
    from mlinfra.engine.registry import Registry

Dependent = tuple[ResourceState, tuple[str, ...]]  # with the properties that force its replacement


def dependents_of(
    root: ResourceState, previous: list[ResourceState], *, ignore: Marks | None = None
) -> Iterator[ResourceState]:
    """Everything of before that depends on `root`, also indirectly, in dependency order; not its mere children.

    With `ignore`, resources that were decided about in this run do not count: they cannot depend on what comes now.
    """
    found = {root.urn}
    seen = False
    for state in previous:
        if not seen:
            seen = state is root
        elif not (ignore and ignore.decided(state.urn)) and (not found.isdisjoint(needs(state, parent=False))):
            found.add(state.urn)
            yield state


def replaced_with(root: ResourceState, ledger: Ledger, marks: Marks, registry: Registry) -> list[Dependent]:
    """The dependants of `root` that its replacement replaces too, in dependency order.

    Whether one is, its provider says when asked what would happen if the inputs that come from replaced resources
    changed to something unknown.
    """
    gone, found = {root.urn}, list[Dependent]()
    for state in dependents_of(root, ledger.previous, ignore=marks):
        keys = _forced(state, gone, registry)
        if keys is not None:
            gone.add(state.urn)
            found.append((state, keys))
    for state in ledger.olds.values():
        tied = root.urn in state.replace_with or state.deleted_with == root.urn
        if tied and state.urn not in gone and not marks.decided(state.urn):
            found.append((state, ()))
    return found


def _forced(state: ResourceState, gone: set[str], registry: Registry) -> tuple[str, ...] | None:
    """The properties that force a dependant's replacement; None when it can stay."""
    if not state.custom or state.external:
        return None
    if provider_urn(state) in gone:
        registry.get(state.provider)  # the old one, which is still needed for the deletion
        return ()
    if state.deleted_with in gone:
        return ()
    affected = {key for key, urns in state.property_dependencies.items() if gone.intersection(urns)}
    if not affected.intersection(state.inputs):
        return None
    inputs = {key: UNKNOWN if key in affected else value for key, value in state.inputs.items()}
    answer = registry.of(state).diff(held(state), inputs, state.ignore_changes)
    answer = diff.with_replace_on_changes(answer, state.replace_on_changes, init_errors=False)
    return answer.replaces if diff.replaces(answer) else None
