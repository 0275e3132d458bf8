"""From what a program registers to tasks: finds what there was, asks the provider, decides, and has it done.

Each registration runs in the thread of the program's call. What they share is changed under one lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mlinfra.engine import diff, tasks
from mlinfra.engine import urn as urns
from mlinfra.engine.aliases import former_urns
from mlinfra.engine.callbacks import CallbackError
from mlinfra.engine.decisions import forced, imports, judge, triggered
from mlinfra.engine.dependents import replaced_with
from mlinfra.engine.executor import Stopped, TaskFailed
from mlinfra.engine.goal import Goal
from mlinfra.engine.instance import DiffUnavailable
from mlinfra.engine.ledger import dependencies, provider_urn
from mlinfra.engine.parts import Abort, Parts
from mlinfra.engine.paths import reset_all
from mlinfra.engine.provider import Checked, CheckFailure, Diffed
from mlinfra.engine.registry import Keeper
from mlinfra.engine.state import ResourceState
from mlinfra.engine.tasks import Task
from mlinfra.engine.values import Properties, has_secrets, has_unknowns
from mlinfra.errors import MlinfraError

Mode = Literal["update", "refresh", "destroy"]


@dataclass(frozen=True, slots=True)
class Registered:
    """What the program is told. `unknown`: the resource was left out and is not there."""

    state: ResourceState
    outcome: Literal["success", "fail", "skip"] = "success"
    unknown: bool = False


@dataclass(slots=True)
class _Case:
    """One registration on its way."""

    goal: Goal
    urn: str
    old: ResourceState | None
    new: ResourceState
    imported: bool = False


class Registrar:
    """Takes registrations and reads. `replaces` are the URNs that the user wants replaced."""

    def __init__(
        self,
        stack: str,
        project: str,
        parts: Parts,
        *,
        mode: Mode,
        refresh: bool,
        replaces: frozenset[str],
    ) -> None:
        self._stack, self._project, self._parts = stack, project, parts
        self._ledger, self._registry, self._reporter = parts.ledger, parts.registry, parts.reporter
        self._executor, self._marks, self._selection = parts.executor, parts.marks, parts.selection
        self._mode, self._dry_run, self._refresh, self._replaces = mode, parts.dry_run, refresh, replaces
        self._lock = threading.RLock()
        self._skipped: set[str] = set()

    def register(self, goal: Goal) -> Registered:
        """Bring a resource to what the program wants; raises Stopped when the run is over before that."""
        urn = urns.make(self._stack, self._project, goal.parent, goal.type, goal.name)
        try:
            case = self._open(goal, urn)
            return self._mode_specific(case) or self._proceed(case)
        except Abort as error:
            return self._abort(error)
        except TaskFailed:
            if self._executor.stopping.is_set():
                raise Stopped from None
            return Registered(case.new, "fail")
        except (MlinfraError, CallbackError, ValueError) as error:
            self._reporter.say("error", str(error), urn)
            return self._abort(error)

    def read(self, new: ResourceState) -> Registered:
        """Look up a resource that is not ours; raises Stopped when the run is over before that."""
        try:
            with self._lock:
                self._claim(new.urn, new.parent)
                old = self._find(new.urn, urns.name_of(new.urn), new.type, new.parent, [])
                new.aliases = [self._marks.renamed[new.urn]] if new.urn in self._marks.renamed else []
                if not new.id:
                    raise MlinfraError(f"Expected an ID for {new.urn}")
                self._marks.kept.add(new.urn)
                if self._mode == "destroy":
                    self._marks.to_delete.append(new)
            chain = [Task(op=tasks.READ, old=old, new=new)]
            if old is not None and not old.external and old.id != new.id:
                chain = [Task(op=tasks.READ_REPLACEMENT, old=old, new=new), Task(op=tasks.REPLACE, old=old, new=new)]
            return self._execute(new, chain)
        except Abort as error:
            return self._abort(error)
        except TaskFailed:
            if self._executor.stopping.is_set():
                raise Stopped from None
            return Registered(new, "fail")
        except MlinfraError as error:
            self._reporter.say("error", str(error), new.urn)
            return self._abort(error)

    def _abort(self, error: Exception) -> Registered:
        self._parts.abort()
        raise Stopped from error

    # Who is it, and who was it before?

    def _open(self, goal: Goal, urn: str) -> _Case:
        with self._lock:
            self._claim(urn, goal.parent)
            old = self._find(urn, goal.name, goal.type, goal.parent, goal.aliases)
            alias = self._marks.renamed.get(urn, "")
            new = goal.state(urn, alias, old)
            if urns.is_provider(goal.type):
                self._marks.providers[urn] = new
                if alias:
                    self._marks.providers[alias] = new
        return _Case(goal, urn, old, new)

    def _claim(self, urn: str, parent: str) -> None:
        if parent and parent not in self._marks.registered:
            raise MlinfraError(f"could not find parent resource {parent}")
        if urn in self._marks.registered:
            raise self._parts.refuse(urn, f"Duplicate resource URN '{urn}'; try giving it a unique name")
        self._marks.registered.add(urn)

    def _find(self, urn: str, name: str, type_: str, parent: str, aliases: list) -> ResourceState | None:  # type: ignore[type-arg]
        """The resource of before: under its URN, or else under one that it may have had."""
        marks = self._marks
        if (claimed := marks.new_names.get(urn)) is not None:
            raise self._parts.refuse(urn, f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{claimed}'")
        if (old := self._ledger.olds.get(urn)) is not None:
            return old
        for former in former_urns(
            name, type_, parent, aliases, stack=self._stack, project=self._project, renamed=marks.renamed
        ):
            old = self._ledger.olds.get(former)
            if old is None:
                continue
            other = former if former in marks.registered else marks.new_names.get(former)
            if other is not None:
                raise self._parts.refuse(
                    urn,
                    f"Duplicate resource alias '{former}' applied to resource with URN '{urn}' conflicting with "
                    f"resource with URN '{other}'",
                )
            marks.new_names[former], marks.renamed[urn] = urn, former
            self._registry.alias(urn, former)
            return old
        return None

    # What is special in a refresh or a destroy that runs the program.

    def _mode_specific(self, case: _Case) -> Registered | None:
        """The answer where the mode of the run settles the matter."""
        marks, new = self._marks, case.new
        if self._refresh and case.old is not None and self._selection.includes(case.old):
            self._refresh_first(case)
        managed = case.goal.custom and not urns.is_provider(case.goal.type)
        if self._mode == "update":
            return None
        with self._lock:
            needed = [*dependencies(new), *filter(None, [provider_urn(new)])]
            missing = any(urn in marks.not_created for urn in needed)
            if missing or (managed and case.old is None):
                marks.not_created.add(case.urn)
                if case.old is not None:
                    new.outputs = case.old.outputs
        if case.urn in marks.not_created:
            return self._execute(new, [Task(op=tasks.SAME, old=replace(new), new=new, skipped=True)])
        if self._mode == "refresh":
            return Registered(case.old) if managed and case.old else None
        with self._lock:
            marks.to_delete.append(new)
            if not managed:
                return None
            marks.kept.add(case.urn)
        assert case.old
        new.inputs = case.old.inputs  # what is deleted is what is there
        return self._execute(new, [Task(op=tasks.SAME, old=case.old, new=new)])

    def _refresh_first(self, case: _Case) -> None:
        task = Task(op=tasks.REFRESH, old=case.old, new=case.old)
        task.internal = not case.goal.custom or urns.is_provider(case.goal.type)
        with self._lock:
            self._marks.refreshed.add(case.urn)
        self._executor.run([task])
        case.old = task.new

    # What should it be, and what does its provider say?

    def _proceed(self, case: _Case) -> Registered:
        goal, new = case.goal, case.new
        keeper = self._registry.of(new) if goal.custom else None
        seed = os.urandom(32)
        with self._lock:
            recreating = case.urn in self._marks.deleted
        if imports(goal, case.old):
            self._import(case, recreating=recreating)
            new = case.new
        included = urns.is_provider(new.type) or new.type == urns.STACK_TYPE or self._selection.includes(new)
        if keeper is not None:
            self._check(case, keeper, seed, included=included, afresh=recreating)
        if case.old is None:
            with self._lock:
                self._selection.note(new, included=included)
                if not included:
                    self._marks.kept.add(case.urn)
                    self._marks.not_created.add(case.urn)
                    return self._execute(new, [Task(op=tasks.SAME, old=replace(new), new=new, skipped=True)])
                self._marks.created.add(case.urn)
            return self._execute(new, [Task(op=tasks.CREATE, new=new)])
        if recreating:
            return self._recreate(case)
        if case.old.external and not case.imported:
            with self._lock:
                self._marks.created.add(case.urn)
            return self._execute(new, tasks.replacement(case.old, new, Diffed(changes=True), keep_old=True))
        with self._lock:
            self._selection.note(new, included=included)
        if not included:
            return self._leave(case)
        return self._reconcile(case, keeper, seed)

    def _import(self, case: _Case, *, recreating: bool) -> None:
        """Take the resource over from the provider; from there on it is as if it had been ours in that form."""
        original = None if recreating else case.old
        imported = replace(case.new)
        chain = [Task(op=tasks.IMPORT, new=imported)]
        if original is not None:
            chain = [
                Task(op=tasks.IMPORT_REPLACEMENT, new=imported, original=original),
                Task(op=tasks.REPLACE, old=original, new=imported),
            ]
        self._run(imported, chain)
        case.old, case.imported = imported, True
        case.new = replace(case.new, created=imported.created, modified=imported.modified)

    def _check(self, case: _Case, keeper: Keeper, seed: bytes, *, included: bool, afresh: bool) -> None:
        goal, old, new = case.goal, case.old, case.new
        inputs = goal.properties
        if old is not None:
            inputs, failed = reset_all(goal.ignore_changes, old.inputs, inputs)
            if failed:
                listed = ", ".join(failed)
                self._reporter.say(
                    "info", f'cannot ignore changes in added or removed elements of the path: "{listed}"', case.urn
                )
        if not included:
            checked = Checked(old.inputs if old else {})
        elif afresh or old is None or old.external or self._asked_to_replace(case):
            checked = keeper.check(case.urn, {}, goal.properties, seed)
        else:
            checked = keeper.check(case.urn, old.inputs, inputs, seed)
        new.inputs = checked.inputs
        self._refuse(case, checked.failures)

    def _refuse(self, case: _Case, failures: Sequence[CheckFailure]) -> None:
        """Report what the provider says is wrong with the inputs."""
        type_, name = case.goal.type, case.goal.name
        for failure in failures:
            about = f"{type_} resource '{name}'"
            if failure.property:
                value = case.new.inputs.get(failure.property)
                shown = "[secret]" if has_secrets(value) else value
                about += f": property {failure.property} value {{{shown}}}"
            self._reporter.say("error", f"{about} has a problem: {failure.reason}", case.urn)
        if failures:
            raise Abort(f"resource {case.urn} is invalid")

    def _asked_to_replace(self, case: _Case) -> bool:
        return case.urn in self._replaces or bool(case.old and case.old.taint)

    def _diff(self, case: _Case, keeper: Keeper | None) -> Diffed:
        old, new = case.old, case.new
        assert old
        answer = forced(new, self._marks.replaced, asked=self._asked_to_replace(case))
        if answer is not None:
            return answer
        if self._provider_changed(old, new):
            return Diffed(changes=True, replaces=("provider",))
        if keeper is None:
            return Diffed(changes=not diff.equal(old.inputs, new.inputs))
        try:
            return keeper.diff(case.urn, old.id, old.inputs, old.outputs, new.inputs, case.goal.ignore_changes)
        except DiffUnavailable as error:
            self._reporter.say("warning", str(error), case.urn)
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
        then, now = self._ledger.olds.get(before.urn), self._marks.providers.get(after.urn)
        if then is None or now is None:
            return True
        answer = self._registry.get(new.provider).diff_config(after.urn, then.inputs, then.outputs, now.inputs, ())
        return diff.replaces(answer)

    # What is to be done?

    def _reconcile(self, case: _Case, keeper: Keeper | None, seed: bytes) -> Registered:
        goal, old, new = case.goal, case.old, case.new
        assert old
        if not self._dry_run and has_unknowns(new.replacement_trigger):
            raise self._parts.refuse(case.urn, f"replacement trigger contains unknowns for {case.urn}")
        trigger = triggered(new.replacement_trigger, old.replacement_trigger)
        diffed = Diffed(changes=True) if trigger else self._diff(case, keeper)
        verdict = judge(goal, old, diffed, trigger=trigger)
        marks = self._marks
        with self._lock:
            if case.urn in marks.deleted:  # meanwhile, together with something it depended on
                return self._recreate(case)
            (marks.replaced if verdict.action == "replace" else marks.kept).add(case.urn)
        if verdict.action == "same":
            if case.imported:
                return Registered(old)
            return self._execute(new, [Task(op=tasks.SAME, old=old, new=new)])
        if verdict.action == "update":
            why = verdict.diffed
            task = Task(op=tasks.UPDATE, old=old, new=new, diffs=why.diffs, detailed=why.detailed)
            return self._execute(new, [task])
        self._allow_replacement(case, verdict.diffed)
        if keeper is not None and not self._asked_to_replace(case):
            checked = keeper.check(case.urn, {}, goal.properties, seed)
            new.inputs = checked.inputs
            self._refuse(case, checked.failures)
        first = self._deletions_before(case) if verdict.delete_first else []
        return self._execute(new, [*first, *tasks.replacement(old, new, verdict.diffed, keep_old=not verdict.delete_first)])

    def _allow_replacement(self, case: _Case, diffed: Diffed) -> None:
        old, new, urn = case.old, case.new, case.urn
        assert old
        if new.protect and old.protect:
            message = (
                f'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect the '
                "resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
            self._reporter.say("error", message, urn)
            self._parts.saw_error = True
            if not self._dry_run:
                raise Abort(message)
        if case.goal.import_id:
            keys = "\n".join(diffed.replaces)
            message = (
                "previously-imported resources that still specify an ID may not be replaced; please remove the "
                f"`import` declaration from your program;\n{keys}"
            )
            if not self._dry_run:
                raise MlinfraError(message)
            self._reporter.say("warning", message, urn)

    def _deletions_before(self, case: _Case) -> list[Task]:
        """The deletions of a resource, and of what has to be replaced with it, that go before its replacement."""
        marks, old = self._marks, case.old
        assert old
        chain = []
        with self._lock:
            for state, keys in reversed(replaced_with(old, self._ledger, marks, self._registry)):
                if id(state) in marks.deleting:
                    continue
                if state.protect:
                    self._parts.saw_error = True
                    raise self._parts.refuse(
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

    def _recreate(self, case: _Case) -> Registered:
        """Make anew what was deleted because something it depended on was replaced."""
        assert case.old
        with self._lock:
            self._marks.deleted.discard(case.urn)
            self._marks.replaced.add(case.urn)
            keys = self._marks.dependent_keys.get(case.urn, ())
        replace_task, create = tasks.replacement(case.old, case.new, Diffed(changes=True), keep_old=False)
        create.keys = keys
        return self._execute(case.new, [replace_task, create])

    def _leave(self, case: _Case) -> Registered:
        """The resource is not what the run is about: it stays as it was, with what it depended on."""
        old = case.old
        assert old
        if old.provider and not self._registry.known(old.provider):
            raise MlinfraError(
                f"provider {old.provider} for resource {case.urn} has not been registered yet, this is due to a change of "
                "providers mixed with --target. Change your program back to the original providers"
            )
        with self._lock:
            self._marks.kept.add(case.urn)
            chain = self.carried(old)
        return self._execute(chain[-1].state, chain)

    def carried(self, old: ResourceState) -> list[Task]:
        """`same` for a resource of before and for what it depends on, as far as nothing was decided, in that order."""
        marks, chain = self._marks, list[Task]()
        marks.registered.add(old.urn)
        marks.kept.add(old.urn)
        needed = [*filter(None, [provider_urn(old)]), *dependencies(old)]
        for urn in needed:
            state = self._ledger.olds.get(urn)
            if state is not None and not marks.decided(urn) and not marks.stays(urn):
                chain += self.carried(state)
        chain.append(Task(op=tasks.SAME, old=old, new=replace(old, id=""), untargeted=True))
        return chain

    def _execute(self, state: ResourceState, chain: list[Task]) -> Registered:
        skipped = self._run(state, chain)
        if skipped:
            return Registered(state, "skip")
        return Registered(state, unknown=chain[-1].skipped)

    def _run(self, state: ResourceState, chain: list[Task]) -> bool:
        """Have tasks done, unless something they depend on failed before; then returns true."""
        with self._lock:
            self._skipped.update(task.state.urn for task in self._executor.failed)
            if not self._skipped.isdisjoint(dependencies(state)):
                self._skipped.add(state.urn)
                return True
        self._executor.run(chain)
        return False
