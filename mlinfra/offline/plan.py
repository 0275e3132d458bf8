"""Plans without a cloud, a state or credentials: run a stack's program and see what it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.engine import Options, Stack, graphs, preview
from mlinfra.errors import MlinfraError
from mlinfra.offline.provider import OfflineSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlinfra.engine.events import Event
    from mlinfra.graph import ResourceGraph


class PlanError(MlinfraError):
    """The program, or something that it declares, is wrong. `errors` are the engine's messages."""

    def __init__(self, what: str, errors: Sequence[str]) -> None:
        super().__init__("\n".join([f"the program of {what} cannot be planned:", *errors]))
        self.errors = tuple(errors)


def plan_stack(
    stack: Stack, *, emit: Callable[[Event], None] | None = None, start: Callable[..., object] | None = None
) -> ResourceGraph:
    """What a stack's program declares. Raises PlanError when it fails.

    The stack should have no state (`Stack.open` with an empty home): a plan says what there is to be, not what changes.
    """
    result = preview(stack, Options(plugins=OfflineSource(), start=start), emit or (lambda _: None))
    if result.failed:
        raise PlanError(str(stack), result.errors)
    return graphs.from_snapshot(result.snapshot)
