"""From a registration to tasks: asks the resource's provider, and decides. Nothing is changed here but `Marks`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mlinfra.engine import diff, tasks
from mlinfra.engine.decisions import forced, judge, triggered
from mlinfra.engine.dependents import replaced_with
from mlinfra.engine.instance import DiffUnavailable
from mlinfra.engine.needs import needs
from mlinfra.engine.parts import Abort, Parts
from mlinfra.engine.provider import Checked, CheckFailure, Diffed, held
from mlinfra.engine.tasks import Task
from mlinfra.errors import MlinfraError
from mlinfra.stack import urn as urns
from mlinfra.stack.paths import reset_all
from mlinfra.stack.values import has_secrets, has_unknowns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlinfra.engine.goal import Goal
    from mlinfra.engine.provider import Keeper
    from mlinfra.engine.targets import Patterns
    from mlinfra.stack.state import ResourceState


@dataclass(slots=True)
class Case:
    """One registration: what is wanted, what there was, what there will be.

    imported: `old` was just taken over. invalid: another registration has its name; that has been reported.
    """

    goal: Goal
    urn: str
    old: ResourceState | None
    new: ResourceState
    imported: bool = False
    invalid: bool = False
    seed: bytes = field(default_factory=lambda: os.urandom(32))


class Planner:
    """Decides about one registration at a time. `replaces` are what the user wants replaced."""

    def __init__(self, parts: Parts, replaces: Patterns) -> None:
        self._parts, self._marks, self._replaces = parts, parts.marks, replaces

    def plan(self, case: Case) -> list[Task]:
        """What is to be done; nothing for what was imported and is as it should be."""
        old, new, marks = case.old, case.new, self._marks
        recreating = case.urn in marks.deleted
        implied = urns.is_provider(new.type) or new.type == urns.STACK_TYPE
        chosen = self._parts.selection.includes(new)
        included = implied or chosen
        keeper = self._parts.registry.of(new) if new.custom else None
        if keeper is not None:
            self._check(case, keeper, included=included, afresh=recreating)
        if case.invalid:
            raise Abort(f"resource {case.urn} is invalid")
        if recreating:
            return self._recreate(case)
        if old is not None and old.external and not case.imported:
            marks.created.add(case.urn)
            return tasks.replacement(old, new, Diffed(changes=True), keep_old=True)
        self._parts.selection.note(new, included=chosen)
        if not included:
            return self._leave(case)
        self._require_created(new)
        if old is None:
            marks.created.add(case.urn)
            return [Task(op=tasks.CREATE, new=new)]
        return self._reconcile(case, old, keeper)

    def _check(self, case: Case, keeper: Keeper, *, included: bool, afresh: bool) -> None:
        """Have the provider complete and accept the inputs."""
        goal, old = case.goal, case.old
        inputs = goal.state.inputs
        if old is not None:
            inputs, failed = reset_all(goal.state.ignore_changes, old.inputs, inputs)
            if failed:
                paths = ", ".join(failed)
                message = f'cannot ignore changes in added or removed elements of the path: "{paths}"'
                self._parts.reporter.say("info", message, case.urn)
        if not included:
            checked = Checked(old.inputs if old else {})
        elif afresh or old is None or (old.external and not case.imported) or self._asked(case):
            checked = keeper.check(case.urn, {}, goal.state.inputs, case.seed)
        else:
            checked = keeper.check(case.urn, old.inputs, inputs, case.seed)
        case.new.inputs = checked.inputs
        self._refuse(case, checked.failures)

    def _refuse(self, case: Case, failures: Sequence[CheckFailure]) -> None:
        """Report what the provider says is wrong with the inputs."""
        about = f"{case.new.type} resource '{urns.name_of(case.urn)}'"
        for failure in failures:
            what = ""
            if failure.property:
                value = case.new.inputs.get(failure.property)
                what = f": property {failure.property} value {{{'[secret]' if has_secrets(value) else value}}}"
            self._parts.reporter.say("error", f"{about}{what} has a problem: {failure.reason}", case.urn)
        if failures:
            raise Abort(f"resource {case.urn} is invalid")

    def _asked(self, case: Case) -> bool:
        """Whether the user wants the resource replaced, or said that it is tainted."""
        return case.urn in self._replaces or bool(case.old and case.old.taint)

    def _reconcile(self, case: Case, old: ResourceState, keeper: Keeper | None) -> list[Task]:
        goal, new, marks = case.goal, case.new, self._marks
        if not self._parts.dry_run and has_unknowns(new.replacement_trigger):
            raise self._parts.refuse(case.urn, f"replacement trigger contains unknowns for {case.urn}")
        trigger = triggered(new.replacement_trigger, old.replacement_trigger)
        diffed = Diffed(changes=True) if trigger else self._diff(case, old, keeper)
        verdict = judge(goal, old, diffed, trigger=trigger)
        why = verdict.diffed
        if verdict.action == "same":
            marks.kept.add(case.urn)
            return [] if case.imported else [Task(op=tasks.SAME, old=old, new=new)]
        if verdict.action == "update":
            marks.kept.add(case.urn)
            return [Task(op=tasks.UPDATE, old=old, new=new, diffs=why.diffs, detailed=why.detailed)]
        self._allow_replacement(case, old, why)
        marks.replaced.add(case.urn)
        if keeper is not None and not self._asked(case):
            # Defaults were carried over from the old resource; the new one is to have its own.
            checked = keeper.check(case.urn, {}, goal.state.inputs, case.seed)
            new.inputs = checked.inputs
            self._refuse(case, checked.failures)
        first = self._deletions_before(case, old) if verdict.delete_first else []
        return [*first, *tasks.replacement(old, new, why, keep_old=not verdict.delete_first)]

    def _diff(self, case: Case, old: ResourceState, keeper: Keeper | None) -> Diffed:
        new = case.new
        answer = forced(new, self._marks.replaced, asked=self._asked(case))
        if answer is not None:
            return answer
        if self._provider_changed(old, new):
            return Diffed(changes=True, replaces=("provider",))
        if keeper is None:
            return Diffed(changes=not diff.equal(old.inputs, new.inputs))
        try:
            return keeper.diff(replace(held(old), urn=case.urn), new.inputs, new.ignore_changes)
        except DiffUnavailable as error:
            self._parts.reporter.say("warning", str(error), case.urn)
            return Diffed(changes=True)

    def _provider_changed(self, old: ResourceState, new: ResourceState) -> bool:
        """Whether the resource has another provider, and one that cannot go on with what the former one made."""
        if old.provider == new.provider:
            return False
        if not old.provider or not new.provider:
            return True
        before, after = urns.Reference.parse(old.provider), urns.Reference.parse(new.provider)
        if self._marks.new_names.get(before.urn) == after.urn:
            return False
        then, now = self._parts.ledger.olds.get(before.urn), self._marks.providers.get(after.urn)
        return then is None or now is None or self._parts.registry.replaces(new.provider, then, now)

    def _allow_replacement(self, case: Case, old: ResourceState, diffed: Diffed) -> None:
        new, urn, parts = case.new, case.urn, self._parts
        if new.protect and old.protect:
            message = (
                f'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
            refusal = parts.refuse(urn, message)
            parts.saw_error = True
            if not parts.dry_run:
                raise refusal
        if new.import_id:
            keys = ", ".join(diffed.replaces)
            message = (
                "previously-imported resources that still specify an ID may not be replaced; please remove the "
                f"`import` declaration from your program ({keys} would force a replacement)"
            )
            if not parts.dry_run:
                raise MlinfraError(message)
            parts.reporter.say("warning", message, urn)

    def _deletions_before(self, case: Case, old: ResourceState) -> list[Task]:
        """The deletions of a resource, and of what has to be replaced with it, that go before its replacement."""
        marks, parts, chain = self._marks, self._parts, list[Task]()
        for state, keys in reversed(replaced_with(old, parts.ledger, marks, parts.registry)):
            if id(state) in marks.deleting:
                continue
            if state.protect and not state.delete:
                parts.saw_error = True
                raise parts.refuse(
                    case.urn,
                    f'unable to replace resource "{state.urn}" as part of replacing "{case.urn}" as it is currently '
                    "marked for protection. To unprotect the resource, remove the `protect` flag from the resource "
                    "in your Pulumi program and run `pulumi up`, or use the command:\n"
                    f"`pulumi state unprotect '{state.urn}'`",
                )
            marks.dependent_keys[state.urn] = keys
            chain.append(tasks.deletion(state, replaced=not state.delete, recreated=not state.delete))
            marks.deleted.add(state.urn)
            marks.deleting.add(id(state))
        if not old.pending_replacement:
            marks.deleted.add(old.urn)
            chain.append(tasks.deletion(old, replaced=True, recreated=True))
        return chain

    def _recreate(self, case: Case) -> list[Task]:
        """Make anew what was deleted because something it depended on was replaced."""
        assert case.old
        self._marks.deleted.discard(case.urn)
        self._marks.replaced.add(case.urn)
        shown, create = tasks.replacement(case.old, case.new, Diffed(changes=True), keep_old=False)
        create.keys = self._marks.dependent_keys.get(case.urn, ())
        return [shown, create]

    def _leave(self, case: Case) -> list[Task]:
        """The resource is not what the run is about: it stays as it was, with what it depended on."""
        old = case.old
        if old is None:
            return [self.left_out(case)]
        if old.provider and not self._parts.registry.known(old.provider):
            raise MlinfraError(
                f"provider {old.provider} for resource {case.urn} has not been registered yet, this is due to a change "
                "of providers mixed with --target. Change your program back to the original providers"
            )
        self._marks.kept.add(case.urn)
        return self.carried(old)

    def left_out(self, case: Case) -> Task:
        """A `same` for what is not there and is not to be made in this run."""
        self._marks.kept.add(case.urn)
        self._marks.not_created.add(case.urn)
        return Task(op=tasks.SAME, old=replace(case.new), new=case.new, skipped=True)

    def carried(self, old: ResourceState) -> list[Task]:
        """`same` for a resource of before and for what it depends on, as far as nothing was decided, in that order."""
        marks, chain = self._marks, list[Task]()
        marks.registered.add(old.urn)
        marks.kept.add(old.urn)
        for urn in needs(old):
            state = self._parts.ledger.olds.get(urn)
            if state is not None and not marks.decided(urn) and not marks.stays(urn):
                chain += self.carried(state)
        chain.append(Task(op=tasks.SAME, old=old, new=replace(old, id=""), untargeted=True))
        return chain

    def _require_created(self, new: ResourceState) -> None:
        """What the run is about must not depend on what it leaves out and is not there."""
        parts, marks = self._parts, self._marks
        if not parts.selection.targets and not self._replaces:
            return
        for urn in needs(new):
            if urn in marks.not_created:
                refusal = parts.refuse(
                    new.urn, f"Resource '{new.urn}' depends on '{urn}' which was was not specified in --target list."
                )
                parts.saw_error = True
                if not parts.dry_run:
                    raise refusal
                marks.not_created.discard(urn)
