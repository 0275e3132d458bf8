"""The list of what exists."""

from __future__ import annotations

from pathlib import Path

import jmespath
import pytest
from moto.core.utils import get_service_model

from mlinfra.sandbox.server import control, inventory, tables
from mlinfra.sandbox.server.files import SandboxError


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory):
    home: Path = tmp_path_factory.mktemp("home")
    yield control.start(home, port=0).endpoint_url
    control.stop(home)


# Those in which a fresh account has things of AWS's own.
FRESH = ["athena", "cloudwatch", "ec2", "elasticache", "events", "iam", "kms", "macie2", "s3", "securityhub", "ssm"]


def test_a_fresh_account_is_empty(endpoint: str) -> None:
    assert inventory.inventory(endpoint, {service: ["us-east-1"] for service in FRESH}) == {}


def test_the_table_names_operations_and_paths_that_exist() -> None:
    for service, (_, kinds) in inventory._kinds().items():
        model = get_service_model(service)
        for kind in kinds.values():
            assert kind.list in model.operation_names
            assert not kind.each or kind.each in model.operation_names
            shape = model.operation_model(kind.list).input_shape
            assert set(kind.params) <= set(shape.members if shape else ())
            assert jmespath.compile(kind.items)
            assert not kind.keep or jmespath.compile(kind.keep)


def test_what_is_made_is_listed_until_it_is_gone(endpoint: str, sandbox) -> None:
    import boto3

    def client(service: str, region: str = "us-east-1"):
        return boto3.client(
            service, endpoint_url=endpoint, region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
        )

    ec2, s3, kms, there = client("ec2"), client("s3"), client("kms"), client("logs", "eu-west-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    s3.create_bucket(Bucket="listed")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    there.create_log_group(logGroupName="far")
    client("sts").get_caller_identity()
    assert inventory.inventory(endpoint) == {
        "ec2": [f"vpc {vpc}"],
        "kms": [f"key {key}"],
        "logs": ["group far (eu-west-1)"],
        "s3": ["bucket listed"],
    }
    ec2.delete_vpc(VpcId=vpc)
    s3.delete_bucket(Bucket="listed")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    there.delete_log_group(logGroupName="far")
    assert inventory.inventory(endpoint) == {}


def test_a_service_that_cannot_be_listed_is_an_error(endpoint: str) -> None:
    with pytest.raises(SandboxError, match="gamelift"):
        inventory.inventory(endpoint, {"gamelift": ["us-east-1"]})


def test_every_service_with_a_table_can_be_listed() -> None:
    services = {tables.load(signed).service for signed in tables.signed_as()}
    assert services <= set(inventory._kinds())
