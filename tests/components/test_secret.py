"""Secrets."""

from __future__ import annotations

from typing import Any

import mlinfra as ml

KEY = "arn:aws:kms:eu-central-1:123456789012:key/secrets"
READER = "arn:aws:iam::123456789012:role/tracker"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:rotate"


def secret(declare, **arguments: Any):
    args = {
        "account": {"id": "123456789012", "region": "eu-central-1"},
        "key_arn": KEY,
        "description": "The tracker's password",
        **arguments,
    }
    return declare(lambda: ml.Secret("tracker", args))  # type: ignore[arg-type]


def test_it_is_encrypted_recoverable_and_without_a_value(declare) -> None:
    declared = secret(declare)
    made = declared.one("aws:secretsmanager/secret:Secret")
    assert made.inputs["kmsKeyId"] == KEY
    assert made.inputs["recoveryWindowInDays"] == 30
    assert made.options.protect is True
    assert not declared.of("aws:secretsmanager/secretVersion:SecretVersion")


def test_without_protection_it_goes_at_once_so_that_its_name_is_free_again(declare) -> None:
    made = secret(declare, deletion_protection=False).one("aws:secretsmanager/secret:Secret")
    assert (made.inputs["recoveryWindowInDays"], made.options.protect) == (0, False)


def test_nobody_outside_the_account_reads_it(declare, statements) -> None:
    policy = secret(declare).one("aws:secretsmanager/secretPolicy:SecretPolicy")
    assert policy.inputs["blockPublicPolicy"] is True
    (denied,) = statements(policy)
    assert (denied["Effect"], denied["Action"]) == ("Deny", "secretsmanager:*")
    assert denied["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": "123456789012"}


def test_named_readers_are_the_only_ones(declare, statements) -> None:
    _, read, denied = statements(secret(declare, readers=[READER]).one("aws:secretsmanager/secretPolicy:SecretPolicy"))
    assert read["Principal"] == {"AWS": READER}
    assert denied["Condition"] == {"ArnNotLikeIfExists": {"aws:PrincipalArn": [READER]}}
    assert read["Action"] == denied["Action"] == "secretsmanager:GetSecretValue"


def test_rotation_waits_for_the_policy(declare) -> None:
    declared = secret(declare, readers=[READER], rotation={"function_arn": FUNCTION, "days": 60})
    rotation = declared.one("aws:secretsmanager/secretRotation:SecretRotation")
    assert rotation.inputs["rotationLambdaArn"] == FUNCTION
    assert rotation.inputs["rotationRules"] == {"automaticallyAfterDays": 60}
    assert "tracker-policy" in declared.needs(rotation)
    assert not secret(declare).of("aws:secretsmanager/secretRotation:SecretRotation")
