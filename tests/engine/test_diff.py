"""What `replace_on_changes` makes of a provider's answer."""

from __future__ import annotations

import pytest

from mlinfra.engine import diff
from mlinfra.engine.provider import Diffed, DiffKind, PropertyDiff

UPDATE = PropertyDiff(DiffKind.UPDATE)


def test_what_the_paths_cover_replaces() -> None:
    found = Diffed(changes=True, diffs=("a", "b"), detailed={"a.x[0]": UPDATE, 'b["k.l"]': UPDATE})
    changed = diff.with_replace_on_changes(found, ["a.x[*]", "b"], init_errors=False)
    assert changed.replaces == ("b",)
    assert changed.detailed is not None
    assert {one.kind for one in changed.detailed.values()} == {DiffKind.UPDATE_REPLACE}
    assert diff.with_replace_on_changes(found, ["a.y"], init_errors=False).detailed == found.detailed


def test_a_path_of_the_provider_that_makes_no_sense_is_refused_even_if_nobody_asks() -> None:
    broken = Diffed(changes=True, diffs=("a.",), detailed={"a.": UPDATE})
    with pytest.raises(ValueError, match="not a property path"):
        diff.with_replace_on_changes(broken, [], init_errors=False)


def test_a_changed_key_that_is_no_path_is_covered_by_nothing() -> None:
    found = Diffed(changes=True, diffs=("a.",))
    assert diff.with_replace_on_changes(found, ["*"], init_errors=False).replaces == ()


def test_what_was_never_ready_can_be_replaced_for_that() -> None:
    unready = diff.with_replace_on_changes(Diffed(changes=False), [diff.INIT_ERROR], init_errors=True)
    assert unready.changes
    assert unready.replaces == (diff.INIT_ERROR,)
