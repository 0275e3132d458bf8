"""Every row of the table in docs/changes.md, held against a preview on the deployed platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlinfra.settings import PlatformSettings
from tests.e2e.changes import CHANGES, DOCUMENT, Deployed, deployed, row, rows

pytestmark = pytest.mark.e2e
ANOTHER_PLACE = {"cidr"}
"""The settings that say where a network is: what stands there cannot move. Node groups move to no other subnets or types."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_CONFIG_PASSPHRASE", "e2e")
        with deployed(tmp_path_factory.mktemp("home")) as platform:
            yield platform


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_does_what_the_table_says(platform: Deployed, what: str) -> None:
    """Update the table with `python -m tests.e2e.changes` after looking at the difference."""
    effect = platform.effect(CHANGES[what])
    assert row(what, CHANGES[what], effect) == rows(DOCUMENT.read_text(encoding="utf-8"))[what]
    assert any(effect.counts.values())
    if not ANOTHER_PLACE & CHANGES[what].keys():
        assert set(effect["replaced"]) <= {"NodeGroup"}


def test_the_table_has_no_other_rows() -> None:
    assert rows(DOCUMENT.read_text(encoding="utf-8")).keys() == CHANGES.keys()


def test_every_setting_that_can_change_is_in_the_table() -> None:
    changed = {setting for change in CHANGES.values() for setting in change}
    same_way = {"costCenter", "environment", "dataClassification"}  # tags, as owner is
    another_platform = {"aws:region", "profile"}
    known = {field.alias for field in PlatformSettings.model_fields.values()}
    assert changed | same_way | another_platform == known


def test_nothing_changes_without_a_change(platform: Deployed) -> None:
    assert not any(platform.effect({}).counts.values())
