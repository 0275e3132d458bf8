"""Policy documents: how they are read, what each kind may say, and what they come to."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.sandbox.refusals.facts import misspells, names
from mlinfra.sandbox.refusals.policies import kinds
from mlinfra.sandbox.refusals.policies.document import MalformedError, read
from mlinfra.sandbox.refusals.policies.grammar import follow_grammar
from mlinfra.sandbox.refusals.policies.kinds import PolicyKind
from mlinfra.sandbox.refusals.policies.meaning import Request, allows, is_public
from mlinfra.sandbox.refusals.policies.principals import name_principals, service_exists
from tests.sandbox.refusals.cloud import ACCOUNT, ROOT, allow, policy

OTHER = "arn:aws:iam::999988887777:role/deploy"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"


class Stub:
    """An account with one role."""

    id = ACCOUNT

    def role(self, name_or_arn: str) -> dict[str, Any] | None:
        return {"Arn": ROLE} if name_or_arn in (ROLE, "trainer") else None

    def user(self, _: str) -> None:
        return None


def check(kind: PolicyKind, text: str) -> None:
    statements = read(text)
    follow_grammar(statements, kind)
    name_principals(statements, kind, Stub())


BY = {"Principal": {"AWS": ROOT}}
BROKEN = [
    (kinds.IDENTITY, "[]", "JSON object"),
    (kinds.IDENTITY, "{}", "Statement"),
    (kinds.IDENTITY, '{"Version": "2012-10-17", "Statement": []}', "Statement"),
    (kinds.IDENTITY, '{"Version": "2012-10-17", "Statement": ["x"]}', "JSON object"),
    (kinds.IDENTITY, policy(allow("s3:Get"), Comment="x"), "Unknown field Comment"),
    (kinds.IDENTITY, policy(allow([])), "Action must be"),
    (kinds.IDENTITY, policy(allow("s3:Get", [1])), "Resource must be"),
    (kinds.IDENTITY, policy(allow("s3:Get", NotResource="*")), "both Resource and NotResource"),
    (kinds.IDENTITY, policy(allow("s3:Get", Condition="x")), "Condition must be an object"),
    (kinds.IDENTITY, policy(allow("s3:Get", Condition={"Bool": "x"})), "Condition Bool must be an object"),
    (kinds.IDENTITY, policy(allow("s3:Get", Condition={"Bool": {"aws:a": {}}})), "must be strings"),
    (kinds.IDENTITY, policy(allow("s3:Get", Condition={"NullIfExists": {"aws:a": "true"}})), "Invalid Condition type"),
    (kinds.IDENTITY, policy(allow("s3 Get:x")), "invalid action"),
    (kinds.IDENTITY, policy(allow("s3:Get", "arn:aws:s3")), "ARN format"),
    (kinds.TRUST, policy(allow("sts:AssumeRoles", None, **BY)), "AssumeRole"),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal="lambda.amazonaws.com")), "Invalid principal"),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"})), "Invalid principal"),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"})), "Invalid principal"),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal={"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"})), "Invalid"),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal={"Service": "sagemakers.amazonaws.com"})), "is sagemaker"),
    (kinds.KEY, policy(allow("kms:*", Principal={"Service": "kms.amazon.com"})), "invalid principals"),
    (kinds.TOPIC, policy(allow("sns:CreateTopic", **BY)), "out of service scope"),
    (kinds.QUEUE, policy(allow("sqs:SendMessage", Sid="a", **BY), allow("sqs:SendMessage", Sid="a", **BY)), "unique"),
    (kinds.REPOSITORY, policy(allow("ecr:*", **BY)), "prohibited field Resource"),
    (kinds.BUCKET, policy(allow("s3:*", NotPrincipal={"AWS": OTHER}, **BY)), "both Principal and NotPrincipal"),
]  # fmt: skip
GOOD = [
    (kinds.IDENTITY, policy(allow("*"), allow("s3:*", Sid="")), ""),
    (kinds.TRUST, policy(allow("sts:*", None, Principal={"AWS": [ROLE, OTHER, ACCOUNT, "AROAEXAMPLEEXAMPLE123"]})), ""),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal={"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/x"})), ""),
    (kinds.TRUST, policy(allow("sts:AssumeRole", None, Principal={"Service": "ec2.amazonaws.com.cn"})), ""),
    (kinds.KEY, policy(allow("kms:*", Sid="Enable IAM User Permissions", **BY)), ""),
    (kinds.ENDPOINT, policy(allow("*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/not-yet"})), ""),
    (kinds.FILE_SYSTEM, policy(allow("elasticfilesystem:ClientMount", None, **BY)), ""),
    (kinds.BUCKET, policy({"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}, "NotAction": "s3:Get*", "NotResource": "arn:aws:s3:::a"}), ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "says"), BROKEN)
def test_broken_policy_is_told_why(kind: PolicyKind, text: str, says: str) -> None:
    with pytest.raises(MalformedError, match=says):
        check(kind, text)


@pytest.mark.parametrize(("kind", "text", "_"), GOOD)
def test_good_policy_passes(kind: PolicyKind, text: str, _: str) -> None:
    check(kind, text)


@pytest.mark.parametrize(
    ("principal", "exists"),
    [
        ("lambda.amazonaws.com", True),
        ("logs.eu-central-1.amazonaws.com", True),
        ("malware-protection-plan.guardduty.amazonaws.com", True),
        ("brand-new-thing.amazonaws.com", True),
        ("alexa-appkit.amazon.com", True),
        ("inspector3.amazonaws.com", True),
        ("lamda.amazonaws.com", False),
        ("lmabda.amazonaws.com", False),
        ("lambdas.amazonaws.com", False),
        ("log.eu-central-1.amazonaws.com", True),  # too short to tell
        ("states.amazonaws.org", False),
        ("lambda", False),
    ],
)
def test_service_principals(principal: str, exists: bool) -> None:
    assert service_exists(principal) is exists


@given(st.sampled_from(sorted(names("endpoints", "interface"))), st.integers(0, 30), st.sampled_from("abcxyz"))
def test_one_letter_away_is_a_mistake_and_a_known_name_never_is(known: str, place: int, letter: str) -> None:
    every = names("endpoints", "interface")
    assert misspells(known, every) is None
    wrong = known[:place] + letter + known[place:]
    if wrong not in every and len(wrong) >= 5:
        assert misspells(wrong, every)


TRAINER = (("AWS", ROLE),)


@pytest.mark.parametrize(
    ("statements", "request_", "answer"),
    [
        ([allow("s3:Get*", "arn:aws:s3:::a/*")], Request("s3:GetObject", resource="arn:aws:s3:::a/b"), True),
        ([allow("s3:Get*", "arn:aws:s3:::a/*")], Request("s3:GetObject", resource="arn:aws:s3:::b/b"), False),
        ([allow("S3:GETOBJECT")], Request("s3:GetObject"), True),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], Request("s3:GetObject"), False),
        ([allow("s3:*"), {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}], Request("s3:GetObject"), False),
        ([allow("kms:*", Principal={"AWS": ROLE})], Request("kms:Decrypt", TRAINER), True),
        ([allow("kms:*", Principal={"AWS": OTHER})], Request("kms:Decrypt", TRAINER), False),
        ([allow("kms:*", NotPrincipal={"AWS": OTHER})], Request("kms:Decrypt", TRAINER), True),
        ([allow("a:b", Condition={"StringEquals": {"aws:SourceAccount": "1"}})], Request("a:b", context={"aws:sourceaccount": "2"}), False),
        ([allow("a:b", Condition={"StringNotEquals": {"aws:SourceAccount": "1"}})], Request("a:b", context={"aws:sourceaccount": "2"}), True),
        ([allow("a:b", Condition={"ArnLike": {"aws:SourceArn": "arn:*:x"}})], Request("a:b", context={"aws:sourcearn": "arn:1:x"}), True),
        ([allow("a:b", Condition={"StringEqualsIgnoreCase": {"k:k": "X"}})], Request("a:b", context={"k:k": "x"}), True),
        ([allow("a:b", Condition={"Bool": {"aws:x": "true"}})], Request("a:b"), True),  # cannot be told: allowed
        ([allow("a:b"), {"Effect": "Deny", "Action": "a:b", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}}], Request("a:b"), True),
    ],
)  # fmt: skip
def test_what_a_policy_allows(statements: list[dict[str, Any]], request_: Request, answer: bool) -> None:
    assert allows(read(policy(*statements)), request_) is answer


@pytest.mark.parametrize(
    ("rest", "public"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": ["*", ROLE]}}, True),
        ({"Principal": {"AWS": ROLE}}, False),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({"NotPrincipal": {"AWS": ROLE}}, True),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:sourcevpce": "vpce-1"}}}, False),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}, True),
        ({"Principal": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({"Principal": "*", "Effect": "Deny"}, False),
    ],
)
def test_what_is_public(rest: dict[str, Any], public: bool) -> None:
    assert is_public(read(policy({**allow("s3:GetObject"), **rest}))) is public


actions = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "kms:Decrypt", "kms:De?rypt"])
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": actions | st.lists(actions, min_size=1, max_size=3)},
    optional={
        "Resource": st.sampled_from(["*", "arn:aws:s3:::a/*"]),
        "Principal": st.sampled_from(["*", {"AWS": ROLE}]),
    },
)


@given(st.lists(statements, min_size=1, max_size=4), st.sampled_from(["s3:GetObject", "kms:Decrypt"]))
def test_a_further_allow_never_takes_away_and_a_deny_of_all_always_does(
    given_: list[dict[str, Any]], action: str
) -> None:
    request = Request(action, TRAINER)
    before = allows(read(policy(*given_)), request)
    assert allows(read(policy(*given_, allow("s3:GetObject", Principal="*"))), request) >= before
    everything = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}
    assert not allows(read(policy(*given_, everything)), request)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["*", "Allow", "s3:Get"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["Effect", "Action", "Principal", "Resource", "Condition", "Bool", "AWS", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values, st.sampled_from([kinds.IDENTITY, kinds.TRUST, kinds.BUCKET, kinds.KEY, kinds.TOPIC]))
def test_whatever_stands_in_a_policy_it_is_read_or_refused(value: Any, kind: PolicyKind) -> None:
    for document in (value, {"Statement": value}, {"Statement": [value]}):
        with contextlib.suppress(MalformedError):  # and nothing else
            check(kind, json.dumps(document))
