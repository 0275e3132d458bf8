"""What a plan without a cloud makes of resources."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog.aws_types import all_types
from mlinfra.engine.provider import Held, ProviderFailure
from mlinfra.offline.provider import OfflineProvider, OfflineSource
from mlinfra.stack.values import UNKNOWN, UNKNOWN_STRING, Secret, contains, has_unknowns

BUCKET, VPC = "aws:s3/bucket:Bucket", "aws:ec2/vpc:Vpc"


def urn(kind: str, name: str = "thing") -> str:
    return f"urn:pulumi:dev::p::{kind}::{name}"


def opened(package: str = "aws", env: dict[str, str] | None = None, **config: Any) -> OfflineProvider:
    source = OfflineSource()
    provider = source.open(
        package, "", engine_address="", project_dir="", env={"AWS_REGION": "us-east-1", **(env or {})}
    )
    provider.configure(urn(f"pulumi:providers:{package}"), "id", config)
    return provider


def planned(provider: OfflineProvider, kind: str, name: str = "thing", **inputs: Any) -> tuple[Any, dict[str, Any]]:
    checked = provider.check(urn(kind, name), {}, inputs, b"")
    assert checked.failures == ()
    made = provider.create(urn(kind, name), checked.inputs, preview=True)
    return made.id, made.outputs


def test_names_ids_and_arns() -> None:
    identity, outputs = planned(opened(), BUCKET)
    assert re.fullmatch("thing-[0-9a-f]{7}", identity)
    assert outputs["bucket"] == identity
    assert outputs["arn"] == f"arn:aws:s3:::{identity}"
    assert outputs["bucketRegionalDomainName"] == f"{identity}.s3.us-east-1.amazonaws.com"
    identity, outputs = planned(opened(), VPC, cidrBlock="10.0.0.0/16")
    assert re.fullmatch("vpc-[0-9a-f]{17}", identity)
    assert outputs["arn"] == f"arn:aws:ec2:us-east-1:123456789012:vpc/{identity}"
    assert outputs["cidrBlock"] == "10.0.0.0/16"


def test_what_only_aws_knows_stays_unknown() -> None:
    _, outputs = planned(opened(), VPC, cidrBlock="10.0.0.0/16")
    assert outputs["dhcpOptionsId"] is UNKNOWN
    assert outputs["ipv6CidrBlock"] is UNKNOWN
    assert "__defaults" not in outputs


def test_the_same_program_gives_the_same_plan() -> None:
    assert planned(opened(), BUCKET) == planned(opened(), BUCKET)
    assert planned(opened(), BUCKET)[0] != planned(opened(), BUCKET, "other")[0]


def test_names_that_the_program_gives_stay() -> None:
    assert planned(opened(), BUCKET, bucket="mine")[0] == "mine"
    identity, _ = planned(opened(), BUCKET, bucketPrefix="mine-")
    assert identity == ""


def test_a_name_made_up_fits_the_limit_or_is_refused_as_the_provider_would() -> None:
    identity, _ = planned(opened(), BUCKET, "N" * 55)
    assert len(identity) == 63
    assert identity == identity.lower()
    (failure,) = opened().check(urn(BUCKET, "N" * 56), {}, {}, b"").failures
    assert failure.property == "bucket"
    assert "longer than the 63" in failure.reason


def test_unknown_parts_make_unknown_wholes() -> None:
    identity, outputs = planned(opened(), BUCKET, bucket=UNKNOWN)
    assert identity == ""
    assert outputs["arn"] is UNKNOWN
    assert outputs["bucketRegion"] == "us-east-1"


def test_region_of_provider_resource_and_environment() -> None:
    assert planned(opened(region="eu-west-1"), VPC)[1]["arn"].startswith("arn:aws:ec2:eu-west-1:")
    assert planned(opened(region="us-gov-west-1"), VPC)[1]["arn"].startswith("arn:aws-us-gov:")
    assert planned(opened(env={"AWS_REGION": "eu-west-3"}), VPC)[1]["region"] == "eu-west-3"
    assert planned(opened(region="eu-west-1"), VPC, region="eu-west-2")[1]["arn"].startswith("arn:aws:ec2:eu-west-2:")


def test_a_region_that_is_not_known() -> None:
    provider = opened(region=UNKNOWN)
    identity, outputs = planned(provider, VPC, cidrBlock="10.0.0.0/16")
    assert identity.startswith("vpc-")
    assert (outputs["arn"], outputs["region"]) == (UNKNOWN, UNKNOWN)
    assert provider.invoke("aws:index/getRegion:getRegion", {}).unknown


@pytest.mark.parametrize("tags", [{"tags": {"team": "ml"}}, json.dumps({"tags": {"team": "ml"}})])
def test_default_tags(tags: Any) -> None:
    provider = opened(defaultTags=tags)
    assert planned(provider, BUCKET, tags={"a": "b"})[1]["tagsAll"] == {"team": "ml", "a": "b"}
    assert planned(provider, BUCKET, tags={"team": "other"})[1]["tagsAll"] == {"team": "other"}
    assert planned(provider, BUCKET, tags=UNKNOWN)[1]["tagsAll"] is UNKNOWN
    assert planned(provider, BUCKET, tags={"a": Secret("b")})[1]["tagsAll"] == Secret({"team": "ml", "a": "b"})


def test_default_tags_that_are_not_known() -> None:
    for tags in (UNKNOWN, {"tags": {"a": UNKNOWN}}, json.dumps({"tags": {"a": UNKNOWN_STRING}})):
        assert planned(opened(defaultTags=tags), BUCKET)[1]["tagsAll"] is UNKNOWN


def test_secrets_stay_secret() -> None:
    _, outputs = planned(opened(), BUCKET, bucket=Secret("mine"))
    assert outputs["bucket"] == Secret("mine")


def test_properties_that_the_type_does_not_have() -> None:
    checked = opened().check(urn(VPC), {}, {"cidr": "10.0.0.0/16"}, b"")
    assert [(f.property, f.reason) for f in checked.failures] == [("cidr", f"{VPC} has no property 'cidr'")]
    checked = opened().check(urn("aws:ec2/subnet:Subnet"), {}, {}, b"")
    assert [f.property for f in checked.failures] == ["vpcId"]


def test_types_that_are_not_in_the_table() -> None:
    identity, outputs = planned(opened(), "aws:new/thing:Thing", a=1)
    assert re.fullmatch("thing-[0-9a-f]{8}", identity)
    assert outputs == {"a": 1}
    identity, outputs = planned(opened("random"), "random:index/randomId:RandomId", byteLength=8)
    assert (identity, outputs) == ("thing-random", {"byteLength": 8})


@pytest.mark.parametrize("kind", [kind.token for kind in all_types()])
def test_every_type_of_the_table_can_be_planned(kind: str) -> None:
    provider = opened()
    checked = provider.check(urn(kind), {}, {}, b"")
    made = provider.create(urn(kind), checked.inputs, preview=True)
    text = json.dumps([v for v in (made.id, *made.outputs.values()) if not contains(v, lambda one: one is UNKNOWN)])
    assert not re.search(r"(?<!\$)\{(?:account|hex|id|inputs|outputs|partition|region|urn|uuid)\b", text), (
        "a pattern was left unfilled"
    )


@given(
    st.text(min_size=1, max_size=55),  # a longer one leaves no room for the suffix of a bucket, and is refused
    st.dictionaries(st.sampled_from(["bucket", "tags", "forceDestroy"]), st.just(UNKNOWN) | st.text(min_size=1)),
)
def test_any_name_and_inputs_can_be_planned(name: str, inputs: dict[str, Any]) -> None:
    provider = opened()
    checked = provider.check(urn(BUCKET, name), {}, inputs, b"")
    made = provider.create(urn(BUCKET, name), checked.inputs, preview=True)
    assert has_unknowns(inputs.get("bucket")) == (made.id == "")


def test_what_exists_already_is_unknown_but_for_its_id() -> None:
    found = opened().read(Held(urn(VPC), "vpc-1"))
    assert found.id == "vpc-1"
    assert found.outputs["arn"] == "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"
    assert found.outputs["cidrBlock"] is UNKNOWN
    assert opened("random").read(Held(urn("random:index:X"), "x")).outputs == {}


def test_functions() -> None:
    provider = opened(region="eu-west-1")
    assert provider.invoke("aws:index/getRegion:getRegion", {}).result["name"] == "eu-west-1"
    assert provider.invoke("aws:ec2/getAmi:getAmi", {}).unknown
    with pytest.raises(ProviderFailure, match="no region 'nowhere'"):
        provider.invoke("aws:index/getRegion:getRegion", {"region": Secret("nowhere")})
    with pytest.raises(ProviderFailure, match="the function conf:index:echo cannot be answered"):
        opened("conf").invoke("conf:index:echo", {})
    with pytest.raises(ProviderFailure, match="the method conf:index:Thing/describe cannot be called"):
        opened("conf").call("conf:index:Thing/describe", {}, {})


def test_it_only_plans() -> None:
    provider = opened()
    for attempt in (
        lambda: provider.create(urn(VPC), {}),
        lambda: provider.update(Held(urn(VPC), "x"), {}),
        lambda: provider.delete(Held(urn(VPC), "x")),
    ):
        with pytest.raises(ProviderFailure, match="only plans"):
            attempt()


def test_updates_keep_what_is_known() -> None:
    provider = opened()
    before = {"ipv6CidrBlock": "fd00::/56", "cidrBlock": "10.0.0.0/16"}
    after = provider.update(Held(urn(VPC), "vpc-1", {}, before), {"cidrBlock": "10.1.0.0/16"}, preview=True)
    assert after["cidrBlock"] == "10.1.0.0/16"
    found = provider.diff(Held(urn(VPC), "vpc-1", {"a": 1, "b": 2}), {"a": 1, "c": 3}, [])
    assert (found.changes, found.diffs) == (True, ("b", "c"))
    assert not provider.diff(Held(urn(VPC), "vpc-1", {"a": 1}), {"a": 1}, []).changes


DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def test_kubernetes_names() -> None:
    provider = opened("kubernetes")
    identity, outputs = planned(provider, DEPLOYMENT, spec={})
    assert re.fullmatch("default/thing-[0-9a-f]{8}", identity)
    assert outputs["metadata"]["namespace"] == "default"
    assert outputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert outputs["metadata"]["uid"] is UNKNOWN
    assert outputs["status"] is UNKNOWN
    assert planned(provider, DEPLOYMENT, metadata={"name": "web", "namespace": "ml"})[0] == "ml/web"
    assert planned(provider, "kubernetes:core/v1:Namespace", metadata={"name": "ml"})[0] == "ml"
    assert planned(provider, "kubernetes:example.com/v1:Queue", metadata={"name": "q"})[0] == "default/q"


def test_kubernetes_names_that_are_not_known() -> None:
    provider = opened("kubernetes")
    for metadata in (UNKNOWN, {"name": UNKNOWN}, {"generateName": "web-"}, {"name": "web", "namespace": UNKNOWN}):
        assert planned(provider, DEPLOYMENT, metadata=metadata)[0] == ""


def test_helm_releases() -> None:
    identity, outputs = planned(opened("kubernetes"), "kubernetes:helm.sh/v3:Release", chart="nginx", namespace="web")
    assert re.fullmatch("web/thing-[0-9a-f]{8}", identity)
    assert outputs["chart"] == "nginx"
    assert outputs["status"] is UNKNOWN
