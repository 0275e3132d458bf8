"""What a run is told, and what it answers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlinfra.engine.provider import ProviderSource
    from mlinfra.stack.state import Snapshot
    from mlinfra.stack.values import Properties


class Cancellation(threading.Event):
    """Set it to cancel a run gracefully: providers are asked to cancel, running work ends, the state is kept.

    `set` may be called from a signal handler; what follows happens on a thread of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._listeners: list[Callable[[], None]] = []

    def set(self) -> None:
        """Cancel the runs that listen."""
        super().set()
        threading.Thread(target=self._tell, name="cancel").start()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called on cancellation, at once when that has already happened; returns what ends that."""
        self._listeners.append(listener)
        if self.is_set():
            listener()
        return lambda: self._listeners.remove(listener)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run. Names are those of the pulumi command's options.

    Targets, excludes and replaces are URNs; targets and excludes may have the wildcards `*` (within one part of a URN)
    and `**`. `plugins` is where providers come from (default: plugins on this machine, as Pulumi finds them), `env` is
    added to the environment of the program and the plugins. With `take_over_lock` a run goes on where a process that
    died left the stack's lock behind; without, as with Pulumi, a person has to cancel first. `start` starts something else
    than the project's program, with the arguments of `mlinfra.engine.program.Program`.
    """

    parallel: int = 16
    continue_on_error: bool = False
    refresh: bool = False
    run_program: bool = False
    targets: tuple[str, ...] = ()
    target_dependents: bool = False
    excludes: tuple[str, ...] = ()
    exclude_dependents: bool = False
    exclude_protected: bool = False
    replaces: tuple[str, ...] = ()
    clear_pending_creates: bool = False
    plugins: ProviderSource | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    take_over_lock: bool = False
    start: Callable[..., Any] | None = None
    cancel: Cancellation = field(default_factory=Cancellation)


@dataclass(frozen=True)
class ImportItem:
    """A resource to import: its type token, the name that the program will give it, and its id in the cloud.

    parent, provider: URNs (default: the stack, and the package's default provider).
    """

    type: str
    name: str
    id: str
    parent: str = ""
    provider: str = ""
    protect: bool = True


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run came to. `changes` counts resources by operation, `outputs` are the stack's, `duration` in seconds.

    The snapshot is the state after the run, of a preview the state that there would be. `errors` are the messages of
    severity error, in order.
    """

    failed: bool
    changes: dict[str, int]
    outputs: Properties
    duration: float
    snapshot: Snapshot
    errors: list[str] = field(default_factory=list)
