"""Limits from botocore's models: none of AWS's own examples breaks one, and what breaks one is told as AWS tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.sandbox.refusals.call import Refused
from mlinfra.sandbox.refusals.limits import matches, within_limits

SESSION = botocore.session.get_session()
# Examples of AWS's that are wrong: a value with a space behind it, and a name left empty.
WRONG = {("ec2", "ModifySpotFleetRequest"), ("polly", "GetLexicon")}


def examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    loader = SESSION.get_component("data_loader")
    for service in SESSION.get_available_services():
        try:
            found = loader.load_service_model(service, "examples-1").get("examples", {})
        except DataNotFoundError:
            continue
        for operation, items in found.items():
            yield from ((service, operation, item.get("input") or {}) for item in items)


def check(service: str, operation: str, **params: Any) -> None:
    within_limits(service, SESSION.get_service_model(service).operation_model(operation), params)


def test_no_example_of_aws_is_refused() -> None:
    refused, tried = [], 0
    for service, operation, params in examples():
        if operation in SESSION.get_service_model(service).operation_names and (service, operation) not in WRONG:
            tried += 1
            try:
                within_limits(service, SESSION.get_service_model(service).operation_model(operation), params)
            except Refused as error:
                refused.append((service, operation, error.message))
    assert not refused
    assert tried > 1_300


@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "says"),
    [
        ("iam", "CreateRole", {"RoleName": "a" * 65}, "ValidationError", "at 'roleName' failed .* less than or equal to 64"),
        ("eks", "CreateNodegroup", {"amiType": "AL3"}, "InvalidParameterException", "at 'amiType' .* enum value set"),
        ("s3", "PutBucketVersioning", {"VersioningConfiguration": {"Status": "On"}}, "MalformedXML", "Status"),
        ("ec2", "CreateVpc", {"InstanceTenancy": "x"}, "InvalidParameterValue", "instanceTenancy"),
        ("kms", "CreateAlias", {"AliasName": "a b"}, "ValidationException", "regular expression"),
        ("lambda", "CreateFunction", {"Tags": {"k" * 129: "v"}}, "ValidationException", "128"),
        ("iam", "CreateUser", {"UserName": "a", "Tags": [{"Key": "k", "Value": "v"}] * 51}, "ValidationError", "51 members"),
        ("sqs", "CreateQueue", {"Attributes": {"Visibility": "1"}}, "InvalidAttributeName", "Visibility"),
    ],
)  # fmt: skip
def test_value_outside_its_limits_is_refused(service: str, operation: str, params: dict, code: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        check(service, operation, **params)
    assert caught.value.code == code


def test_a_secret_value_is_not_told() -> None:
    with pytest.raises(Refused) as caught:
        check("iam", "CreateLoginProfile", UserName="a", Password="hunter2" * 30)
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "Größe 1/2 名前", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "a,b", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a\n😀", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\x00", False),
        (r"^[0-9A-Za-z][A-Za-z0-9\-_]*", "a.b", False),
        (r"\w+", "é", False),
        (r"[\w-/]+", "anything at all", True),  # not an expression in Python
    ],
)
def test_patterns_written_for_java(pattern: str, value: str, fits: bool) -> None:
    assert matches(pattern, value) is fits


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=128))
def test_letters_and_numbers_of_every_script_are_good_tag_keys(key: str) -> None:
    check("iam", "TagRole", RoleName="a", Tags=[{"Key": key, "Value": key}])
