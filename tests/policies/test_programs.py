"""Programs that are not ours: each with the findings that an expert expects, and no false alarm."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlinfra.compliance.evaluate import evaluate
from mlinfra.compliance.rule import Severity
from mlinfra.policies.registry import RULES
from mlinfra.testing import plan

FOLDER = Path(__file__).parent / "programs"
PROGRAMS = sorted(folder.name for folder in FOLDER.iterdir() if (folder / "__main__.py").is_file())
TODAY = date(2026, 11, 22)


def against(program: str) -> dict[Severity, dict[str, list[str]]]:
    """What the rules say against a program: by severity, rule ids, each with the names of resources."""

    def run() -> None:
        runpy.run_path(str(FOLDER / program / "__main__.py"), run_name="__main__")

    said: dict[Severity, dict[str, list[str]]] = {severity: {} for severity in Severity}
    for outcome in evaluate(plan(run), RULES, today=TODAY):
        assert not outcome.error, (outcome.rule.id, outcome.urn, outcome.error)
        if outcome.violates:
            said[outcome.rule.severity].setdefault(outcome.rule.id, []).append(outcome.urn.rpartition("::")[2])
    return {
        severity: {rule: sorted(names) for rule, names in sorted(rules.items())} for severity, rules in said.items()
    }


def test_there_are_programs() -> None:
    assert len(PROGRAMS) >= 15


@pytest.mark.parametrize("program", PROGRAMS)
def test_findings_are_what_an_expert_expects(program: str) -> None:
    """`findings` are those of high and critical rules, no more and no less; `also` some of the others."""
    expected: dict[str, Any] = yaml.safe_load((FOLDER / program / "expected.yaml").read_text("utf-8"))
    said = against(program)
    assert {**said[Severity.CRITICAL], **said[Severity.HIGH]} == expected["findings"]
    others = {**said[Severity.MEDIUM], **said[Severity.LOW]}
    also = expected.get("also", {})
    assert {rule: names for rule, names in others.items() if rule in also or "complete" in expected} == also
