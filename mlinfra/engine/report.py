"""Tells the audience of a run what happens, and counts."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from mlinfra.engine import diff, events, tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlinfra.engine.tasks import Task
    from mlinfra.stack.state import PendingOperation


class Reporter:
    """One run's events, emitted one at a time from whichever thread."""

    def __init__(
        self, emit: Callable[[events.Event], None], *, preview: bool, refreshing: bool, hidden: tuple[str, ...]
    ) -> None:
        self.changes: Counter[str] = Counter()
        self.errors: list[str] = []
        self._emit = emit
        self._preview = preview
        self._refreshing = refreshing
        self._hidden = hidden
        self._lock = threading.Lock()

    def emit(self, event: events.Event) -> None:
        """Emit any event."""
        with self._lock:
            self._emit(event)

    def begin(self, config: Mapping[str, str]) -> None:
        """The run begins."""
        self.emit(events.Prelude(config=config, preview=self._preview))

    def end(self, duration: float, *, failed: bool) -> None:
        """The run is over after `duration` seconds."""
        self.emit(events.Summary(changes=dict(self.changes), duration=duration, preview=self._preview, failed=failed))

    def say(
        self, severity: events.Severity, message: str, urn: str = "", *, ephemeral: bool = False, stream: int = 0
    ) -> None:
        """A message; texts of the configuration's secrets in it are blanked."""
        text = events.blanked(message, self._hidden)
        if severity == "error":
            self.errors.append(text)
        self.emit(events.Diagnostic(severity=severity, message=text, urn=urn, ephemeral=ephemeral, stream_id=stream))

    def started(self, task: Task) -> None:
        """A step starts."""
        self.emit(events.ResourcePre(step=task.view(task.op, self._hidden), preview=self._preview))

    def done(self, task: Task) -> None:
        """A step is done."""
        op, counted = task.op, task.logical
        if self._refreshing and op == tasks.REFRESH:
            op, counted = task.outcome, True
        elif op == tasks.READ:
            before, after = task.old, task.new
            counted = before is not None and after is not None and not diff.equal(before.outputs, after.outputs)
        step = task.view(op, self._hidden)
        with self._lock:
            if counted and not step.internal:
                self.changes[op] += 1
            if self._preview or task.state.custom or task.op in (tasks.DELETE, tasks.REFRESH):
                self._emit(events.ResourceOutputs(step=step, preview=self._preview))

    def outputs(self, task: Task) -> None:
        """The outputs of a component or of the stack were registered."""
        self.emit(events.ResourceOutputs(step=task.view(task.op, self._hidden), preview=self._preview))

    def failed(self, task: Task, message: str) -> None:
        """A step failed."""
        step = task.view(task.op, self._hidden)
        self.say("error", f"Preview failed: {message}" if self._preview else message, "" if step.internal else step.urn)
        if not self._preview:
            self.emit(events.ResourceFailed(step=step, steps=self.changes.total()))

    def warn_of_pending(self, pending: Sequence[PendingOperation]) -> None:
        """Say what an earlier run was doing when it was cut off."""
        listed = "".join(f"  * {operation.resource.urn}, interrupted while {operation.type}\n" for operation in pending)
        self.say(
            "warning",
            f"Attempting to deploy or update resources with {len(pending)} pending operations from previous deployment.\n"
            f"{listed}These resources are in an unknown state because the run was interrupted while waiting for changes to "
            "these resources to complete. Check in the provider whether the operations listed completed successfully.\n"
            "A refresh reads what is there and clears the operations, except for those that were creating something: these "
            "are cleared by a refresh with --clear-pending-creates.",
        )
