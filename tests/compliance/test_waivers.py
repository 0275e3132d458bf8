"""Waivers: what they cover, how long they hold, and what is said of those that do not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlinfra.compliance.rule import Severity
from mlinfra.compliance.waiverfile import NAME, add, load, parse
from mlinfra.compliance.waivers import DECLARED, Waiver, WaiverState, longest, soon
from mlinfra.errors import ConfigError
from mlinfra.graph import Unknown
from tests.compliance.conftest import BUCKET, PREFIX, STACK_URN, TODAY, block, graph, never, node, stack_rule

FIELDS = {
    "rule": "test-block", "scope": "training", "reason": "open data that is public anyway", "owner": "data-team",
    "ticket": "SEC-1", "expires": "2026-12-31",
}  # fmt: skip


def waiver(**changes) -> Waiver:
    fields = {**FIELDS, "expires": TODAY + dt.timedelta(days=60), **changes}
    return Waiver(**fields)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("training", True),  # the component, and what is inside it
        ("training-block", True),
        ("shop-dev", False),  # the stack's name covers nothing but is not the scope of everything either
        ("stack", False),
        ("train", False),
        (f"{PREFIX}*::training-block", True),
        (f"{PREFIX}{BUCKET}$aws:s3/*", True),
        ("urn:pulumi:prod::*", False),
    ],
)
def test_what_a_scope_covers(check, scope: str, covered: bool) -> None:
    report = check(waivers=[waiver(scope=scope)])
    assert report.passed is covered
    assert report.waivers[0][1] is (WaiverState.USED if covered else WaiverState.UNUSED)
    assert bool(report.notices) is not covered


def test_the_stack_is_waived_by_name(check) -> None:
    assert check(graph(), stack_rule, waivers=[waiver(rule="test-stack", scope="stack")]).passed
    assert not check(graph(), stack_rule, waivers=[waiver(rule="test-stack", scope="training")]).passed


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (-1, WaiverState.EXPIRED),
        (0, WaiverState.SOON),
        (30, WaiverState.SOON),
        (31, WaiverState.USED),
        (90, WaiverState.USED),
        (91, WaiverState.TOO_LONG),
    ],
)
def test_how_long_a_waiver_of_a_high_rule_holds(check, days: int, state: WaiverState) -> None:
    report = check(waivers=[waiver(expires=TODAY + dt.timedelta(days=days))])
    assert report.waivers[0][1] is state
    assert report.passed is state.holds
    assert [one.state for one in report.notices] == ([] if state is WaiverState.USED else [state])


@given(st.integers(-2000, 2000), st.sampled_from(list(Severity)))
def test_no_waiver_holds_for_ever(days: int, severity: Severity) -> None:
    from dataclasses import replace

    state = waiver(expires=TODAY + dt.timedelta(days=days)).state(replace(block, severity=severity), TODAY)
    assert state.holds == (0 <= days <= longest(severity))


def test_the_worse_the_rule_the_shorter_the_waiver() -> None:
    days = [longest(severity) for severity in sorted(Severity)]
    assert days == sorted(days, reverse=True)
    assert soon() <= min(days)


def test_some_rules_cannot_be_waived(check) -> None:
    report = check(graph(policy=False), never, waivers=[waiver(rule="test-never")])
    assert not report.passed
    assert report.notices[0].text.endswith("has no effect: this rule cannot be waived")


def test_one_that_holds_wins_over_one_that_has_expired(check) -> None:
    old = waiver(expires=TODAY - dt.timedelta(days=1))
    report = check(waivers=[old, waiver()])
    assert report.passed
    assert {state for _, state in report.waivers} == {WaiverState.EXPIRED, WaiverState.USED}


def test_a_waiver_of_another_stack_is_not_looked_at(check) -> None:
    assert check(waivers=[waiver(stacks=("dev",))]).passed
    report = check(waivers=[waiver(stacks=("prod",))])
    assert (report.passed, report.waivers) == (False, ())


def test_a_rule_that_does_not_exist_is_refused_with_the_place(check) -> None:
    with pytest.raises(ConfigError, match=r"the waiver of test-blok for training \(w.yaml:3\) names a rule"):
        check(waivers=[waiver(rule="test-blok", file="w.yaml", line=3)])


def declared_for(parent: str, **changes):
    inputs = {key: value for key, value in {**FIELDS, **changes}.items() if key != "scope"}
    return node(DECLARED, "training-test-block", parent, line=12, custom=False, **inputs)


def test_a_program_declares_waivers_for_a_component(check) -> None:
    report = check(graph(declared_for(f"{PREFIX}{BUCKET}::training")))
    assert report.passed
    ((one, _),) = report.waivers
    assert (one.scope, one.place) == ("training", "__main__.py:12")


def test_one_for_the_stack_covers_the_stack_alone(check) -> None:
    of_stack = declared_for(STACK_URN)
    assert not check(graph(of_stack)).passed
    assert check(graph(declared_for(STACK_URN, rule="test-stack")), stack_rule).passed


def test_one_that_is_not_known_before_deployment_is_refused(check) -> None:
    with pytest.raises(ConfigError, match=r"__main__\.py:12: the owner of a waiver is not known"):
        check(graph(declared_for(STACK_URN, owner=Unknown("owner"))))


def test_the_program_itself(mlinfra_plan) -> None:
    import pulumi

    import mlinfra as ml

    class Group(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("test:index:Group", name)

    def program() -> None:
        group = Group("group")
        fields = {key: value for key, value in FIELDS.items() if key != "scope"}
        ml.waive(group, **fields)
        ml.waive(None, **{**fields, "rule": "test-stack", "expires": dt.date(2027, 1, 1)})
        with pytest.raises(ml.ArgumentError, match='waive, for "group": owner = '):
            ml.waive(group, **{**fields, "owner": ""})
        with pytest.raises(ml.ArgumentError, match="no date"):
            ml.waive(group, **{**fields, "expires": "next year"})

    from mlinfra.compliance.waivers import declared

    found = declared(mlinfra_plan(program))
    assert [(one.rule, one.scope, str(one.expires)) for one in sorted(found, key=lambda one: one.rule)] == [
        ("test-block", "group", "2026-12-31"),
        ("test-stack", "stack", "2027-01-01"),
    ]
    assert {one.file for one in found} == {"tests/compliance/test_waivers.py"}


GOOD = """
waivers:
  - rule: test-block   # and why
    scope: training
    reason: open data that is public anyway
    owner: data-team
    ticket: SEC-1
    expires: 2026-12-31
    stacks: [dev]
