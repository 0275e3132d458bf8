"""What is to become of a resource, given what it was, what it should be and what its provider says. Nothing is done here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlinfra.engine import diff
from mlinfra.engine.provider import Diffed
from mlinfra.stack.values import has_unknowns, plain

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from mlinfra.engine.goal import Goal
    from mlinfra.stack.state import ResourceState


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a resource that exists, why, and whether a replacement deletes the old one first."""

    action: Literal["same", "update", "replace"]
    diffed: Diffed
    delete_first: bool = False


def imports(goal: Goal, old: ResourceState | None) -> bool:
    """Whether the resource is to be taken over from the provider under the id that the program gives."""
    wanted = goal.state
    if not wanted.custom or not wanted.import_id:
        return False
    return old is None or old.external or (old.import_id or old.id) != wanted.import_id


def triggered(new: Any, old: Any) -> bool:
    """Whether the option `replacement_trigger` calls for a replacement: its value changed, or is not known."""
    if has_unknowns(new) or has_unknowns(old):
        return True
    return new is not None and old is not None and not diff.equal(plain(new), plain(old))


def forced(new: ResourceState, replaced: AbstractSet[str], *, asked: bool) -> Diffed | None:
    """The difference that is there whatever the provider says; None when it is to be asked.

    `asked`: the user wants the resource replaced, or it is tainted. `replaced` are the URNs replaced in this run.
    """
    if asked:
        return Diffed(changes=True, replaces=("id",))
    if not replaced.isdisjoint(new.replace_with):
        return Diffed(changes=True, replaces=("replaceWith",))
    if new.deleted_with in replaced:
        return Diffed(changes=True, replaces=("deletedWith",))
    return None


def judge(goal: Goal, old: ResourceState, diffed: Diffed, *, trigger: bool = False) -> Verdict:
    """What to do about a difference. Raises ValueError for a malformed path in `replace_on_changes`."""
    unready = bool(old.init_errors)
    diffed = diff.with_replace_on_changes(diffed, goal.state.replace_on_changes, init_errors=unready)
    if (diffed.changes or old.pending_replacement) and (diff.replaces(diffed) or trigger or old.pending_replacement):
        asked = goal.delete_before_replace
        return Verdict("replace", diffed, diffed.delete_before_replace if asked is None else asked)
    return Verdict("update" if diffed.changes or unready else "same", diffed)
