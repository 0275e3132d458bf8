"""What the parts of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlinfra.engine.callbacks import Hooks
    from mlinfra.engine.executor import Executor
    from mlinfra.engine.ledger import Ledger
    from mlinfra.engine.marks import Marks
    from mlinfra.engine.registry import Registry
    from mlinfra.engine.report import Reporter
    from mlinfra.engine.targets import Selection
    from mlinfra.engine.turns import Turns


class Abort(Exception):
    """The run cannot go on; why has been reported."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """One run's books, providers, voice, hands and decisions. `saw_error`: something was reported that fails the run."""

    ledger: Ledger
    registry: Registry
    reporter: Reporter
    hooks: Hooks
    marks: Marks
    selection: Selection
    turns: Turns  # whose it is to decide
    dry_run: bool
    parallel: int
    continue_on_error: bool
    executor: Executor = field(init=False)
    saw_error: bool = False
    aborted: bool = False

    def abort(self) -> None:
        """End the run as soon as what is under way is done."""
        self.aborted = True
        self.executor.stop()

    def refuse(self, urn: str, message: str) -> Abort:
        """Report an error; returns what to raise."""
        self.reporter.say("error", message, urn)
        return Abort(message)
