"""AWS functions that need no AWS."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from mlinfra.catalog.regions import regions
from mlinfra.errors import ConfigError
from mlinfra.offline import functions
from mlinfra.offline.functions import Context, answer

HERE = Context()


def ask(function: str, context: Context = HERE, /, **args: Any) -> dict[str, Any]:
    found = answer(f"aws:index/{function}:{function}", args, context)
    assert found is not None
    return found


def test_region() -> None:
    assert ask("getRegion") == {
        "description": "US East (N. Virginia)",
        "endpoint": "ec2.us-east-1.amazonaws.com",
        "id": "us-east-1",
        "name": "us-east-1",
        "region": "us-east-1",
    }
    assert ask("getRegion", Context("eu-west-1"))["id"] == "eu-west-1"
    for args in ({"region": "eu-west-1"}, {"name": "eu-west-1"}, {"endpoint": "ec2.eu-west-1.amazonaws.com"}):
        assert ask("getRegion", **args)["region"] == "eu-west-1"
    with pytest.raises(ConfigError, match="no region 'eu-west-9'"):
        ask("getRegion", region="eu-west-9")
    with pytest.raises(ConfigError, match="endpoint"):
        ask("getRegion", endpoint="nowhere")


def test_partition() -> None:
    assert ask("getPartition") == {
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "partition": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    }
    assert ask("getPartition", Context("us-gov-west-1"))["partition"] == "aws-us-gov"


def test_caller_is_recognisably_nobody() -> None:
    found = ask("getCallerIdentity", Context("us-gov-west-1"))
    assert found["accountId"] == found["id"] == "123456789012"
    assert found["arn"] == "arn:aws-us-gov:iam::123456789012:user/mlinfra"
    assert len(found["userId"]) == 21


def test_service_principal() -> None:
    assert ask("getServicePrincipal", serviceName="s3", region="eu-west-1") == {
        "id": "s3.eu-west-1.amazonaws.com",
        "name": "s3.amazonaws.com",
        "region": "eu-west-1",
        "serviceName": "s3",
        "suffix": "amazonaws.com",
    }
    with pytest.raises(ConfigError, match="serviceName"):
        ask("getServicePrincipal")


@pytest.mark.parametrize("name", regions())
def test_zones_of_every_region(name: str) -> None:
    found = ask("getAvailabilityZones", Context(name), state="available")
    assert found["names"] == sorted(found["names"])
    assert len(found["names"]) == len(set(found["zoneIds"])) >= 2
    assert all(zone.startswith(name) for zone in found["names"])
    assert (found["id"], found["groupNames"], found["state"]) == (name, [name], "available")


def test_zones_that_fit() -> None:
    everything = ask("getAvailabilityZones")
    assert everything["names"][0] == "us-east-1a"
    assert everything["zoneIds"][0] == "use1-az6"
    assert ask("getAvailabilityZones", excludeNames=["us-east-1a"], excludeZoneIds=["use1-az1"])["names"] == [
        "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"
    ]  # fmt: skip
    only = [
        {"name": "zone-name", "values": ["us-east-1c"]},
        {"name": "opt-in-status", "values": ["opt-in-not-required"]},
    ]
    assert ask("getAvailabilityZones", filters=only)["zoneIds"] == ["use1-az2"]
    assert ask("getAvailabilityZones", state="impaired")["names"] == []
    with pytest.raises(ConfigError, match="filter 'zone' is not known"):
        ask("getAvailabilityZones", filters=[{"name": "zone", "values": []}])


def test_one_zone() -> None:
    found = ask("getAvailabilityZone", zoneId="use1-az6")
    assert (found["name"], found["nameSuffix"], found["region"]) == ("us-east-1a", "a", "us-east-1")
    assert ask("getAvailabilityZone", name="us-east-1b")["zoneId"] == "use1-az1"
    with pytest.raises(ConfigError, match="6 zones of us-east-1 fit nothing"):
        ask("getAvailabilityZone")
    with pytest.raises(ConfigError, match="0 zones"):
        ask("getAvailabilityZone", name="us-east-1z")


def test_arn() -> None:
    found = ask("getArn", arn="arn:aws:iam::123456789012:role/a:b")
    assert (found["service"], found["region"], found["account"], found["resource"]) == (
        "iam",
        "",
        "123456789012",
        "role/a:b",
    )
    for wrong in ("", "arn:aws:iam", "urn:aws:iam::1:x", "arn::iam::1:x"):
        with pytest.raises(ConfigError, match="is not an ARN"):
            ask("getArn", arn=wrong)


def test_policy_document_is_among_them() -> None:
    found = answer("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [{"actions": ["a"]}]}, Context())
    assert found is not None
    assert '"Action": "a"' in found["json"]


@pytest.mark.parametrize(
    "token",
    ["aws:ec2/getAmi:getAmi", "aws:index/getIpRanges:getIpRanges", "gcp:index/getRegion:getRegion", "getRegion", ""],
)
def test_everything_else_is_not_answered(token: str) -> None:
    assert answer(token, {}, Context()) is None


def test_arguments_that_make_no_sense_are_one_clear_error() -> None:
    with pytest.raises(ConfigError, match="cannot make sense of its arguments"):
        answer("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [{"conditions": [{}]}]}, Context())


def test_answers_have_what_the_sdk_promises() -> None:
    pulumi_aws = pytest.importorskip("pulumi_aws")
    iam = pytest.importorskip("pulumi_aws.iam")
    args = {
        "getArn": {"arn": "arn:aws:s3:::b"},
        "getServicePrincipal": {"serviceName": "s3"},
        "getAvailabilityZone": {"name": "us-east-1a"},
    }
    for name in functions._ANSWERS:
        result = f"{name[0].upper()}{name[1:]}Result"
        module = iam if name == "getPolicyDocument" else pulumi_aws
        source = inspect.getsource(getattr(module, result))
        promised = {
            (decorator.keywords[0].value.value if isinstance(decorator, ast.Call) else method.name)
            for method in ast.walk(ast.parse(source))
            if isinstance(method, ast.FunctionDef)
            for decorator in method.decorator_list
            if "getter" in ast.unparse(decorator) and "Optional" not in ast.unparse(method.returns or ast.Constant(""))
        }
        found = functions._ANSWERS[name](args.get(name, {}), Context())
        assert promised - found.keys() == set(), name
