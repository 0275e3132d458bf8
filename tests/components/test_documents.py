"""IAM documents from typed parts."""

from __future__ import annotations

import pytest

from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Effect,
    Operator,
    Principals,
    Statement,
    absent,
    arn_like,
    differs,
    equals,
    like,
    trust,
)


def test_a_statement_renders_as_iam_writes_it() -> None:
    statement = Statement(
        sid="Read",
        effect=Effect.DENY,
        principals=Principals.arns(["arn:aws:iam::123456789012:root"]),
        actions=["s3:GetObject", "s3:ListBucket"],
        resources=["arn:aws:s3:::data"],
        conditions=[equals("aws:SourceAccount", "123456789012"), equals("kms:ViaService", ["s3", "ec2"])],
    )
    assert Document([statement]).render() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Deny",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": "arn:aws:s3:::data",
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012", "kms:ViaService": ["s3", "ec2"]}},
            }
        ],
    }


def test_everyone_is_a_star() -> None:
    assert Statement(sid="All", actions=["s3:*"], principals=EVERYONE).render()["Principal"] == "*"


def test_trust_names_the_service_and_its_conditions() -> None:
    (statement,) = trust("ec2.amazonaws.com", arn_like("aws:SourceArn", "arn:aws:ec2:*")).render()["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {"ArnLike": {"aws:SourceArn": "arn:aws:ec2:*"}}
    assert "Resource" not in statement


def test_a_key_tested_twice_is_refused_since_json_would_drop_one() -> None:
    twice = [Condition(Operator.BOOL, "aws:SecureTransport", "false")] * 2
    with pytest.raises(ValueError, match="tested twice"):
        Statement(sid="Twice", actions=["s3:*"], conditions=twice).render()


def test_statement_ids_are_unique() -> None:
    with pytest.raises(ValueError, match="not unique"):
        Document([Statement(sid="Same", actions=["s3:*"])] * 2).render()


def test_all_but_some_actions_and_resources_can_be_meant() -> None:
    statement = Statement(sid="Rest", except_actions=["iam:*"], except_resources=["arn:aws:s3:::audit"]).render()
    assert statement == {"Sid": "Rest", "Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::audit"}


@pytest.mark.parametrize(
    "both_or_neither",
    [{}, {"actions": ["s3:*"], "except_actions": ["iam:*"]}],
)
def test_a_statement_is_about_actions_or_all_but_some(both_or_neither) -> None:
    with pytest.raises(ValueError, match="actions or except_actions"):
        Statement(sid="Odd", **both_or_neither)


def test_a_statement_is_about_resources_or_all_but_some() -> None:
    with pytest.raises(ValueError, match="resources or except_resources"):
        Statement(sid="Odd", actions=["s3:*"], resources=["*"], except_resources=["*"])


def test_identity_providers_are_federated_principals() -> None:
    provider = "arn:aws:iam::123456789012:saml-provider/company"
    statement = Statement(sid="In", actions=["sts:AssumeRoleWithSAML"], principals=Principals.federated(provider))
    assert statement.render()["Principal"] == {"Federated": provider}


@pytest.mark.parametrize(
    ("condition", "rendered"),
    [
        (equals("a:b", "x"), {"StringEquals": {"a:b": "x"}}),
        (differs("a:b", ["x", "y"]), {"StringNotEquals": {"a:b": ["x", "y"]}}),
        (like("a:b", "x*"), {"StringLike": {"a:b": "x*"}}),
        (absent("a:b"), {"Null": {"a:b": "true"}}),
    ],
)
def test_conditions_render_as_iam_writes_them(condition: Condition, rendered) -> None:
    assert Statement(sid="If", actions=["s3:*"], conditions=[condition]).render()["Condition"] == rendered
