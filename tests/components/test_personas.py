"""The roles of people: what they declare. What they can do is judged in test_least_privilege."""

from __future__ import annotations

from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog.personas import jobs

ACCOUNT = ml.Account(id="123456789012", region="eu-central-1")
EVERYDAY = "arn:aws:iam::123456789012:policy/everyday"
EMERGENCY = "arn:aws:iam::123456789012:policy/emergency"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
USER = "arn:aws:iam::123456789012:user/emergency"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/logs"


def people(declare, **arguments: Any):
    args = {
        "account": ACCOUNT,
        "boundary_arn": EVERYDAY,
        "emergency_boundary_arn": EMERGENCY,
        "sign_in": ml.SignIn(saml_provider_arn="arn:aws:iam::123456789012:saml-provider/company"),
        "break_glass_principals": [USER],
        "logs_key_arn": KEY,
        "log_group_name": "trail",
        "alarm_topic_arn": TOPIC,
        **arguments,
    }
    return declare(lambda: ml.Personas("people", ml.PersonasArgs(**args)))


def test_there_is_a_role_for_everybody(declare) -> None:
    declared = people(declare)
    assert set(declared.one("mlinfra:personas:Personas").outputs["roleArns"]) == {p.value for p in ml.Persona}
    assert declared.names("aws:iam/role:Role") == sorted(f"people-{persona.value}" for persona in ml.Persona)


def test_nobody_has_a_role_whom_the_sign_in_does_not_know(declare) -> None:
    declared = people(declare, sign_in=ml.SignIn(permission_sets={"auditor": "Auditor"}))
    assert declared.names("aws:iam/role:Role") == ["people-auditor", "people-break-glass"]


def test_break_glass_is_short_bounded_apart_and_never_through_the_identity_provider(declare, statements) -> None:
    for role in people(declare, session_hours=8).of("aws:iam/role:Role"):
        emergency = role.name == "people-break-glass"
        assert role.inputs["maxSessionDuration"] == (3600 if emergency else 8 * 3600)
        assert role.inputs["permissionsBoundary"] == (EMERGENCY if emergency else EVERYDAY)
        (trust,) = statements(role, "assumeRolePolicy")
        assert ("aws:MultiFactorAuthPresent" in str(trust)) == emergency
        assert ("Federated" in trust["Principal"]) != emergency


def test_every_use_of_break_glass_raises_an_alarm(declare) -> None:
    declared = people(declare)
    counted = declared.one("aws:cloudwatch/logMetricFilter:LogMetricFilter")
    alarm = declared.one("aws:cloudwatch/metricAlarm:MetricAlarm")
    role = declared.one("aws:iam/role:Role", "people-break-glass").outputs["arn"]
    assert counted.inputs["logGroupName"] == "trail"
    assert counted.inputs["pattern"].count(role) == 2
    assert alarm.inputs["metricName"] == counted.inputs["metricTransformation"]["name"]
    assert alarm.inputs["namespace"] == counted.inputs["metricTransformation"]["namespace"]
    assert alarm.inputs["alarmActions"] == [TOPIC]
    assert (alarm.inputs["threshold"], alarm.inputs["evaluationPeriods"]) == (1, 1)


def test_principals_need_a_second_factor(declare, statements) -> None:
    sign_in = ml.SignIn(principals={"data-scientist": ["arn:aws:iam::123456789012:role/people"]})
    role = people(declare, sign_in=sign_in).one("aws:iam/role:Role", "people-data-scientist")
    (trust,) = statements(role, "assumeRolePolicy")
    assert trust["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/people"}
    assert trust["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThanEquals": {"aws:MultiFactorAuthAge": "3600"},
    }


@pytest.mark.parametrize(("persona", "passes"), [("data-scientist", {"PassToSagemaker"}), ("ml-engineer", None)])
def test_data_scientists_hand_roles_to_sagemaker_alone(declare, statements, persona: str, passes) -> None:
    roles = [ml.PassRole(role_arn=f"{USER.partition(':user')[0]}:role/{s}", service=s) for s in ("sagemaker", "lambda")]
    declared = people(declare, workload_roles=roles)
    policy = statements(declared.one("aws:iam/rolePolicy:RolePolicy", f"people-{persona}"))
    made = {statement["Sid"] for statement in policy if statement["Sid"].startswith("PassTo")}
    assert made == (passes or {"PassToSagemaker", "PassToLambda"})


def test_an_auditor_without_archives_reads_no_object_at_all(declare, statements) -> None:
    policy = statements(people(declare).one("aws:iam/rolePolicy:RolePolicy", "people-auditor"))
    by_sid = {statement["Sid"]: statement for statement in policy}
    assert by_sid["DenyOtherObjects"]["Resource"] == "*"
    assert "ReadArchives" not in by_sid


def test_the_catalog_knows_every_persona_and_no_other() -> None:
    assert list(jobs()) == [persona.value for persona in ml.Persona]
    for job in jobs().values():
        sids = [grant.sid for grant in job.grants]
        assert len(set(sids)) == len(sids)
        assert all(grant.deny == grant.sid.startswith("Deny") for grant in job.grants)
