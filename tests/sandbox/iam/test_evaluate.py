"""The decision itself, against what AWS documents of its evaluation logic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.sandbox.iam import Outcome, Policies, Policy, Principal, Request, evaluate
from mlinfra.sandbox.iam.conditions import holds
from mlinfra.sandbox.iam.documents import Condition
from mlinfra.sandbox.iam.patterns import matches, matches_arn

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/work"
SESSION = Principal(name=f"arn:aws:sts::{ACCOUNT}:assumed-role/work/me", account=ACCOUNT, role=ROLE)
USER = Principal(name=f"arn:aws:iam::{ACCOUNT}:user/ann", account=ACCOUNT)
OBJECT = "arn:aws:s3:::data/x"


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> Policy:
    return Policy.parse(json.dumps({"Version": version, "Statement": list(statements)}))


def say(effect: str, action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


ALLOW, DENY = say("Allow"), say("Deny")


def decide(principal: Principal = SESSION, *, account: str = "", **policies: Any) -> str:
    request = Request(principal=principal, action="s3:GetObject", resource=OBJECT, account=account)
    return evaluate(request, Policies(**policies)).outcome.value


def to(name: str, effect: str = "Allow") -> Policy:
    return policy(say(effect, Principal={"AWS": name}))


# --- one account -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("principal", "policies", "outcome"),
    [
        (SESSION, {}, "implicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),)}, "allowed"),
        (SESSION, {"identity": (policy(ALLOW, DENY),)}, "explicitDeny"),
        (SESSION, {"identity": (policy(ALLOW), policy(DENY))}, "explicitDeny"),
        # a boundary and a session policy hold in, and give nothing
        (SESSION, {"boundary": policy(ALLOW)}, "implicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),), "boundary": policy(ALLOW)}, "allowed"),
        (SESSION, {"identity": (policy(ALLOW),), "boundary": policy(say("Allow", "sqs:*"))}, "implicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),), "boundary": policy(ALLOW, DENY)}, "explicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),), "session": policy(say("Allow", "sqs:*"))}, "implicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),), "session": policy(ALLOW), "boundary": policy(ALLOW)}, "allowed"),
        # a resource's policy gives by itself within the account, unless it only names the account
        (SESSION, {"resource": to(SESSION.name)}, "allowed"),
        (SESSION, {"resource": to(ROLE)}, "allowed"),
        (SESSION, {"resource": to("*")}, "allowed"),
        (USER, {"resource": to(USER.name)}, "allowed"),
        (SESSION, {"resource": to(ACCOUNT)}, "implicitDeny"),
        (SESSION, {"resource": to(f"arn:aws:iam::{ACCOUNT}:root")}, "implicitDeny"),
        (SESSION, {"resource": to("arn:aws:iam::123456789012:role/other")}, "implicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),), "resource": to(ACCOUNT, "Deny")}, "explicitDeny"),
        # what it gives to a role is held in by the role's boundary, what it gives to the session or a user is not
        (SESSION, {"resource": to(ROLE), "boundary": policy(say("Allow", "sqs:*"))}, "implicitDeny"),
        (SESSION, {"resource": to(SESSION.name), "boundary": policy(say("Allow", "sqs:*"))}, "allowed"),
        (USER, {"resource": to(USER.name), "boundary": policy(say("Allow", "sqs:*"))}, "allowed"),
        (USER, {"resource": to(USER.name), "boundary": policy(DENY)}, "explicitDeny"),
        # keys and roles are given by their own policy alone
        (SESSION, {"identity": (policy(ALLOW),), "strict": True}, "implicitDeny"),
        (SESSION, {"identity": (policy(ALLOW),), "resource": to(ACCOUNT), "strict": True}, "allowed"),
        (SESSION, {"resource": to(ACCOUNT), "strict": True}, "implicitDeny"),
        (SESSION, {"resource": to(ROLE), "strict": True}, "allowed"),
    ],
)
def test_within_an_account(principal: Principal, policies: dict[str, Any], outcome: str) -> None:
    assert decide(principal, **policies) == outcome


@pytest.mark.parametrize(
    ("policies", "outcome"),
    [
        ({"identity": (policy(ALLOW),)}, "implicitDeny"),
        ({"resource": to(ROLE)}, "implicitDeny"),
        ({"identity": (policy(ALLOW),), "resource": to(ROLE)}, "allowed"),
        ({"identity": (policy(ALLOW),), "resource": to(ACCOUNT)}, "allowed"),
        ({"identity": (policy(ALLOW, DENY),), "resource": to(ACCOUNT)}, "explicitDeny"),
    ],
)
def test_between_accounts_both_must_allow(policies: dict[str, Any], outcome: str) -> None:
    assert decide(account="999999999999", **policies) == outcome


def test_services_are_named_by_resources() -> None:
    trust = policy(
        say(
            "Allow", "sts:AssumeRole", Principal={"Service": "sagemaker.amazonaws.com"},
            Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        )
    )  # fmt: skip
    service = Principal(name="sagemaker.amazonaws.com", kind="Service")
    for source, outcome in ((ACCOUNT, "allowed"), ("999999999999", "implicitDeny")):
        request = Request(principal=service, action="sts:AssumeRole", context={"aws:SourceAccount": source})
        assert evaluate(request, Policies(resource=trust, strict=True)).outcome.value == outcome


def test_all_but_some_principals_are_denied() -> None:
    spared = policy(say("Deny", NotPrincipal={"AWS": [ROLE, ACCOUNT]}))
    assert decide(identity=(policy(ALLOW),), resource=spared) == "allowed"
    other = Principal(name="arn:aws:iam::999999999999:user/eve", account="999999999999")
    assert decide(other, identity=(policy(ALLOW),), resource=spared) == "explicitDeny"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "S3:getobject", "NotResource": "arn:aws:s3:::other/*"}, True),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::data/*"}, False),
        ({"Effect": "Allow", "Action": ["sqs:*", "s3:Get?bject"], "Resource": ["arn:aws:s3:::d*"]}, True),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::DATA/x"}, False),
    ],
)
def test_what_a_statement_speaks_of(statement: dict[str, Any], allowed: bool) -> None:
    assert (decide(identity=(policy(statement),)) == "allowed") is allowed


# --- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "arn", "matched"),
    [
        ("*", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b/c", True),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:us-east-1:1:q", True),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:1:q", False),
        ("arn:*:iam::*:role/a-*", "arn:aws:iam::1:role/a-b/c", True),
        ("arn:aws:iam::1:role/a.b", "arn:aws:iam::1:role/axb", False),
    ],
)
def test_arns_match_part_by_part(pattern: str, arn: str, matched: bool) -> None:
    assert matches_arn(pattern, arn) is matched


def test_variables() -> None:
    context = {"aws:username": ("a*b",), "aws:principaltag/team": ("ml",)}
    assert matches("home/${aws:username}/*", "home/a*b/x", context)
    assert not matches("home/${aws:username}/*", "home/axb/x", context), "a value's asterisk is no wildcard"
    assert not matches("${aws:userid}*", "x", context), "what is not known matches nothing"
    assert matches("${aws:userid, 'none'}", "none", context)
    assert matches("${*}${?}${$}", "*?$", context)
    assert not matches("${*}", "x", context)
    old = policy(say("Allow", resource="arn:aws:s3:::${aws:username}/*"), version="2008-10-17")
    request = Request(
        principal=USER, action="s3:GetObject", resource="arn:aws:s3:::ann/x", context={"aws:username": "ann"}
    )
    assert not evaluate(request, Policies(identity=(old,)))


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "held"),
    [
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", ["a*"], ["ab"], False),
        ("StringEquals", ["a"], None, False),
        ("StringEqualsIfExists", ["a"], None, True),
        ("StringEqualsIfExists", ["a"], ["b"], False),
        ("StringEqualsIgnoreCase", ["A"], ["a"], True),
        ("StringNotEquals", ["a", "b"], ["c"], True),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotEquals", ["a"], None, True),
        ("StringLike", ["a/*", "b"], ["a/x"], True),
        ("StringNotLike", ["a/*"], ["a/x"], False),
        ("NumericLessThanEquals", ["7"], ["7"], True),
        ("NumericGreaterThan", ["7"], ["7"], False),
        ("NumericEquals", ["7"], ["seven"], False),
        ("DateGreaterThan", ["2026-01-01T00:00:00Z"], ["2026-06-01T12:00:00Z"], True),
        ("DateLessThan", ["2026-01-01T00:00:00Z"], ["1767225599"], True),
        ("Bool", ["true"], ["true"], True),
        ("Bool", ["true"], None, False),
        ("BoolIfExists", ["false"], None, True),
        ("Null", ["true"], None, True),
        ("Null", ["true"], ["a"], False),
        ("Null", ["false"], ["a"], True),
        ("IpAddress", ["10.0.0.0/8"], ["10.1.2.3"], True),
        ("NotIpAddress", ["10.0.0.0/8"], ["10.1.2.3"], False),
        ("IpAddress", ["2001:db8::/32"], ["2001:db8::1"], True),
        ("ArnLike", ["arn:aws:s3:::*"], ["arn:aws:s3:::b"], True),
        ("ArnNotEquals", ["arn:aws:s3:::b"], ["arn:aws:s3:::b"], False),
        ("BinaryEquals", ["YQ=="], ["YQ=="], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "a"], False),
        ("ForAnyValue:StringEquals", ["a"], ["c", "a"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ],
)
def test_operators(operator: str, wanted: list[str], values: list[str] | None, held: bool) -> None:
    context = {} if values is None else {"aws:key": tuple(values)}
    assert holds(Condition(operator, "AWS:Key", tuple(wanted)), context) is held


def test_an_operator_that_is_none() -> None:
    with pytest.raises(ValueError, match="StringIs"):
        holds(Condition("StringIs", "a", ("b",)), {})


# --- laws ------------------------------------------------------------------------------------------------------------

ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "sqs:*"])
RESOURCES = st.sampled_from(["*", OBJECT, "arn:aws:s3:::data/*", "arn:aws:s3:::other/*"])
CONDITIONS = st.sampled_from([{}, {"Bool": {"aws:SecureTransport": "true"}}, {"StringEquals": {"aws:x": "y"}}])
STATEMENTS = st.builds(
    lambda effect, action, resource, condition: say(effect, action, resource, Condition=condition),
    st.sampled_from(["Allow", "Deny"]), ACTIONS, RESOURCES, CONDITIONS,
)  # fmt: skip
MANY = st.lists(STATEMENTS, max_size=5)
REQUEST = Request(principal=SESSION, action="s3:GetObject", resource=OBJECT, context={"aws:SecureTransport": "true"})


def outcome(identity: list[Any], boundary: list[Any] | None = None, resource: list[Any] | None = None) -> Outcome:
    named = [one | {"Principal": {"AWS": ROLE}} for one in resource] if resource is not None else None
    policies = Policies(
        identity=(policy(*identity),),
        boundary=None if boundary is None else policy(*boundary),
        resource=None if named is None else policy(*named),
    )
    return evaluate(REQUEST, policies).outcome


@given(MANY, STATEMENTS, st.none() | MANY)
def test_a_denial_more_never_allows_more(
    statements: list[Any], one: dict[str, Any], boundary: list[Any] | None
) -> None:
    more = [*statements, one | {"Effect": "Deny"}]
    assert outcome(statements, boundary) is Outcome.ALLOWED or outcome(more, boundary) is not Outcome.ALLOWED


@given(MANY, STATEMENTS)
def test_an_allowance_more_never_takes_away(statements: list[Any], one: dict[str, Any]) -> None:
    assert (
        outcome(statements) is not Outcome.ALLOWED
        or outcome([*statements, one | {"Effect": "Allow"}]) is Outcome.ALLOWED
    )


@given(st.permutations([ALLOW, DENY, say("Allow", "sqs:*"), say("Deny", resource="arn:aws:s3:::other/*")]), MANY)
def test_the_order_of_statements_is_irrelevant(statements: list[Any], others: list[Any]) -> None:
    assert outcome([*statements, *others]) is outcome([*others, *reversed(statements)])


@given(MANY, MANY)
def test_a_boundary_only_takes_away(statements: list[Any], boundary: list[Any]) -> None:
    assert outcome(statements) is Outcome.ALLOWED or outcome(statements, boundary) is not Outcome.ALLOWED


@given(MANY, MANY)
def test_a_boundary_is_an_intersection(statements: list[Any], boundary: list[Any]) -> None:
    both = outcome(statements) is Outcome.ALLOWED and outcome(boundary) is Outcome.ALLOWED
    assert (outcome(statements, boundary) is Outcome.ALLOWED) is both


@given(MANY, MANY)
def test_statements_may_be_split_over_policies(first: list[Any], second: list[Any]) -> None:
    split = Policies(identity=(policy(*first), policy(*second)))
    assert evaluate(REQUEST, split).outcome is outcome([*first, *second])


@given(st.text(alphabet="ab:/*?", max_size=12))
def test_a_text_without_wildcards_matches_itself_alone(text: str) -> None:
    assert matches(text.replace("*", "${*}").replace("?", "${?}"), text, {})
