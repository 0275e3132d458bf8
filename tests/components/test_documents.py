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
    arn_like,
    equals,
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
