"""The whole rule set against identity and audit: nothing fails, and nothing is left undetermined."""

from __future__ import annotations

from datetime import date

import pytest

from mlinfra.compliance.evaluate import Verdict, evaluate
from mlinfra.compliance.profiles import STRICT, Profile
from mlinfra.policies.registry import RULES
from tests.components.access.platform import graph

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("profile", sorted(STRICT), ids=lambda profile: profile.value)
def test_no_rule_objects_to_identity_and_audit(profile: Profile) -> None:
    outcomes = list(evaluate(graph(), RULES, profile, today=TODAY))
    assert len(outcomes) > 100
    said = {
        (outcome.rule.id, outcome.urn.rpartition("::")[2]): outcome.error or [str(one) for one in outcome.evidence]
        for outcome in outcomes
        if outcome.verdict in (Verdict.FAIL, Verdict.UNDETERMINED)
    }
    assert said == {}
