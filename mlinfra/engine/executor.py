"""When things are done: as many tasks at once as allowed, none after a stop, each written to the ledger."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from mlinfra.engine import tasks
from mlinfra.engine.callbacks import CallbackError, HookError
from mlinfra.engine.performer import Performer, Protected
from mlinfra.errors import MlinfraError
from mlinfra.stack import urn as urns
from mlinfra.stack.values import Properties, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

    from mlinfra.engine.parts import Parts
    from mlinfra.engine.tasks import Task
    from mlinfra.stack.state import ResourceState

_PENDING: Final = {
    tasks.CREATE: "creating",
    tasks.CREATE_REPLACEMENT: "creating",
    tasks.UPDATE: "updating",
    tasks.DELETE: "deleting",
    tasks.DELETE_REPLACED: "deleting",
    tasks.READ: "reading",
    tasks.READ_REPLACEMENT: "reading",
    tasks.IMPORT: "importing",
    tasks.IMPORT_REPLACEMENT: "importing",
}
# The state before makes way for the state after, if there is one. Everything else brings in a state beside the old one.
_IN_PLACE: Final = frozenset({tasks.SAME, tasks.UPDATE, tasks.REFRESH, tasks.READ, tasks.REMOVE_PENDING_REPLACE})


class Stopped(Exception):
    """The run was stopped, by an error elsewhere or by the user."""


class TaskFailed(Exception):
    """A task failed; it has been reported."""


class Executor:
    """Performs tasks for whichever thread asks.

    A failure stops the run when its turn comes: what was registered before it is still decided about, and begun if
    there is a place for it.
    """

    def __init__(self, parts: Parts) -> None:
        self.failed: list[Task] = []
        self.errors = 0
        self.stopping = threading.Event()
        self.on_stop: Callable[[], None] = lambda: None
        self._ledger, self._reporter, self._turns, self._dry_run = (
            parts.ledger,
            parts.reporter,
            parts.turns,
            parts.dry_run,
        )
        self._continue, self._parallel = parts.continue_on_error, parts.parallel
        self._performer = Performer(parts, after_error=self._count_error)
        self._running = 0
        self._failing = 0  # how many tasks wait for their turn to stop the run
        self._changed = threading.Condition()
        self._registered: dict[str, Task] = {}  # whose outputs may still be registered

    def stop(self) -> None:
        """Start nothing more; what runs goes on to its end."""
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()
        self.on_stop()

    def wait(self) -> None:
        """Wait for what runs to end."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running)

    def claim(self) -> None:
        """Take one of the places for what is done at once, which `run` gives back; raises Stopped when the run is over.

        Whoever decides claims while it has the turn: nothing more is decided while all places are taken, and what has
        a place begins, whatever stops the run in the next turn.
        """
        if not self._take(1):
            raise Stopped

    def _take(self, most: int) -> int:
        """Take places, as many as there are up to `most`; waits for the first one. None when the run is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._running < self._parallel or self._failing or self.stopping.is_set())
            taken = 0 if self.stopping.is_set() else min(most, self._parallel - self._running)
            self._running += taken
            return taken

    def run(self, chain: Sequence[Task], *, tolerant: bool = False) -> None:
        """Perform tasks one after the other in the place that was claimed; raises Stopped, or TaskFailed when one fails.

        A failure stops the run unless errors are to be passed over, in general or, with `tolerant`, here.
        """
        try:
            for number, task in enumerate(chain):
                if number and (self._failing or self.stopping.is_set()):
                    raise Stopped
                self._perform(task, tolerant=tolerant)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def run_all(self, batch: Iterable[Task], *, tolerant: bool = False) -> None:
        """Perform tasks side by side and wait for all of them; failures are in `failed` and `errors`."""

        def one(task: Task) -> None:
            with suppress(Stopped, TaskFailed):
                self.run([task], tolerant=tolerant)

        waiting = list(batch)
        running: list[Future[None]] = []
        with ThreadPoolExecutor(max(1, min(self._parallel, len(waiting))), "step") as pool:
            while waiting and (places := self._take(len(waiting))):  # what can begin begins, whatever fails then
                running += [pool.submit(one, task) for task in waiting[:places]]
                del waiting[:places]
        for future in running:
            future.result()

    def _perform(self, task: Task, *, tolerant: bool) -> None:
        self._reporter.started(task)
        number = self._begin(task)
        try:
            partial = self._performer.perform(task)
        except (MlinfraError, HookError, CallbackError, OSError) as error:
            self._ledger.end(number)
            self._fail(task, str(error), tolerant=tolerant or isinstance(error, Protected))
            raise TaskFailed from error
        if task.new is not None and task.op != tasks.REPLACE:
            _keep_secret(task.new)
            reading = task.op in (tasks.READ, tasks.READ_REPLACEMENT)
            (self._ledger.reads if reading else self._ledger.news)[task.new.urn] = task.new
        self._end(task, number)
        if partial:
            self._fail(task, partial, tolerant=tolerant)
            raise TaskFailed
        if task.logical and task.new is not None:
            self._registered[task.new.urn] = task
        self._reporter.done(task)

    def _begin(self, task: Task) -> int | None:
        """Note that a provider's call is under way, so that a crash in the middle of it can be told."""
        kind, state = _PENDING.get(task.op), task.state
        if kind is None or self._dry_run or not state.custom or urns.is_provider(state.type):
            return None
        if kind == "deleting" and self._performer.left_alone(state):
            return None
        return self._ledger.begin(kind, state)

    def _end(self, task: Task, number: int | None) -> None:
        old, new = task.old, task.new
        if task.op in _IN_PLACE:
            if not task.skipped:
                self._ledger.end(number, old, new)
        elif new is None:
            self._ledger.end(number, old, old if task.recreated else None)
        elif task.op != tasks.REPLACE:
            self._ledger.end(number, old if old and old.pending_replacement else None, new)

    def _fail(self, task: Task, message: str, *, tolerant: bool) -> None:
        self._reporter.failed(task, message)
        self.failed.append(task)
        self.errors += 1
        if not (self._continue or tolerant):
            self._stop_in_turn()

    def _count_error(self) -> None:
        self.errors += 1
        if not self._continue:
            self._stop_in_turn()

    def _stop_in_turn(self) -> None:
        with self._changed:
            self._failing += 1
            self._changed.notify_all()
        with self._turns:
            self.stop()

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """The outputs of a component, or of the stack; raises LookupError for anything else."""
        task = self._registered.pop(urn, None)
        if task is None or task.new is None:
            raise LookupError(f"cannot complete a resource '{urn}' whose registration isn't pending")
        if task.skipped:
            return
        task.new.outputs = outputs
        if not task.new.custom and task.op in (tasks.CREATE, tasks.UPDATE):
            self._performer.after(f"After{task.op.title()}", task)
        self._reporter.outputs(task)
        self._ledger.changed(task.new)


def _keep_secret(state: ResourceState) -> None:
    """Mark as secret the outputs that are to be, and those that come from a secret input of the same name."""
    names = {key for key, value in state.inputs.items() if isinstance(value, Secret)}
    names.update(state.additional_secret_outputs)
    found = [key for key in names if key in state.outputs and not isinstance(state.outputs[key], Secret)]
    if found:
        state.outputs = {**state.outputs, **{key: Secret(state.outputs[key]) for key in found}}
