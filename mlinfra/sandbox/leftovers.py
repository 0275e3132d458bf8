"""What killed runs left behind: resources whose state is in doubt, and resources that no state has.

A run that is killed between a creation and its journal leaves a resource that its state calls "creating". The sandbox's
provider remembers it: the next `up` adopts it. But when the stack is destroyed, or the program no longer declares it,
nobody would ever ask for it again.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from mlinfra.engine.plugins import PluginSource
from mlinfra.sandbox.session import ABANDON, PACKAGES
from mlinfra.stack import urn as urns
from mlinfra.stack.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
    from mlinfra.stack.store import Store
    from mlinfra.stack.values import Properties


def doubtful(snapshot: Snapshot, operation: str) -> bool:
    """Whether an `up` or `destroy` must read first what is there, since a run was killed while it changed it.

    Pulumi leaves it to the user to refresh then, and builds upon what is gone otherwise. Deleting what is gone is no harm.
    """
    harmless = {"up": {"creating"}, "destroy": {"creating", "deleting"}}.get(operation)
    return harmless is not None and any(pending.type not in harmless for pending in snapshot.pending)


def settle(stack: Store, *, replacements_only: bool = False) -> None:
    """Delete what was created and no state has, and forget that it was being created.

    Replacements must go before the program says anew what it wants: it may want the old resource again. What else was
    being created may be adopted, so it can go only afterwards. Raises StackLockedError while somebody deploys the stack.
    """
    if not stack.interrupted or not _concerned(stack.load(), replacements_only=replacements_only):
        return
    with stack.lock("clear leftovers"):
        snapshot = stack.load()
        clear(snapshot, replacements_only=replacements_only)
        settled = _concerned(snapshot, replacements_only=replacements_only)
        snapshot.pending = [operation for operation in snapshot.pending if operation not in settled]
        stack.save(snapshot)


def clear(snapshot: Snapshot, *, replacements_only: bool = False) -> list[str]:
    """Delete from the account what was being created and is not in the snapshot; returns the ids.

    The caller has the lock of the snapshot's stack. Raises ProviderFailure.
    """
    return _abandon(snapshot, [one.resource for one in _concerned(snapshot, replacements_only=replacements_only)])


def confirm(stack: Store) -> None:
    """Tell the sandbox which resources of AWS the state has.

    What is created again on the user's word (`--replace`) would else pass for what a killed run was creating, and be
    taken for its own replacement.
    """
    snapshot = stack.load()
    managed = [state for state in snapshot.resources if state.provider and not state.external]
    _abandon(snapshot, [state for state in managed if urns.package_of(state.type) == "aws"])


def _abandon(snapshot: Snapshot, states: Iterable[ResourceState]) -> list[str]:
    """Delete what was made under the URNs of these, save what the snapshot has; returns the ids."""
    known: dict[str, list[str]] = defaultdict(list)
    for state in snapshot.resources:
        if not state.pending_replacement:  # that one was deleted, and its replacement may have the same id
            known[state.urn].append(state.id)
    lost: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for state in states:
        lost[state.provider][state.urn] = known[state.urn]
    cleared: list[str] = []
    for reference, missing in lost.items():
        provider = urns.Reference.parse(reference)
        package = urns.package_of(urns.type_of(provider.urn))
        plugin = PluginSource().open(package, "", engine_address="", project_dir="", env=dict(os.environ))
        try:
            plugin.configure(provider.urn, provider.id, _settings(snapshot, provider.urn))
            cleared += plain(plugin.invoke(ABANDON.format(package), {"lost": missing}).result)["ids"]
        finally:
            plugin.close()
    return cleared


def _settings(snapshot: Snapshot, provider: str) -> Properties:
    """What the provider was configured with: it leads to the cluster whose objects it looks after."""
    return next((state.inputs for state in snapshot.resources if state.urn == provider), {})


def _concerned(snapshot: Snapshot, *, replacements_only: bool) -> list[PendingOperation]:
    """The creations in the sandbox that were cut off."""
    known = {state.urn for state in snapshot.resources}
    return [
        operation
        for operation in snapshot.pending
        if operation.type == "creating"
        and urns.package_of(operation.resource.type) in PACKAGES
        and (not replacements_only or operation.resource.urn in known)
    ]
