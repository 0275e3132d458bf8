"""Plans in as little time as possible: what `mlinfra check` waits for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlinfra.engine.program import Program, launch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.engine import Stack
    from mlinfra.engine.events import Event
    from mlinfra.graph import ResourceGraph


def quick_plan(
    stack: Stack, *, emit: Callable[[Event], None] | None = None, meanwhile: Callable[[], None] = lambda: None
) -> ResourceGraph:
    """What a stack's program declares, as `plan_fresh` says it. Raises as it does, and ConfigError without a program.

    The program's Python imports what it needs while this one does: `meanwhile` is what the caller still has to load.
    """
    process = launch(stack, {})
    try:
        meanwhile()
        from mlinfra.offline.plan import plan_fresh

        return plan_fresh(stack, emit=emit, start=partial(Program, process=process))
    finally:
        if process.poll() is None:  # the run did not come to its program
            process.kill()
            process.wait()
