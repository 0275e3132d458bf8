"""The check: findings in the user's words, what fails it, and what it says nobody looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.report import Status
from mlinfra.compliance.rule import Severity
from mlinfra.errors import ConfigError
from tests.compliance.conftest import BLOCK, UNKNOWN, block, broken, graph, minor, never, node, stack_rule


def test_a_finding_names_the_component_the_argument_and_the_line(check) -> None:
    (finding,) = check().findings
    assert (str(finding.owner), finding.owner.type) == ("DataBucket training", "mlinfra:storage:DataBucket")
    assert finding.fix == "set public_access of DataBucket training"
    assert str(finding.source) == "__main__.py:7"
    assert finding.status is Status.FAILED
    assert str(finding.steps[0]) == "BucketPublicAccessBlock training-block: blockPublicAcls is false; wanted: true"


def test_a_raw_resource_gets_its_fix_as_code(check) -> None:
    raw = node(BLOCK, "raw", line=30, blockPublicAcls=False)
    finding = check(graph(raw, acls=True)).findings[0]
    assert (finding.component, finding.change, finding.fix) == (None, None, "block_public_acls=True")
    assert str(finding.source) == "__main__.py:30"


@pytest.mark.parametrize(
    ("rule", "acls", "fail_on", "passed"),
    [
        (block, False, Severity.LOW, False),
        (block, True, Severity.LOW, True),
        (block, UNKNOWN, Severity.LOW, False),  # high and undetermined
        (block, UNKNOWN, Severity.CRITICAL, True),
        (block, False, Severity.CRITICAL, True),
        (block, False, None, True),
    ],
)
def test_what_fails_a_check(check, rule, acls, fail_on, passed: bool) -> None:
    assert check(graph(acls=acls), rule, fail_on=fail_on).passed is passed


def test_an_undetermined_minor_rule_does_not_fail_it(check) -> None:
    report = check(graph(ignore=UNKNOWN), minor)
    assert report.passed
    assert report.counts["undetermined"] == 1


def test_a_rules_mistake_is_told_and_passes_nothing(check) -> None:
    report = check(graph(), broken)
    assert not report.passed
    assert report.findings[0].status is Status.UNDETERMINED
    assert "TypeError" in report.findings[0].error


def test_what_a_rule_finds_twice_is_told_once(check) -> None:
    twice = replace(block, check=lambda resource: block.check(resource) & block.check(resource))
    assert check(None, twice).findings[0].steps == check().findings[0].steps


def test_the_most_severe_come_first(check) -> None:
    report = check(graph(acls=UNKNOWN, policy=False, ignore=False), minor, block, never)
    assert [one.rule.id for one in report.findings] == ["test-never", "test-minor", "test-block"]
    assert report.by_severity() == {Severity.CRITICAL: 1, Severity.HIGH: 1, Severity.LOW: 1}


def test_what_was_not_checked_is_told(check) -> None:
    report = check(graph(acls=True), block, never, frameworks=["soc2"])
    assert report.unchecked == {"aws:nowhere/thing:Thing": 1}
    assert report.not_asked == dict.fromkeys(["test-block", "test-never"], "it bears on none of the chosen frameworks")
    assert report.resources == 2
    assert report.counts["passed"] == 0


def test_a_profile_asks_for_its_own_rules(check) -> None:
    from dataclasses import replace

    only = replace(block, profiles=frozenset({Profile.ISOLATED}))
    assert check(graph(), only, profile=Profile.BASELINE).passed
    assert not check(graph(), only, profile=Profile.ISOLATED).passed


def test_rules_about_the_stack_are_found_on_the_stack(check) -> None:
    (finding,) = check(graph(acls=True), stack_rule).findings
    assert finding.resource.name == "shop-dev"
    assert finding.component is None


def test_an_unknown_framework_is_refused(check) -> None:
    with pytest.raises(ConfigError, match="no framework 'sox'"):
        check(graph(), frameworks=["sox"])
