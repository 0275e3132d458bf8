"""What killed runs left behind: resources whose state is in doubt, and resources that no state has.

A run that is killed between a creation and its journal leaves a resource that its state calls "creating". The sandbox's
provider remembers it: the next `up` adopts it. But when the stack is destroyed, or the program no longer declares it,
nobody would ever ask for it again.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from mlinfra.engine import urn as urns
from mlinfra.engine.plugins import PluginSource
from mlinfra.engine.values import plain
from mlinfra.sandbox.session import PACKAGES

if TYPE_CHECKING:
    from mlinfra.engine.state import Snapshot
    from mlinfra.engine.store import Store


def doubtful(snapshot: Snapshot) -> bool:
    """Whether a run was killed while it updated or deleted, so that the state may name what is gone.

    Pulumi leaves it to the user to refresh then, and builds upon what is gone otherwise.
    """
    return any(operation.type != "creating" for operation in snapshot.pending)


def settle(stack: Store) -> None:
    """Clear what is lost to the stack. Raises StackLockedError while somebody deploys it."""
    if lost(stack.load()):
        with stack.lock("clear leftovers"):
            clear(stack.load())


def lost(snapshot: Snapshot) -> dict[str, list[str]]:
    """The URNs that were being created and did not come into the snapshot, by the reference to their provider."""
    known = {state.urn for state in snapshot.resources}
    found: dict[str, list[str]] = defaultdict(list)
    for operation in snapshot.pending:
        state = operation.resource
        if operation.type == "creating" and urns.package_of(state.type) in PACKAGES and state.urn not in known:
            found[state.provider].append(state.urn)
    return found


def clear(snapshot: Snapshot) -> list[str]:
    """Delete from the account what is lost to the snapshot; returns the ids.

    The caller has the lock of the snapshot's stack. Raises ProviderFailure.
    """
    from mlinfra.sandbox.aws.invokes import ABANDON  # slow to import, and seldom needed

    providers = {f"{s.urn}::{s.id}": s for s in snapshot.resources if urns.is_provider(s.type)}
    cleared: list[str] = []
    for reference, missing in lost(snapshot).items():
        state = providers.get(reference)
        if state is None:  # its resources went with it
            continue
        plugin = PluginSource().open(
            urns.package_of(state.type), "", engine_address="", project_dir="", env=dict(os.environ)
        )
        try:
            plugin.configure(state.urn, state.id, state.inputs)
            cleared += plain(plugin.invoke(ABANDON, {"urns": missing}).result)["ids"]
        finally:
            plugin.close()
    return cleared
