"""What is deleted at the end of a run, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.engine import tasks
from mlinfra.engine.dependents import replaced_with
from mlinfra.engine.needs import depending_on, levels, needed_by
from mlinfra.engine.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlinfra.engine.parts import Parts
    from mlinfra.engine.planner import Planner
    from mlinfra.stack.state import ResourceState


class Deletions:
    """Deletes what the program did not register, what was replaced, and in a destroy everything."""

    def __init__(self, parts: Parts, planner: Planner) -> None:
        self._parts, self._planner = parts, planner
        self._ledger, self._executor, self._marks = parts.ledger, parts.executor, parts.marks

    def run(self) -> None:
        """Delete, level by level: a resource goes after everything that depends on it has gone."""
        kept, going = self._choose()
        if self._refused(going) and not self._parts.dry_run:
            return
        for task in going:
            if task.state.provider:
                self._parts.registry.get(task.state.provider)  # also in a preview, so that it fails where a run would
        if kept:
            self._executor.claim()
            self._executor.run(kept)
        by_state = {id(task.state): task for task in going}
        everything = [*self._marks.to_delete, *self._ledger.previous]
        still_needed: set[int] = set()
        seen = 0
        for level in levels([task.state for task in going], everything):
            if self._executor.stopping.is_set():
                break
            for task in self._executor.failed[seen:]:
                seen += 1
                still_needed |= needed_by(task.state, everything)
            self._executor.run_all(by_state[id(state)] for state in level if id(state) not in still_needed)

    def _choose(self) -> tuple[list[Task], list[Task]]:
        """What stays because the run is not about it, and what goes."""
        marks, included = self._marks, self._included()
        kept, going = list[Task](), list[Task]()
        for state in self._ledger.previous:
            if id(state) in marks.deleting and (marks.stays(state.urn) or not state.pending_replacement):
                continue  # gone before its replacement came, or to be replaced later
            if not included(state):
                if not marks.stays(state.urn) and not state.delete:
                    kept += self._planner.carried(state)
                continue
            if state.delete:
                going.append(tasks.deletion(state, replaced=True))
            elif marks.stays(state.urn):
                continue
            elif state.pending_replacement:
                going.append(Task(op=tasks.REMOVE_PENDING_REPLACE, old=state))
            else:
                going.append(tasks.deletion(state))
            marks.deleted.add(state.urn)
        for state in marks.to_delete:
            if included(state):
                marks.deleted.add(state.urn)
                going.append(tasks.deletion(state))
        return kept, going

    def _refused(self, going: Iterable[Task]) -> bool:
        """Whether something would go that is no target, and that was not asked for either."""
        targets = self._parts.selection.targets
        if not targets or self._parts.selection.target_dependents:
            return False
        unasked = [task.state.urn for task in going if task.state.urn not in targets]
        for urn in unasked:
            message = (
                f"Resource '{urn}' will be destroyed but was not specified in --target list.\n"
                "Either include resource in --target list or pass --target-dependents to proceed."
            )
            self._parts.reporter.say("error", message, urn)
            self._parts.saw_error = True
        return bool(unasked)

    def _included(self) -> _Included:
        selection, ledger = self._parts.selection, self._ledger
        if selection.targets:
            wanted: set[str] = set()
            for root in [state for state in ledger.previous if state.urn in selection.targets]:
                wanted |= {root.urn, *depending_on(root, ledger.previous)}
            for urn in list(wanted):
                for root in ledger.by_urn.get(urn, ()):
                    wanted |= {state.urn for state, _ in replaced_with(root, ledger, self._marks, self._parts.registry)}
            return _Included(wanted, inside=True)
        if selection.excludes:
            everything = ledger.previous
            kept: set[str] = set()
            for root in [state for state in everything if state.urn in selection.excludes]:
                needed = needed_by(root, everything)
                kept |= {root.urn, *(state.urn for state in everything if id(state) in needed)}
                if selection.exclude_dependents:
                    kept |= set(depending_on(root, everything))
            return _Included(kept, inside=False)
        return _Included(set(), inside=False)


def all_protected(states: Sequence[ResourceState]) -> bool:
    """Whether every resource is protected, or needed by one that is."""
    kept = {id(state) for state in states if state.protect}
    for state in states:
        if state.protect:
            kept |= needed_by(state, states)
    return len(kept) == len(states)


class _Included:
    def __init__(self, urns: set[str], *, inside: bool) -> None:
        self._urns, self._inside = urns, inside

    def __call__(self, state: ResourceState) -> bool:
        return (state.urn in self._urns) == self._inside
