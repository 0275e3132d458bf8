"""Plans without a cloud, a state or credentials: run a stack's program and see what it declares."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mlinfra.engine import Options, Stack, preview
from mlinfra.engine.program import getting_ready
from mlinfra.errors import MlinfraError
from mlinfra.stack.store import Store
from mlinfra.stack.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlinfra.engine.events import Event
    from mlinfra.graph import ResourceGraph
    from mlinfra.stack.config import StackConfig
    from mlinfra.stack.values import Properties


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
    with getting_ready(stack, Options(start=start)) as options:
        # The program's Python imports what it needs while this one does.
        from mlinfra import graph_states as graphs
        from mlinfra.offline.provider import OfflineSource

        result = preview(stack, replace(options, plugins=OfflineSource()), emit or (lambda _: None))
    if result.failed:
        raise PlanError(str(stack), result.errors)
    return graphs.from_snapshot(result.snapshot)


def plan_fresh(
    stack: Stack, *, emit: Callable[[Event], None] | None = None, start: Callable[..., object] | None = None
) -> ResourceGraph:
    """What a stack's program declares, whether it was deployed or not: its state is not looked at. Raises as `plan_stack`."""
    with tempfile.TemporaryDirectory(prefix="mlinfra-plan-") as home:
        return plan_stack(_Undeployed(stack, Path(home)), emit=emit, start=start)


class _Undeployed(Stack):
    """A stack as it was before its first deployment. It knows its configuration and the other stacks."""

    def __init__(self, stack: Stack, home: Path) -> None:
        super().__init__(stack.project, stack.name, home=home, passphrase="")
        self._stack = stack

    @cached_property
    def config(self) -> StackConfig:
        """That of the stack."""
        return self._stack.config

    def other(self, reference: str) -> Store:
        """See `Stack`. Of one that is not there yet nothing is known, which is no reason to plan nothing."""
        found = self._stack.other(reference)
        return found if found.exists else _NotYet(self.home, found.project_name, found.name, passphrase="")


class _NotYet(Store):
    """A stack that is to be deployed before: it will have outputs, and nobody knows which."""

    @property
    def exists(self) -> bool:
        """See `Store`."""
        return True

    def outputs(self) -> Properties:
        """See `Store`."""
        return cast("Properties", UNKNOWN)