"""


def test_a_file_is_read() -> None:
    (one,) = parse(GOOD)
    assert one == waiver(expires=dt.date(2026, 12, 31), stacks=("dev",), file=NAME, line=3)
    assert parse("") == parse("waivers:\n") == parse("waivers: []\n") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("owner:", "ownr:"), r"mlinfra.waivers.yaml:6: a waiver has no 'ownr'"),
        (GOOD.replace("    owner: data-team\n", ""), r"mlinfra.waivers.yaml:3: the waiver of test-block has no owner"),
        (GOOD.replace("2026-12-31", "soon"), r"expires on 'soon', which is no date"),
        (GOOD.replace("open data that is public anyway", "ok"), r"gives 'ok' as its reason"),
        (GOOD.replace("scope: training", "scope: [a]"), r":4: the scope of a waiver is no text"),
        ("waivers: here\n", r":1: `waivers` is no list"),
        ("waiver:\n", r":1: the file has waiver"),
        ("waivers:\n  - test-block\n", r":2: no keys and values"),
        (GOOD + "    rule: other\n", r":10: 'rule' stands there twice"),
        ("waivers: [", r"mlinfra.waivers.yaml:1: "),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(text)


def test_adding_keeps_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / NAME
    assert load(file) == ()
    add(file, FIELDS)
    file.write_text(file.read_text() + "  # a comment\n")
    add(
        file, {**FIELDS, "rule": "test-other", "reason": "a: colon and 'quotes' and ünïcode", "stacks": ["dev", "prod"]}
    )
    first, second = load(file)
    assert (first.rule, second.rule) == ("test-block", "test-other")
    assert (second.reason, second.stacks) == ("a: colon and 'quotes' and ünïcode", ("dev", "prod"))
    assert "# a comment" in file.read_text()
    before = file.read_text()
    with pytest.raises(ConfigError, match="has no owner"):
        add(file, {**FIELDS, "owner": ""})
    assert file.read_text() == before


PRINTED = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" "), min_size=15)


@settings(max_examples=20)
@given(PRINTED.map(lambda text: f"x{text}x"))
def test_any_reason_survives(reason: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        assert add(Path(folder) / NAME, {**FIELDS, "reason": reason}).reason == reason.strip()
