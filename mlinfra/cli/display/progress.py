"""What a run is doing, folded from its events: the one model behind the live view, the plain lines and the listing."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from mlinfra.cli.display.words import QUIET, REPLACING, name_of
from mlinfra.engine.events import Diagnostic, Event, ResourceFailed, ResourceOutputs, ResourcePre, Step

if TYPE_CHECKING:
    from collections.abc import Callable

STACK_TYPE: Final = "pulumi:pulumi:Stack"


@dataclass(slots=True, eq=False)
class Row:
    """One resource in this run. Times are in seconds on the progress's clock.

    `op` is what becomes of the resource as a whole, `now` the step that is under way or was the last, `since` its start.
    """

    urn: str
    type: str
    op: str
    now: str
    parent: str
    custom: bool
    began: float
    since: float
    step: Step
    fidelity: str = ""
    ended: float = 0
    status: Literal["running", "done", "failed"] = "running"

    @property
    def name(self) -> str:
        """The resource's name."""
        return name_of(self.urn)

    @property
    def shown(self) -> bool:
        """Whether it is worth a line: something changes, or went wrong."""
        return self.status == "failed" or (self.op not in QUIET and self.type != STACK_TYPE)


@dataclass(slots=True)
class Progress:
    """Rows by URN in order of appearance, and everything that was said.

    `fidelity` says how a type is emulated ("" when it is not). `plan` is the preview of this run, if there was one: it
    tells how much there is to do. Views that draw from another thread hold `lock`.
    """

    fidelity: Callable[[str], str] = lambda _type: ""
    plan: Progress | None = None
    clock: Callable[[], float] = time.monotonic
    rows: dict[str, Row] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    saying: dict[str, str] = field(default_factory=dict)
    """What resources say of themselves at the moment."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    note: str = ""
    """What the user should know right now."""
    watched: bool = False
    """Whether a view is drawn over and over, so that nobody else should write to the terminal."""
    began: float = 0

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.began

    def feed(self, event: Event) -> Row | None:
        """Take in an event. Returns the row that it is about, if it is about one that users should see."""
        with self.lock:
            match event:
                case ResourcePre(step=step) | ResourceOutputs(step=step) | ResourceFailed(step=step) if step.internal:
                    return None
                case ResourcePre(step=step):
                    return self._pre(step)
                case ResourceOutputs(step=step):
                    return self._ended(step, "done")
                case ResourceFailed(step=step):
                    return self._ended(step, "failed")
                case Diagnostic(ephemeral=True):
                    self.saying[event.urn] = event.message.strip()
                case Diagnostic():
                    self.diagnostics.append(event)
            return None

    def running(self) -> list[Row]:
        """The rows under way."""
        return [row for row in self.rows.values() if row.status == "running" and row.type != STACK_TYPE]

    def _pre(self, step: Step) -> Row:
        row, now = self.rows.get(step.urn), self.clock()
        if row is None:
            state = step.new or step.old
            parent = state.parent if state else ""
            custom = bool(state and state.custom)
            fidelity = self.fidelity(step.type) if custom else ""
            row = Row(step.urn, step.type, step.op, step.op, parent, custom, now, now, step, fidelity)
            self.rows[step.urn] = row
        self._take(row, step)
        row.since = now
        if row.status != "failed":
            row.status = "running"
        return row

    def _ended(self, step: Step, status: Literal["done", "failed"]) -> Row:
        row = self.rows.get(step.urn) or self._pre(step)
        self._take(row, step)
        row.ended = self.clock()
        if row.status != "failed":
            row.status = status
        return row

    def _take(self, row: Row, step: Step) -> None:
        row.now = step.op
        if step.op in REPLACING or row.op == "replace":
            row.op = "replace"
        else:
            row.op = step.op
        # The deletion of what was replaced has no new state to compare with.
        if step.new is not None or row.step.new is None:
            row.step = step
