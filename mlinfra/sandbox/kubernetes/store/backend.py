"""The object stores of all clusters of one account, kept with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mlinfra.sandbox.kubernetes.store.cluster import StoreCluster
from mlinfra.sandbox.kubernetes.store.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, MutableMapping

    from mlinfra.sandbox.kubernetes.backend import Target


class Stores:
    """A `Backend` in this process. `kept` is where the clusters are kept by key; `changed` is told of every change.

    Whoever writes down what is kept holds `lock` meanwhile.
    """

    def __init__(
        self,
        kept: MutableMapping[str, State] | None = None,
        changed: Callable[[], None] = lambda: None,
        lock: threading.RLock | None = None,
    ) -> None:
        self._kept: MutableMapping[str, State] = {} if kept is None else kept
        self._changed = changed
        self._lock = lock or threading.RLock()

    def open(self, target: Target) -> StoreCluster:
        """See `Backend`."""
        with self._lock:
            state = self._kept.get(target.key)
            if state is None:
                state = self._kept[target.key] = State.new(target.name)
                self._changed()
            return StoreCluster(target, state, self._lock, self._changed)

    def keep(self, existing: Collection[str]) -> None:
        """See `Backend`."""
        with self._lock:
            for key in [key for key in self._kept if key not in existing]:
                del self._kept[key]
                self._changed()

    def inventory(self) -> dict[str, list[str]]:
        """See `Backend`."""
        with self._lock:
            return {state.name: found for state in self._kept.values() if (found := state.inventory())}

    def reset(self) -> None:
        """See `Backend`."""
        with self._lock:
            self._kept.clear()
            self._changed()
