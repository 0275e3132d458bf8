"""What policy documents allow, and that nothing unknown in one is ever taken for an answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.graph_values import Unknown
from mlinfra.policies.documents import read
from mlinfra.policies.escalation import administers, ways
from mlinfra.policies.statements import all3, any3, matches, not3

KNOWN = st.sampled_from([True, False, None])


def one(**elements: object) -> object:
    return read({"Statement": [{"Effect": "Allow", **elements}]}).statements[0]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("s3:Get*", "s3:GetObject", True),
        ("S3:GETOBJECT", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("s3:Get.bject", "s3:GetObject", False),
    ],
)
def test_patterns(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("resource", "service", "expected"),
    [
        ("*", "s3", True),
        ("arn:aws:s3:::*", "s3", True),
        ("arn:aws:s3:::*/*", "s3", True),
        ("arn:aws:s3:*", "s3", True),
        ("arn:aws:s3:*", "iam", False),
        ("arn:aws:s3:::data/*", "s3", False),
        ("arn:aws:s3:::data*", "s3", False),
        ("arn:aws:iam::123456789012:role/*", "iam", True),
        ("arn:aws:iam::123456789012:role/ml/*", "iam", False),
        ("arn:aws:kms:*:*:key/*", "kms", True),
        ("arn:aws:kms:us-east-1:123456789012:key/1", "kms", False),
        ("arn:aws:sqs:us-east-1:123456789012:*", "sqs", True),
    ],
)
def test_resources_that_name_nothing(resource: str, service: str, expected: bool) -> None:
    assert one(Action="*", Resource=resource).everything(service) is expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, False),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:123456789012:*"}}, False),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, False),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-abc/*"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc/*"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_conditions_that_say_who(test: dict[str, object], expected: bool) -> None:
    assert one(Principal="*", Action="s3:GetObject", Resource="*", Condition=test).public() is expected


def test_a_denial_takes_away_what_is_allowed() -> None:
    allow = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    assert set(ways(read({"Statement": [allow]}))) >= {"access-key", "put-on-role"}
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    assert ways(read({"Statement": [allow, deny]})) == {}
    assert "put-on-role" in ways(read({"Statement": [allow, {**deny, "Condition": {"Bool": {"x": "true"}}}]}))


def test_what_is_no_document() -> None:
    assert read("{oops").unknown
    assert read(Unknown("policy")).unknown
    assert read("").statements == ()
    assert read([]).statements == ()


@given(st.lists(KNOWN))
def test_kleene(answers: list[bool | None]) -> None:
    """Filling in what is not known never turns an answer that was known."""
    for filled in ([one is None or one for one in answers], [bool(one) for one in answers]):
        assert all3(answers) in (None, all3(filled))
        assert any3(answers) in (None, any3(filled))
    assert not3(all3(answers)) == any3(map(not3, answers))


ELEMENTS = {
    "Effect": st.sampled_from(["Allow", "Deny"]),
    "Principal": st.sampled_from(["*", {"AWS": "*"}, {"AWS": ["123456789012"]}, {"Service": "ec2.amazonaws.com"}]),
    "Action": st.sampled_from(["*", "s3:*", ["s3:GetObject", "iam:PassRole"], "iam:*"]),
    "Resource": st.sampled_from(["*", "arn:aws:s3:::data/*", ["arn:aws:iam::123456789012:role/*"]]),
    "Condition": st.sampled_from([{}, {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, {"Bool": {"aws:x": "true"}}]),
}
STATEMENT = st.fixed_dictionaries(ELEMENTS)


@given(st.lists(STATEMENT, min_size=1, max_size=3), st.data())
def test_an_unknown_is_never_taken_for_an_answer(statements: list[dict[str, object]], data: st.DataObject) -> None:
    """With one element unknown every question is answered as with all of them known, or not at all."""
    index = data.draw(st.integers(0, len(statements) - 1))
    element = data.draw(st.sampled_from(sorted(ELEMENTS)))
    whole = read(json.dumps({"Statement": statements}))
    partly = [*statements]
    partly[index] = {**statements[index], element: Unknown("x")}
    hidden = read({"Statement": partly})
    for ask in (lambda s: s.public(), administers, lambda s: s.covers("s3:GetObject"), lambda s: s.everything("iam")):
        assert hidden.any(ask) in (None, whole.any(ask))
    known, guessed = ways(whole), ways(hidden)
    assert all(name in known for name, opens in guessed.items() if opens)
    assert set(known) <= set(guessed)
