"""`assert_compliant`, as users call it in their own tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from mlinfra.errors import ConfigError
from mlinfra.graph import Node, ResourceGraph, Unknown
from mlinfra.testing import assert_compliant

TODAY = dt.date(2026, 11, 22)
STACK = Node(urn="urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", type="pulumi:pulumi:Stack", name="shop-dev")
URN = "urn:pulumi:dev::shop::aws:kms/key:Key::key"
WAIVER = {
    "rule": "kms-rotation", "scope": "key", "reason": "it signs tokens and is replaced by hand", "owner": "security",
    "ticket": "SEC-1", "expires": "2026-12-31",
}  # fmt: skip
ONLY = {"fail_on": "medium", "today": TODAY}  # tags are another matter


def graph(rotates: object) -> ResourceGraph:
    inputs = {"enableKeyRotation": rotates, "deletionWindowInDays": 30}
    key = Node(urn=URN, type="aws:kms/key:Key", name="key", id="key", parent=STACK.urn, inputs=inputs)
    return ResourceGraph([key], project="shop", stack="dev")


def test_what_keeps_the_rules_passes_and_gives_the_report() -> None:
    report = assert_compliant(graph(True), **ONLY)
    assert "kms-rotation" in [tally.rule.id for tally in report.tallies if tally.passed]


def test_what_does_not_is_told_with_its_fix() -> None:
    with pytest.raises(AssertionError, match=r"(?s)medium kms-rotation: .*fix: "):
        assert_compliant(graph(False), **ONLY)
    assert_compliant(graph(False), today=TODAY, fail_on="high")


def test_what_nobody_can_tell_fails_unless_it_may() -> None:
    with pytest.raises(AssertionError, match="cannot be told before deployment"):
        assert_compliant(graph(Unknown("enableKeyRotation")), **ONLY)
    assert_compliant(graph(Unknown("enableKeyRotation")), **ONLY, undetermined=True)


def test_waivers_count_as_mappings_and_as_a_file(tmp_path: Path) -> None:
    assert_compliant(graph(False), **ONLY, waivers=[WAIVER])
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in WAIVER.items()))
    assert_compliant(graph(False), **ONLY, waivers=file)
    with pytest.raises(AssertionError):
        assert_compliant(graph(False), fail_on="medium", today=dt.date(2027, 1, 1), waivers=file)


def test_the_fixture_finds_the_waivers_above_the_test(mlinfra_compliant) -> None:
    with pytest.raises(AssertionError):
        mlinfra_compliant(graph(False), **ONLY)
    mlinfra_compliant(graph(False), **ONLY, waivers=[WAIVER])


@pytest.mark.parametrize(
    "wrong", [{"profile": "lax"}, {"fail_on": "worst"}, {"regions": ["mars"]}, {"waivers": [{"rule": "kms-rotation"}]}]
)
def test_what_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError, match="assert_compliant"):
        assert_compliant(graph(True), **wrong)
