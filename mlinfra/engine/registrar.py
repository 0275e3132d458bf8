"""Takes what a program registers: finds what there was, has it planned, and has the plan done.

Each registration runs in the thread of the program's call. They are decided one at a time, in turn, and done side by
side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mlinfra.engine import tasks
from mlinfra.engine.aliases import former_urns
from mlinfra.engine.callbacks import CallbackError
from mlinfra.engine.decisions import imports
from mlinfra.engine.executor import Stopped, TaskFailed
from mlinfra.engine.needs import dependencies, needs
from mlinfra.engine.parts import Abort, Parts
from mlinfra.engine.planner import Case, Planner
from mlinfra.engine.tasks import Task
from mlinfra.errors import MlinfraError
from mlinfra.stack import urn as urns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlinfra.engine.goal import Alias, Goal
    from mlinfra.stack.state import ResourceState

Mode = Literal["update", "refresh", "destroy"]


@dataclass(frozen=True, slots=True)
class Registered:
    """What the program is told. `unknown`: the resource was left out and is not there."""

    state: ResourceState
    outcome: Literal["success", "fail", "skip"] = "success"
    unknown: bool = False


class Registrar:
    """Takes registrations and reads. `refresh`: read each resource before it is decided about."""

    def __init__(self, stack: str, project: str, parts: Parts, planner: Planner, *, mode: Mode, refresh: bool) -> None:
        self.turns = parts.turns
        self._stack, self._project, self._parts, self._planner = stack, project, parts, planner
        self._marks, self._mode, self._refresh = parts.marks, mode, refresh
        self._skipped: set[str] = set()

    def register(self, goal: Goal, default: Callable[[str], str] | None = None) -> Registered:
        """Bring a resource to what the program wants; raises Stopped when the run is over before that.

        `default` finds the provider of a resource that names none.
        """
        urn = goal.state.urn
        with self.turns:
            try:
                if default is not None:
                    goal.state.provider = default(urn)
                case = self._open(goal)
                chain = self._decide(case)
            except (MlinfraError, CallbackError, ValueError, Abort) as error:
                raise self._over(urn, error) from error
            if chain is None:
                return self._failed(case.new)
            if chain and self._must_skip(chain[-1].state):
                return Registered(chain[-1].state, "skip")
            if chain:
                self._parts.executor.claim()
        return self._do(chain) if chain else Registered(case.old or case.new)

    def read(self, new: ResourceState, default: Callable[[str], str] | None = None) -> Registered:
        """Look up a resource that is not ours; raises Stopped when the run is over before that."""
        with self.turns:
            if default is not None:
                new.provider = default(new.urn)
            try:
                old, invalid = self._claim(new, [])
            except (MlinfraError, Abort) as error:
                raise self._over(new.urn, error) from error
            if not new.id:
                raise self._over(new.urn, MlinfraError(f"Expected an ID for {new.urn}"))
            if invalid:
                raise self._over(new.urn, Abort(f"resource {new.urn} is invalid"))
            new.aliases = [self._marks.renamed[new.urn]] if new.urn in self._marks.renamed else []
            self._marks.kept.add(new.urn)
            if self._mode == "destroy":
                self._marks.to_delete.append(new)
            if self._must_skip(new):
                return Registered(new, "skip")
            self._parts.executor.claim()
        chain = [Task(op=tasks.READ, old=old, new=new)]
        if old is not None and not old.external and old.id != new.id:
            shown = Task(op=tasks.REPLACE, old=old, new=new)
            chain = [Task(op=tasks.READ_REPLACEMENT, old=old, new=new), shown]
        return self._do(chain)

    def _over(self, urn: str, error: Exception) -> Stopped:
        """The run cannot go on after this."""
        if not isinstance(error, Abort):
            self._parts.reporter.say("error", str(error), urn)
        self._parts.abort()
        return Stopped(str(error))

    def _failed(self, state: ResourceState) -> Registered:
        if self._parts.executor.stopping.is_set():
            raise Stopped
        return Registered(state, "fail")

    def _open(self, goal: Goal) -> Case:
        """Find out who it is, and who it was before."""
        wanted, urn = goal.state, goal.state.urn
        old, invalid = self._claim(wanted, goal.aliases)
        former = self._marks.renamed.get(urn, "")
        new = replace(wanted, aliases=[former] if former else [])
        if old is not None:
            new.created, new.modified, new.refresh_before_update = old.created, old.modified, old.refresh_before_update
        if urns.is_provider(wanted.type):
            self._marks.providers[urn] = new
            if former:
                self._marks.providers[former] = new
        return Case(goal, urn, old, new, invalid=invalid)

    def _claim(self, wanted: ResourceState, aliases: Sequence[Alias]) -> tuple[ResourceState | None, bool]:
        """Take a resource's URN for this run.

        Returns the resource of before, under the URN or else under one it may have had, and whether another has that.
        """
        parts, marks, olds = self._parts, self._marks, self._parts.ledger.olds
        urn, parent = wanted.urn, wanted.parent
        if parts.executor.stopping.is_set():
            raise Stopped
        if parent and parent not in marks.registered:
            raise MlinfraError(f"could not find parent resource {parent}")
        if urn in marks.registered:
            raise parts.refuse(urn, f"Duplicate resource URN '{urn}'; try giving it a unique name")
        marks.registered.add(urn)
        invalid = False
        if (other := marks.new_names.get(urn)) is not None:
            message = f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{other}'"
            invalid = bool(parts.refuse(urn, message))
        if (old := olds.get(urn)) is not None:
            return old, invalid
        formers = former_urns(
            urns.name_of(urn),
            wanted.type,
            parent,
            aliases,
            stack=self._stack,
            project=self._project,
            renamed=marks.renamed,
        )
        former = next(filter(olds.__contains__, formers), None)
        if former is None:
            return None, invalid
        for other in filter(None, (former if former in marks.registered else "", marks.new_names.get(former))):
            message = (
                f"Duplicate resource alias '{former}' applied to resource with URN '{urn}' conflicting with resource"
            )
            invalid = bool(parts.refuse(urn, f"{message} with URN '{other}'"))
        marks.new_names[former], marks.renamed[urn] = urn, former
        parts.registry.alias(urn, former)
        return olds[former], invalid

    def _settled(self, case: Case) -> list[Task] | None:
        """What to do where a refresh or a destroy that runs the program leaves nothing to decide, else None."""
        marks, new, parts = self._marks, case.new, self._parts
        managed = new.custom and not urns.is_provider(new.type)
        if self._refresh and case.old is not None and parts.selection.includes(case.old):
            task = Task(op=tasks.REFRESH, old=case.old, new=case.old, internal=not managed)
            marks.refreshed.add(case.urn)
            parts.executor.claim()
            with self.turns.aside():
                parts.executor.run([task])
            case.old = task.new
        if self._mode == "update":
            return None
        skipped = not marks.not_created.isdisjoint(needs(new))
        if case.old is not None and self._mode == "refresh":
            return [] if managed or skipped else None
        if skipped or (managed and case.old is None):
            if case.old is not None:
                new.outputs = case.old.outputs
            return [self._planner.left_out(case)]
        if self._mode == "refresh":
            return None
        marks.to_delete.append(new)
        if not managed:
            return None
        assert case.old
        marks.kept.add(case.urn)
        new.inputs = case.old.inputs  # what is deleted is what is there
        return [Task(op=tasks.SAME, old=case.old, new=new)]

    def _decide(self, case: Case) -> list[Task] | None:
        """What to do; None when an import or a refresh on the way to that failed."""
        try:
            chain = self._settled(case)
            if chain is not None:
                return chain
            if imports(case.goal, case.old):
                self._import(case)
            return self._planner.plan(case)
        except TaskFailed:
            return None

    def _import(self, case: Case) -> None:
        """Take the resource over from the provider; from there on it is as if it had been ours in that form."""
        original = None if case.urn in self._marks.deleted else case.old
        imported = replace(case.new)
        chain = [Task(op=tasks.IMPORT, new=imported)]
        if original is not None:
            shown = Task(op=tasks.REPLACE, old=original, new=imported)
            chain = [Task(op=tasks.IMPORT_REPLACEMENT, new=imported, original=original), shown]
        self._parts.executor.claim()
        with self.turns.aside():
            self._parts.executor.run(chain)
        case.old, case.imported = imported, True
        case.new = replace(case.new, created=imported.created, modified=imported.modified)

    def _must_skip(self, state: ResourceState) -> bool:
        """Whether something that the resource depends on failed before, or was skipped itself."""
        self._skipped.update(task.state.urn for task in self._parts.executor.failed)
        if self._skipped.isdisjoint(dependencies(state)):
            return False
        self._skipped.add(state.urn)
        return True

    def _do(self, chain: list[Task]) -> Registered:
        """Have tasks done. Others are decided about meanwhile."""
        state = chain[-1].state
        try:
            with self.turns.aside():
                self._parts.executor.run(chain)
        except TaskFailed:
            return self._failed(state)
        return Registered(state, unknown=chain[-1].skipped)
