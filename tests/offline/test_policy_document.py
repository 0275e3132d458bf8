"""Policy documents as the AWS provider renders them. The expectations are those of its own acceptance tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlinfra.errors import ConfigError
from mlinfra.offline.policy_document import policy_document


def statements(*found: dict[str, Any], **args: Any) -> Any:
    return json.loads(policy_document({"statements": list(found), **args})["json"])["Statement"]


def principal(kind: str, *identifiers: str) -> dict[str, Any]:
    return {"type": kind, "identifiers": list(identifiers)}


def condition(test: str, variable: str, *values: str) -> dict[str, Any]:
    return {"test": test, "variable": variable, "values": list(values)}


def test_everything_in_its_place() -> None:
    found = policy_document(
        {
            "policyId": "policy_id",
            "statements": [
                {
                    "sid": "1",
                    "actions": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"],
                    "resources": ["arn:aws:s3:::*"],
                },
                {
                    "actions": ["s3:ListBucket"],
                    "resources": ["arn:aws:s3:::foo"],
                    "conditions": [condition("StringLike", "s3:prefix", "home/", "", "home/&{aws:username}/")],
                    "notPrincipals": [principal("AWS", "arn:blahblah:example")],
                },
                {"effect": "Deny", "notActions": ["s3:*"], "notResources": ["arn:aws:s3:::*"]},
                {"actions": ["kinesis:*"], "principals": [principal("AWS", "*")]},
                {"actions": ["firehose:*"], "principals": [principal("*", "*")]},
            ],
        }
    )
    assert found["json"] == (
        """{
  "Version": "2012-10-17",
  "Id": "policy_id",
  "Statement": [
    {
      "Sid": "1",
      "Effect": "Allow",
      "Action": [
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation"
      ],
      "Resource": "arn:aws:s3:::*"
    },
    {
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::foo",
      "NotPrincipal": {
        "AWS": "arn:blahblah:example"
      },
      "Condition": {
        "StringLike": {
          "s3:prefix": [
            "home/",
            "",
            "home/${aws:username}/"
          ]
        }
      }
    },
    {
      "Effect": "Deny",
      "NotAction": "s3:*",
      "NotResource": "arn:aws:s3:::*"
    },
    {
      "Effect": "Allow",
      "Action": "kinesis:*",
      "Principal": {
        "AWS": "*"
      }
    },
    {
      "Effect": "Allow",
      "Action": "firehose:*",
      "Principal": "*"
    }
  ]
}"""
    )
    assert json.loads(found["minifiedJson"]) == json.loads(found["json"])
    assert found["minifiedJson"].startswith('{"Version":"2012-10-17","Id":"policy_id","Statement":[{"Sid":"1",')
    assert found["version"] == "2012-10-17"
    assert found["id"].isdigit()


def test_lists_are_sorted_downwards_and_have_no_doubles() -> None:
    (found,) = statements({"actions": ["a", "c", "b", "a"], "resources": ["x", "x"]})
    assert (found["Action"], found["Resource"]) == (["c", "b", "a"], "x")


def test_principals_of_one_type_are_put_together() -> None:
    (found,) = statements(
        {"principals": [principal("Service", "b", "a"), principal("AWS", "1"), principal("AWS", "2", "3")]}
    )
    assert found["Principal"] == {"AWS": ["1", "3", "2"], "Service": ["b", "a"]}
    assert list(found["Principal"]) == ["AWS", "Service"]


def test_conditions_are_put_together() -> None:
    (found,) = statements(
        {
            "conditions": [
                condition("B", "y", "2"),
                condition("A", "x", "1"),
                condition("B", "y", "3"),
                condition("B", "a", "4"),
            ]
        }
    )
    assert found["Condition"] == {"A": {"x": "1"}, "B": {"a": "4", "y": ["2", "3"]}}
    assert list(found["Condition"]["B"]) == ["a", "y"]


def test_special_characters_are_escaped_as_go_escapes_them() -> None:
    text = policy_document({"statements": [{"resources": ["<é&>"]}]})["minifiedJson"]
    assert r'"Resource":"\u003cé\u0026\u003e"' in text


def test_nothing_at_all() -> None:
    assert policy_document({})["json"] == '{\n  "Version": "2012-10-17"\n}'


def test_arguments_come_back() -> None:
    found = policy_document({"statements": [{"actions": ["a"]}], "policyId": None})
    assert found["statements"] == [{"actions": ["a"]}]
    assert "policyId" not in found


SOURCE = json.dumps(
    {
        "Version": "2008-10-17",
        "Id": "source",
        "Statement": [
            {
                "Sid": "A",
                "Effect": "Allow",
                "Action": ["b", "a"],
                "Resource": ["*"],
                "Principal": {"AWS": ["x"], "Service": ["a", "b"]},
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Condition": {"Bool": {"aws:SecureTransport": False}, "T": {"v": ["1"]}},
            },
        ],
    }
)


def test_source_documents_come_first_and_keep_their_lists() -> None:
    found = json.loads(
        policy_document({"sourcePolicyDocuments": [SOURCE], "statements": [{"sid": "B", "actions": ["c"]}]})["json"]
    )
    assert (found["Version"], found["Id"]) == ("2012-10-17", "source")
    assert found["Statement"] == [
        {
            "Sid": "A",
            "Effect": "Allow",
            "Action": ["b", "a"],
            "Resource": ["*"],
            "Principal": {"AWS": ["x"], "Service": ["b", "a"]},
        },
        {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}, "T": {"v": "1"}}},
        {"Sid": "B", "Effect": "Allow", "Action": "c"},
    ]


def test_own_statements_and_overrides_replace_those_of_the_same_sid() -> None:
    override = json.dumps({"Statement": {"Sid": "B", "Effect": "Deny"}})
    args = {
        "sourcePolicyDocuments": [SOURCE],
        "overridePolicyDocuments": [override],
        "statements": [{"sid": "A"}, {"sid": "B"}],
    }
    found = json.loads(policy_document(args)["json"])["Statement"]
    assert [(s.get("Sid"), s["Effect"]) for s in found] == [("A", "Allow"), (None, "Deny"), ("B", "Deny")]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"statements": [{"sid": "A"}, {"sid": "A"}]}, "the Sid 'A' twice"),
        ({"sourcePolicyDocuments": [SOURCE, SOURCE]}, "sourcePolicyDocuments have the Sid 'A' twice"),
        ({"sourcePolicyDocuments": ["{"]}, r"sourcePolicyDocuments\[0\] is not JSON"),
        ({"overridePolicyDocuments": ["[]"]}, r"overridePolicyDocuments\[0\] is not a policy document"),
        ({"statements": [{"effect": "allow"}]}, "effect is 'allow'"),
        ({"statements": [{"sid": "a b"}]}, "sid is 'a b'"),
        ({"version": "2020-01-01"}, "version is '2020-01-01'"),
        ({"version": "2008-10-17", "statements": [{"resources": ["&{aws:username}"]}]}, "has a variable"),
        ({"sourceJson": "{}"}, "sourceJson no more"),
    ],
)
def test_what_the_provider_refuses(args: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        policy_document(args)
