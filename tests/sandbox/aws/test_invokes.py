"""Functions that read the account."""

from __future__ import annotations

from typing import Any

import pytest

from mlinfra.engine.provider import ProviderFailure
from mlinfra.sandbox.aws.invokes import ABANDON, invoke
from mlinfra.stack.values import UNKNOWN
from tests.sandbox.aws.lives import Life
from tests.sandbox.conftest import Sandbox


@pytest.fixture(scope="module")
def life(sandbox: Sandbox) -> Any:
    made = Life(sandbox.endpoint_url, default_tags={"team": "ml"})
    yield made
    made.end()


def ask(life: Life, token: str, **args: Any) -> dict[str, Any]:
    return invoke(life.provider, token, args).result


def test_a_vpc_by_id_by_tag_and_by_filter(life: Life) -> None:
    vpc = life.need("ec2/vpc")
    by_id = ask(life, "aws:ec2/getVpc:getVpc", id=vpc["id"])
    assert by_id["cidrBlock"] == "10.0.0.0/16"
    assert by_id["mainRouteTableId"] == vpc["mainRouteTableId"]
    assert by_id["default"] is False
    assert ask(life, "aws:ec2/getVpcs:getVpcs", tags={"team": "ml"})["ids"] == [vpc["id"]]
    filters = [{"name": "vpc-id", "values": [vpc["id"]]}]
    subnet = life.need("ec2/subnet")
    assert ask(life, "aws:ec2/getSubnets:getSubnets", filters=filters)["ids"] == [subnet["id"]]
    assert (
        ask(life, "aws:ec2/getSubnet:getSubnet", vpcId=vpc["id"], availabilityZone="us-east-1a")["id"] == subnet["id"]
    )


def test_what_does_not_match_exactly_one_is_refused(life: Life) -> None:
    with pytest.raises(ProviderFailure, match="no matches found"):
        ask(life, "aws:ec2/getVpc:getVpc", tags={"team": "nobody"})
    life.need("ec2/subnet")
    life.need("ec2/subnet#b")
    with pytest.raises(ProviderFailure, match="2 matches found"):
        ask(life, "aws:ec2/getSubnet:getSubnet", vpcId=life.need("ec2/vpc")["id"])


def test_resources_by_name(life: Life) -> None:
    role, bucket, key = life.need("iam/role"), life.need("s3/bucket"), life.need("kms/key")
    assert ask(life, "aws:iam/getRole:getRole", name=role["name"])["arn"] == role["arn"]
    assert ask(life, "aws:s3/getBucket:getBucket", bucket=bucket["id"])["arn"] == bucket["arn"]
    assert ask(life, "aws:kms/getKey:getKey", keyId=key["keyId"])["keyState"] == "Enabled"
    with pytest.raises(ProviderFailure, match="there is no Role 'nobody' in the account"):
        ask(life, "aws:iam/getRole:getRole", name="nobody")


def test_images_are_made_up_once_and_found_again(life: Life, sandbox: Sandbox) -> None:
    filters = [{"name": "name", "values": ["ml-images-*-gpu"]}, {"name": "architecture", "values": ["arm64"]}]
    first = ask(life, "aws:ec2/getAmi:getAmi", owners=["amazon"], mostRecent=True, filters=filters)
    assert ask(life, "aws:ec2/getAmi:getAmi", owners=["amazon"], mostRecent=True, filters=filters)["id"] == first["id"]
    assert first["architecture"] == "arm64"
    assert sandbox.client("ec2").describe_images(ImageIds=[first["id"]])["Images"]
    assert ask(life, "aws:ec2/getAmiIds:getAmiIds", owners=["amazon"], filters=filters)["ids"] == [first["id"]]


def test_amazons_parameters_name_images(life: Life) -> None:
    name = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/nvidia/recommended/image_id"
    first = ask(life, "aws:ssm/getParameter:getParameter", name=name)
    assert first["value"].startswith("ami-")
    assert ask(life, "aws:ssm/getParameter:getParameter", name=name)["value"] == first["value"]
    with pytest.raises(ProviderFailure, match="ParameterNotFound"):
        ask(life, "aws:ssm/getParameter:getParameter", name="/mine/nothing")


def test_a_region_of_its_own(life: Life) -> None:
    assert ask(life, "aws:ec2/getVpcs:getVpcs", region="eu-west-1", tags={"team": "ml"})["ids"] == []
    assert ask(life, "aws:index/getRegion:getRegion")["name"] == "us-east-1"


def test_the_provider_tells_its_own_tags(life: Life) -> None:
    assert ask(life, "aws:index/getDefaultTags:getDefaultTags")["tags"] == {"team": "ml"}


def test_a_token_for_a_cluster_has_the_form_that_eks_takes(life: Life) -> None:
    found = ask(life, "aws:eks/getClusterAuth:getClusterAuth", name="c")
    assert found["token"].startswith("k8s-aws-v1.")
    assert "=" not in found["token"]


def test_of_unknown_arguments_nothing_is_known(life: Life) -> None:
    assert ask(life, "aws:iam/getRole:getRole", name=UNKNOWN) == {}


def test_nothing_is_abandoned_that_is_known(life: Life) -> None:
    assert ask(life, ABANDON, lost={"urn:pulumi:a::b::aws:s3/bucket:Bucket::c": []})["ids"] == []
