"""Keys and who may do what with them."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

import mlinfra as ml

ACCOUNT = ml.Account(id="123456789012", region="eu-central-1")
ROOT = "arn:aws:iam::123456789012:root"
ADMIN = "arn:aws:iam::123456789012:role/key-admin"
USER = "arn:aws:iam::123456789012:role/trainer"
DECRYPT, REPAIR = "kms:Decrypt", "kms:PutKeyPolicy"


def keys(declare, **arguments: Any) -> dict[str, Any]:
    declared = declare(lambda: ml.KeyRing("ring", ml.KeyRingArgs(account=ACCOUNT, **arguments)))
    return {node.name.removeprefix("ring-"): node for node in declared.of("aws:kms/key:Key")}


def policy(key: Any) -> list[dict[str, Any]]:
    return json.loads(key.inputs["policy"])["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed(key: Any, principal: str, action: str) -> list[dict[str, Any]]:
    """The statements that allow the principal the action, conditions aside."""
    return [
        statement
        for statement in policy(key)
        if statement["Effect"] == "Allow"
        and statement["Principal"] != "*"  # nobody in particular: tested by itself
        and principal in [name for names in statement["Principal"].values() for name in listed(names)]
        and any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
    ]


def test_there_is_a_rotating_protected_key_for_every_purpose(declare) -> None:
    made = keys(declare)
    assert set(made) == {purpose.value for purpose in ml.KeyPurpose}
    for key in made.values():
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["deletionWindowInDays"] == 30
        assert key.options.protect


def test_keys_can_be_left_unprotected_on_purpose(declare) -> None:
    assert not any(key.options.protect for key in keys(declare, deletion_protection=False).values())


def test_every_alias_names_stack_ring_and_purpose(declare) -> None:
    graph = declare(lambda: ml.KeyRing("ring", ml.KeyRingArgs(account=ACCOUNT)), stack="feature.x_1")
    assert "alias/feature-x-1-ring-data" in {alias.inputs["name"] for alias in graph.of("aws:kms/alias:Alias")}


@pytest.mark.parametrize("administrators", [[], [ADMIN]])
def test_the_account_can_always_repair_the_policy(declare, administrators: list[str]) -> None:
    for key in keys(declare, administrators=administrators).values():
        (statement,) = allowed(key, ROOT, REPAIR)
        assert "Condition" not in statement


def test_named_administrators_cannot_use_and_named_users_cannot_administer(declare) -> None:
    key = keys(declare, administrators=[ADMIN], users={"data": [USER]})["data"]
    assert allowed(key, ADMIN, "kms:ScheduleKeyDeletion")
    assert allowed(key, ADMIN, "kms:TagResource")
    for action in (DECRYPT, "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant"):
        assert not allowed(key, ADMIN, action)
        assert allowed(key, USER, action)
        assert not allowed(key, ROOT, action)
    for action in ("kms:ScheduleKeyDeletion", REPAIR, "kms:DisableKey"):
        assert not allowed(key, USER, action)


def test_users_of_one_purpose_are_not_users_of_another(declare) -> None:
    made = keys(declare, users={"data": [USER]})
    assert not allowed(made["logs"], USER, DECRYPT)


def test_use_needs_the_account_and_a_service_of_the_purpose(declare) -> None:
    for purpose, key in keys(declare).items():
        (statement,) = allowed(key, ROOT, DECRYPT)
        equal = statement["Condition"]["StringEquals"]
        assert equal["kms:CallerAccount"] == "123456789012"
        services = set(listed(equal["kms:ViaService"]))
        assert all(service.endswith(".eu-central-1.amazonaws.com") for service in services)
        assert ("ec2.eu-central-1.amazonaws.com" in services) == (purpose in ("data", "cluster"))


def test_grants_are_for_aws_services_only(declare) -> None:
    for key in keys(declare).values():
        (statement,) = allowed(key, ROOT, "kms:CreateGrant")
        assert statement["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_nobody_is_allowed_everything_and_everybody_nothing(declare) -> None:
    for key in keys(declare, administrators=[ADMIN], users={"data": [USER]}).values():
        for statement in policy(key):
            assert "kms:*" not in listed(statement["Action"])
            if statement["Principal"] == "*":
                assert statement["Sid"] in ("LaunchNodes", "GrantToNodes")
                continue
            assert "*" not in [name for names in statement["Principal"].values() for name in listed(names)]


def test_only_the_key_of_clusters_admits_the_roles_that_launch_nodes(declare) -> None:
    made = keys(declare)
    everybody = {name: [one for one in policy(key) if one["Principal"] == "*"] for name, key in made.items()}
    assert [name for name, statements in everybody.items() if statements] == ["cluster"]
    for statement in everybody["cluster"]:
        roles = statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
        assert all(role.startswith("arn:aws:iam::123456789012:role/aws-service-role/") for role in roles)
        assert statement["Condition"]["StringEquals"]["kms:CallerAccount"] == "123456789012"
    use, grant = everybody["cluster"]
    assert use["Condition"]["StringEquals"]["kms:ViaService"] == "ec2.eu-central-1.amazonaws.com"
    assert grant["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_only_the_logs_key_admits_services_and_only_on_behalf_of_the_account(declare) -> None:
    made = keys(declare)
    admitted = {purpose: [s for s in policy(key) if "Service" in s["Principal"]] for purpose, key in made.items()}
    assert [purpose for purpose, statements in admitted.items() if statements] == ["logs"]
    services = {statement["Principal"]["Service"] for statement in admitted["logs"]}
    writers = {
        f"{name}.amazonaws.com" for name in ("cloudtrail", "config", "cloudwatch", "events", "guardduty", "macie")
    }
    assert services == {"logs.eu-central-1.amazonaws.com", *writers}
    for statement in admitted["logs"]:
        tested = {key: value for tests in statement["Condition"].values() for key, value in tests.items()}
        assert any("123456789012" in str(value) for value in tested.values())
        service, here = statement["Principal"]["Service"].partition(".")[0], "eu-central-1:123456789012"
        if service == "cloudtrail":
            assert tested["aws:SourceAccount"] == "123456789012"
            assert tested["aws:SourceArn"] == f"arn:aws:cloudtrail:{here}:trail/*"
        else:
            assert (
                tested
                == {
                    "logs": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{here}:log-group:*"},
                    "config": {"aws:SourceAccount": "123456789012"},
                    "cloudwatch": {"aws:SourceArn": f"arn:aws:cloudwatch:{here}:alarm:*"},
                    "events": {"aws:SourceArn": f"arn:aws:events:{here}:rule/*"},
                    "guardduty": {"aws:SourceArn": f"arn:aws:guardduty:{here}:detector/*"},
                    "macie": {"aws:SourceArn": f"arn:aws:macie2:{here}:*"},
                }[service]
            )
