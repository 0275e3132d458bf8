"""Plans in as little time as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.offline.plan import plan_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.engine import Stack
    from mlinfra.engine.events import Event
    from mlinfra.graph import ResourceGraph


def quick_plan(stack: Stack, *, emit: Callable[[Event], None] | None = None) -> ResourceGraph:
    """What a stack's program declares, as `plan_fresh` says it."""
    return plan_fresh(stack, emit=emit)
