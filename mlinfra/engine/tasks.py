"""What is decided to be done: one task per step, in Pulumi's words, and nothing yet about how it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.engine.events import Step
from mlinfra.stack import urn as urns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.engine.provider import Diffed, PropertyDiff
    from mlinfra.stack.state import ResourceState

SAME: Final = "same"
CREATE: Final = "create"
UPDATE: Final = "update"
DELETE: Final = "delete"
REPLACE: Final = "replace"
CREATE_REPLACEMENT: Final = "create-replacement"
DELETE_REPLACED: Final = "delete-replaced"
READ: Final = "read"
READ_REPLACEMENT: Final = "read-replacement"
REFRESH: Final = "refresh"
DISCARD: Final = "discard"
DISCARD_REPLACED: Final = "discard-replaced"
REMOVE_PENDING_REPLACE: Final = "remove-pending-replace"
IMPORT: Final = "import"
IMPORT_REPLACEMENT: Final = "import-replacement"

# Parts of a replacement that are not counted themselves, and bookkeeping.
_PARTS: Final = frozenset(
    {
        CREATE_REPLACEMENT,
        DELETE_REPLACED,
        READ_REPLACEMENT,
        REFRESH,
        DISCARD_REPLACED,
        REMOVE_PENDING_REPLACE,
        IMPORT_REPLACEMENT,
    }
)


@dataclass(slots=True, eq=False, kw_only=True)
class Task:
    """A step to be done to one resource. `old` and `new` are its states before and after.

    original: what an import replaces. keep_old: a replacement is made before the old one is deleted.
    recreated: a deletion after which a replacement will be made. skipped: a `same` for something that is not there and
    is not to be made now. untargeted: a `same` because the run is not about it. adopted: an import on the user's word, with
    no program to say what the resource should be; refusal: why that cannot be. seed: for names that a provider makes up.
    outcome: what a refresh turned out to be.
    """

    op: str
    old: ResourceState | None = None
    new: ResourceState | None = None
    original: ResourceState | None = None
    keys: tuple[str, ...] = ()
    diffs: tuple[str, ...] = ()
    detailed: Mapping[str, PropertyDiff] | None = None
    keep_old: bool = False
    recreated: bool = False
    skipped: bool = False
    untargeted: bool = False
    adopted: bool = False
    refusal: str = ""
    seed: bytes = b""
    internal: bool = False
    outcome: str = ""

    @property
    def state(self) -> ResourceState:
        """The state after the step or, where there is none, before it."""
        state = self.new or self.old
        assert state is not None
        return state

    @property
    def logical(self) -> bool:
        """Whether the step counts by itself rather than as a part of another one."""
        return self.op not in _PARTS

    def view(self, op: str, hidden: tuple[str, ...]) -> Step:
        """The step as events show it."""
        state = self.state
        return Step(
            op=op,
            urn=state.urn,
            type=state.type,
            old=self.old,
            new=self.new,
            keys=self.keys,
            diffs=self.diffs,
            detailed_diff=self.detailed,
            logical=self.logical,
            provider=state.provider,
            internal=self.internal or self.op == REMOVE_PENDING_REPLACE or urns.is_default_provider(state.urn),
            hidden=hidden,
        )


def replacement(old: ResourceState, new: ResourceState, diffed: Diffed, *, keep_old: bool) -> list[Task]:
    """A replacement: what is shown as one step, and the creation that is part of it, in Pulumi's order."""
    why = {"keys": diffed.replaces, "diffs": diffed.diffs, "detailed": diffed.detailed}
    create = Task(op=CREATE_REPLACEMENT, old=old, new=new, keep_old=keep_old, **why)  # type: ignore[arg-type]
    replace = Task(op=REPLACE, old=old, new=new, keep_old=keep_old, **why)  # type: ignore[arg-type]
    return [create, replace] if keep_old else [replace, create]


def deletion(old: ResourceState, *, replaced: bool = False, recreated: bool = False) -> Task:
    """The removal of a resource; what is only read is let go of instead. `replaced`: as part of a replacement."""
    if old.external:
        return Task(op=DISCARD_REPLACED if replaced else DISCARD, old=old, recreated=recreated)
    return Task(op=DELETE_REPLACED if replaced else DELETE, old=old, recreated=recreated)
