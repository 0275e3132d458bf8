"""What one task means: the calls to its provider and hooks, and what they leave in its states."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mlinfra.engine import diff, tasks
from mlinfra.engine.callbacks import CallbackError, HookError
from mlinfra.engine.goal import now
from mlinfra.engine.provider import Held, InitFailure, ProviderFailure, ReadResult, held
from mlinfra.errors import MlinfraError
from mlinfra.stack import urn as urns
from mlinfra.stack.values import UNKNOWN_STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlinfra.engine.parts import Parts
    from mlinfra.engine.tasks import Task
    from mlinfra.stack.state import ResourceState

_MAX_TRIES: Final = 100


class Protected(MlinfraError):
    """The resource is protected against what was to be done."""


class Performer:
    """Performs tasks, one per call, in whichever thread.

    `after_error` is told of hooks that failed after the fact: what was done is kept, and the run has failed.
    """

    def __init__(self, parts: Parts, *, after_error: Callable[[], None]) -> None:
        self._registry, self._reporter, self._hooks = parts.registry, parts.reporter, parts.hooks
        self._deletes, self._dry_run, self._after_error = parts.marks.deleted, parts.dry_run, after_error
        self._do: Final[dict[str, Callable[[Task], str]]] = {
            tasks.SAME: self._same,
            tasks.CREATE: self._create,
            tasks.CREATE_REPLACEMENT: self._create,
            tasks.UPDATE: self._update,
            tasks.DELETE: self._delete,
            tasks.DELETE_REPLACED: self._delete,
            tasks.DISCARD: self._delete,
            tasks.DISCARD_REPLACED: self._delete,
            tasks.READ: self._read,
            tasks.READ_REPLACEMENT: self._read,
            tasks.REFRESH: self._refresh,
            tasks.IMPORT: self._import,
            tasks.IMPORT_REPLACEMENT: self._import,
        }

    def perform(self, task: Task) -> str:
        """Do it. Returns why the resource is not ready, when it exists but is not; raises when nothing was done."""
        action = self._do.get(task.op)
        return action(task) if action else ""

    def left_alone(self, state: ResourceState) -> bool:
        """Whether a resource leaves the state without its provider being asked to delete anything."""
        gone_with_owner = bool(state.deleted_with) and state.deleted_with in self._deletes
        return state.external or state.retain_on_delete or gone_with_owner or not state.custom

    def after(self, kind: str, task: Task) -> None:
        """Run hooks after the fact."""
        try:
            self._hooks.run(kind, task)
        except (HookError, CallbackError) as error:
            self._reporter.say("error", str(error), task.state.urn)
            self._after_error()

    def _same(self, task: Task) -> str:
        old, new = task.old, task.new
        assert old and new
        new.id, new.outputs = old.id, dict(old.outputs)
        if urns.is_provider(new.type) and not task.skipped and not task.untargeted:
            self._registry.same(new, old.inputs)
        return ""

    def _create(self, task: Task) -> str:
        new = task.new
        assert new
        self._hooks.run("BeforeCreate", task)
        partial = ""
        if new.custom:
            provider = self._registry.of(new)

            def create() -> None:
                timeout = new.custom_timeouts.get("create", 0)
                made = provider.create(new.urn, new.inputs, timeout=timeout, preview=self._dry_run)
                new.id, new.outputs, new.init_errors = made.id, made.outputs, []
                if not made.id and not self._dry_run:
                    raise ProviderFailure("provider did not return an ID from Create")

            partial = self._tried("create", task, create)
        new.created = new.modified = now()
        if task.keep_old and task.old:
            task.old.delete = True
        if new.custom and not partial:
            self.after("AfterCreate", task)
        return partial

    def _update(self, task: Task) -> str:
        old, new = task.old, task.new
        assert old and new
        new.id, new.created, new.modified = old.id, old.created, old.modified
        self._hooks.run("BeforeUpdate", task)
        if not new.custom:
            return ""
        provider = self._registry.of(new)

        def update() -> None:
            before, timeout = replace(held(old), urn=new.urn), new.custom_timeouts.get("update", 0)
            new.outputs = provider.update(
                before, new.inputs, ignore=new.ignore_changes, timeout=timeout, preview=self._dry_run
            )
            new.init_errors = []

        partial = self._tried("update", task, update)
        new.modified = now()
        if partial:
            new.inputs = dict(old.inputs)  # so that the next run tries again
        else:
            self.after("AfterUpdate", task)
        return partial

    def _delete(self, task: Task) -> str:
        old = task.old
        assert old
        self._hooks.run("BeforeDelete", task)
        if task.logical and old.protect:
            raise Protected(
                f'resource "{old.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either '
                "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the "
                f"command:\n`pulumi state unprotect '{old.urn}'`"
            )
        if not self._dry_run and not self.left_alone(old):
            provider, timeout = self._registry.of(old), old.custom_timeouts.get("delete", 0)

            def delete() -> None:
                provider.delete(held(old), timeout=timeout)

            self._tried("delete", task, delete)
        if task.recreated:
            old.pending_replacement = True
        self.after("AfterDelete", task)
        return ""

    def _tried(self, operation: str, task: Task, call: Callable[[], None]) -> str:
        """Call a provider, again where error hooks ask for it. Returns why the resource is not ready, if it is not."""
        state, errors = task.state, list[str]()
        while True:
            try:
                call()
            except InitFailure as error:
                state.id, state.outputs = error.id or state.id, error.outputs
                state.init_errors = list(error.reasons)
                errors.insert(0, _listed(error))
                if not self._again(operation, task, errors):
                    return errors[0]
            except ProviderFailure as error:
                errors.insert(0, str(error))
                if not self._again(operation, task, errors):
                    raise
            else:
                return ""

    def _again(self, operation: str, task: Task, errors: list[str]) -> bool:
        state = task.state
        if not state.resource_hooks.get("OnError"):
            return False
        if len(errors) >= _MAX_TRIES:
            self._reporter.say("warning", f"maximum number of error hook retries ({_MAX_TRIES}) reached", state.urn)
            return False
        if not self._hooks.retry(operation, task, errors):
            return False
        count = f"({len(errors)}/{_MAX_TRIES})"
        self._reporter.say("warning", f"retrying {operation} due to on-error hook request {count}", state.urn)
        return True

    def _look_up(self, wanted: Held, state: ResourceState) -> tuple[ReadResult, list[str]]:
        """What is there, and why it is not ready if it is not."""
        try:
            return self._registry.of(state).read(wanted, timeout=state.custom_timeouts.get("read", 0)), []
        except InitFailure as error:
            return ReadResult(error.id, error.inputs, error.outputs), list(error.reasons) or [_listed(error)]

    def _read(self, task: Task) -> str:
        old, new = task.old, task.new
        assert new
        if new.id == UNKNOWN_STRING:
            new.outputs = {}
        else:
            found, new.init_errors = self._look_up(Held(new.urn, new.id, new.inputs, new.inputs), new)
            if not found.id and not new.init_errors:
                raise ProviderFailure(f"resource '{new.id}' does not exist")
            new.id, new.outputs = found.id or new.id, found.outputs
        if old is not None:
            old.delete = old.delete or task.op == tasks.READ_REPLACEMENT
            new.created = old.created
            same = diff.equal(new.inputs, old.inputs) and diff.equal(new.outputs, old.outputs)
            new.modified = old.modified if same else now()
        return _counted(new.init_errors) if new.init_errors else ""

    def _refresh(self, task: Task) -> str:
        old = task.old
        assert old
        task.outcome = tasks.SAME
        if not old.custom or urns.is_provider(old.type) or old.pending_replacement:
            return ""
        found, reasons = self._look_up(held(old), old)
        if reasons:
            listed = "\n* ".join(reasons)
            self._reporter.say("warning", f"Refreshed resource is in an unhealthy state:\n* {listed}", old.urn)
        if not found.id:
            task.new, task.outcome = None, tasks.DELETE
            return ""
        task.new = new = replace(
            task.new or old, id=found.id, inputs=found.inputs, outputs=found.outputs, init_errors=reasons, aliases=[]
        )
        if not diff.equal(new.inputs, old.inputs) or not diff.equal(new.outputs, old.outputs):
            new.modified = now()
        if old.external:
            changed = not diff.equal(old.outputs, new.outputs)
        else:
            keeper = self._registry.of(old)
            diffed = diff.inverted(keeper.diff(held(new), old.inputs, old.ignore_changes))
            changed, task.diffs, task.detailed = bool(diffed.changes), diffed.diffs, diffed.detailed
        task.outcome = tasks.UPDATE if changed else tasks.SAME
        return ""

    def _import(self, task: Task) -> str:
        new = task.new
        assert new
        if task.refusal:
            raise MlinfraError(task.refusal)
        found, new.init_errors = self._look_up(Held(new.urn, new.import_id), new)
        if not found.id:
            raise ProviderFailure(f"resource '{new.import_id}' does not exist")
        new.id, new.inputs, new.outputs = found.id, found.inputs, found.outputs
        new.created = new.modified = now()
        if task.original is not None:
            task.original.delete = True
        if task.adopted:
            new.import_id = ""
            self._warn_of_invalid(new, task.seed)
        return ""

    def _warn_of_invalid(self, state: ResourceState, seed: bytes) -> None:
        """Say what the provider would not accept, were it in a program."""
        checked = self._registry.of(state).check(state.urn, state.inputs, state.inputs, seed)
        for failure in checked.failures:
            about = f"{state.type} resource '{urns.name_of(state.urn)}'"
            self._reporter.say("warning", f"{about}: {failure.property} has a problem: {failure.reason}", state.urn)


def _listed(error: InitFailure) -> str:
    """The reasons why a resource is not ready, as Pulumi lists them."""
    return _counted(error.reasons) if error.reasons else "resource init failed"


def _counted(reasons: Sequence[str]) -> str:
    count = "1 error" if len(reasons) == 1 else f"{len(reasons)} errors"
    return "\n\t* ".join([f"{count} occurred:", *reasons])
