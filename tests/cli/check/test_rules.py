"""`mlinfra rules`: list, show and coverage."""

from __future__ import annotations

import json

import pytest

from mlinfra.policies.registry import RULES


@pytest.fixture
def run(make):
    return make().run


def test_every_rule_is_listed_the_worst_first(run) -> None:
    found = json.loads(run("rules", "list", "--json").out)
    assert {one["id"] for one in found} == {rule.id for rule in RULES}
    order = [("critical", "high", "medium", "low").index(one["severity"]) for one in found]
    assert order == sorted(order)
    assert all(one["rationale"] and one["fix"] for one in found)


def test_lists_are_narrowed(run) -> None:
    high = json.loads(run("rules", "list", "s3", "--severity", "high", "--json").out)
    assert high and all("s3" in f"{one['id']} {one['title']} {one['types']}".lower() for one in high)
    assert {one["severity"] for one in high} <= {"critical", "high"}
    ran = run("rules", "list", "nothing-like-this")
    assert (ran.code, "no rule is like that" in ran.error) == (2, True)
    assert (
        "--severity is 'worst'\n  fix: use one of low, medium, high, critical\n"
        in run("rules", "list", "--severity", "worst").error
    )
    assert run("rules", "list", "--profile", "lax").code == 2


def test_a_rule_is_explained(run) -> None:
    out = run("rules", "show", "s3-block-public").out
    assert "One careless ACL or policy makes training data public" in out
    assert "Waivable  for 90 days at a time" in out
    assert "did you mean s3-block-public?" in run("rules", "show", "s3-block-publik").error


def test_coverage_counts_controls_once(run) -> None:
    for row in json.loads(run("rules", "coverage", "--json").out):
        assert row["direct"] + row["supporting"] + len(row["missing"]) == row["controls"]
    assert "CIS AWS Foundations Benchmark 7.0.0" in run("rules", "coverage").out
    assert "No rule bears on, in SOC 2" in run("rules", "coverage", "--framework", "soc2", "--missing").out
