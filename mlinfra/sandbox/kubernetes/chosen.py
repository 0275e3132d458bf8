"""Which backend answers: the control plane where one is wanted, the object store otherwise.

A control plane that is wanted and down is an error and no reason to ask the store: it knows nothing of what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlinfra.sandbox.kubernetes.backend import Backend, Cluster, Target


class Switch(Protocol):
    """What knows whether there is to be a control plane."""

    @property
    def wanted(self) -> bool:
        """Whether the sandbox is to run with a control plane."""
        ...

    @property
    def backend(self) -> Backend:
        """The backend that is the control plane."""
        ...


class Chosen:
    """The backend of every cluster: one at a time, whichever is on."""

    def __init__(self, store: Backend, control_plane: Switch) -> None:
        self._store, self._control_plane = store, control_plane

    @property
    def now(self) -> Backend:
        """The backend that answers now."""
        return self._control_plane.backend if self._control_plane.wanted else self._store

    def open(self, target: Target) -> Cluster:
        """The API of a cluster."""
        return self.now.open(target)

    def keep(self, existing: Collection[str]) -> None:
        """Forget what belongs to clusters that are gone."""
        self._store.keep(existing)
        if self._control_plane.wanted:
            self._control_plane.backend.keep(existing)

    def inventory(self) -> Mapping[str, Sequence[str]]:
        """What exists in each cluster."""
        return self.now.inventory()

    def reset(self) -> None:
        """Forget everything in the object store; the control plane is emptied by the server that runs it."""
        self._store.reset()
