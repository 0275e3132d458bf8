"""What a stack consists of: resource states, pending operations and the snapshot that holds them.

The shapes are Pulumi's deployment v3 (sdk/go/common/apitype `ResourceV3`, `OperationV2`, `DeploymentV3`).
Values inside carry the classes of `mlinfra.stack.values`; `mlinfra.stack.store` writes and reads the JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.stack.values import Properties


@dataclass(slots=True, kw_only=True)
class ResourceState:
    """One resource as last known. Field names are those of the JSON in snake case."""

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""  # "urn::id"
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)  # create, update, delete, read: seconds
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    created: str = ""  # RFC 3339, UTC
    modified: str = ""
    source_position: str = ""  # project:///path#line,column
    stack_trace: list[dict[str, Any]] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    refresh_before_update: bool = False
    resource_hooks: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, Any] = field(
        default_factory=dict
    )  # fields of the JSON that this version does not know, kept as they are


@dataclass(slots=True)
class PendingOperation:
    """A provider call that was under way when the state was written: creating, updating, deleting, reading, importing."""

    type: str
    resource: ResourceState


@dataclass(slots=True)
class Snapshot:
    """A stack's resources, dependencies before dependants, and the operations of a run that did not end."""

    resources: list[ResourceState] = field(default_factory=list)
    pending: list[PendingOperation] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # as in ResourceState


class Journal(Protocol):
    """Where a deployment writes what it does, as it does it. Calls may come from several threads.

    After every call that returns, a killed process loses nothing: what is loaded next is the snapshot that the
    deployment began with, with everything journalled applied, in dependency order. Resources are told apart as objects:
    `old` must be one of the base snapshot's or one that was journalled before.
    """

    def begin(self, operation: str, state: ResourceState) -> int:
        """A provider call starts (creating, updating, deleting, reading, importing). Returns its number."""
        ...

    def end(self, number: int | None, *, old: ResourceState | None, new: ResourceState | None) -> None:
        """The call is over: `old` (if any) leaves the snapshot, `new` (if any) enters it.

        `number` is None for steps that call no provider (same, components, discards). When a call failed and changed
        nothing, both are None and only the pending operation goes. A `new` under a URN that a living resource still
        has, which is not `old`, is its replacement: the living one becomes one to be deleted, in the same step. The same
        object as `old` and `new` writes down what changed in it.
        """
        ...

    def outputs(self, state: ResourceState) -> None:
        """The outputs of a resource that is already in the new snapshot were registered."""
        ...

    def finish(self, order: Iterable[ResourceState], pending: Iterable[PendingOperation]) -> None:
        """The deployment is over: the final snapshot, in order. Afterwards the journal is empty."""
        ...
