"""What counts as a change, and as one that needs a new resource."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog.aws_types import AwsType, all_types, lookup
from mlinfra.sandbox.aws.diffs import canonical, diff, identity, same
from mlinfra.sandbox.aws.restore import restored
from mlinfra.stack.values import UNKNOWN, Asset

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": ["*"], "Principal": {"AWS": ["a", "b"]}},
    ],
}
SHUFFLED = {
    "Statement": [
        {"Resource": "*", "Principal": {"AWS": ["b", "a"]}, "Effect": "Deny", "Action": ["s3:DeleteObject"]},
        {"Action": ["s3:PutObject", "s3:GetObject"], "Effect": "Allow", "Resource": ["*"]},
    ],
    "Version": "2012-10-17",
}


def kind(token: str) -> AwsType:
    found = lookup(token)
    assert found is not None
    return found


VPC, SUBNET, BUCKET, ROLE = (
    kind(one) for one in ("aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:s3/bucket:Bucket", "aws:iam/role:Role")
)
GROUP, ENDPOINT = kind("aws:ec2/securityGroup:SecurityGroup"), kind("aws:ec2/vpcEndpoint:VpcEndpoint")


def changed(one: AwsType, old: dict[str, Any], new: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = diff(one, old, new)
    return found.properties, found.replaces


@pytest.mark.parametrize(
    ("one", "old", "new", "properties", "replaces"),
    [
        (VPC, {"cidrBlock": "a"}, {"cidrBlock": "b"}, ("cidrBlock",), ("cidrBlock",)),
        (VPC, {"enableDnsSupport": True}, {"enableDnsSupport": False}, ("enableDnsSupport",), ()),
        (VPC, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, ("tags",), ()),
        (VPC, {"region": "a"}, {"region": "b"}, ("region",), ("region",)),
        (VPC, {"cidrBlock": "a"}, {"cidrBlock": UNKNOWN}, ("cidrBlock",), ("cidrBlock",)),
        (VPC, {"cidrBlock": "a", "__defaults": ["x"]}, {"cidrBlock": "a", "__defaults": []}, (), ()),
        # What AWS fills in by itself may be left out again.
        (SUBNET, {"availabilityZone": "us-east-1a"}, {}, (), ()),
        (SUBNET, {"mapPublicIpOnLaunch": True}, {}, ("mapPublicIpOnLaunch",), ()),
        (SUBNET, {"mapPublicIpOnLaunch": False}, {}, (), ()),
        (SUBNET, {}, {"mapPublicIpOnLaunch": False}, ("mapPublicIpOnLaunch",), ()),
        (SUBNET, {"tags": {}}, {}, (), ()),
        # Settings of the provider alone reach nobody.
        (BUCKET, {"forceDestroy": False}, {"forceDestroy": True}, ("forceDestroy",), ()),
        (ENDPOINT, {"subnetIds": ["a", "b"]}, {"subnetIds": ["b", "a"]}, (), ()),
        (ENDPOINT, {"subnetIds": ["a"]}, {"subnetIds": ["a", "b"]}, ("subnetIds",), ()),
        (ENDPOINT, {"policy": json.dumps(POLICY)}, {"policy": json.dumps(SHUFFLED, indent=1)}, (), ()),
        (ROLE, {"assumeRolePolicy": json.dumps(POLICY)}, {"assumeRolePolicy": "{}"}, ("assumeRolePolicy",), ()),
        (ROLE, {"maxSessionDuration": 3600}, {"maxSessionDuration": "3600"}, (), ()),
        (
            GROUP,
            {"ingress": [{"protocol": "tcp", "fromPort": 1}]},
            {"ingress": [{"protocol": "6", "fromPort": 1}]},
            (),
            (),
        ),
    ],
)
def test_changes(one: AwsType, old: dict[str, Any], new: dict[str, Any], properties: Any, replaces: Any) -> None:
    assert changed(one, old, new) == (properties, replaces)


def test_a_choice_says_something_though_it_is_empty() -> None:
    acl = lookup("aws:wafv2/webAcl:WebAcl")
    assert acl is not None
    assert diff(acl, {"defaultAction": {"allow": {}}}, {"defaultAction": {"block": {}}}).properties
    field = {"rules": [{"statement": {"sqliMatchStatement": {"fieldToMatch": {"method": {}}}}}]}
    other = {"rules": [{"statement": {"sqliMatchStatement": {"fieldToMatch": {"uriPath": {}}}}}]}
    assert diff(acl, field, other).properties
    assert not diff(acl, field, field).properties


def test_places_are_as_deep_as_they_can_be_told() -> None:
    old = {"ingress": [{"fromPort": 1, "cidrBlocks": ["a"]}], "tags": {"a.b": "1", "c": "1"}}
    new = {"ingress": [{"fromPort": 2, "cidrBlocks": ["a"]}, {"fromPort": 3}], "tags": {"a.b": "2"}}
    found = {(one.path, one.kind) for one in diff(GROUP, old, new).changes}
    assert found == {
        ("ingress[0].fromPort", "update"),
        ("ingress[1]", "add"),
        ('tags["a.b"]', "update"),
        ("tags.c", "delete"),
    }


def test_a_list_that_aws_keeps_in_order() -> None:
    options = kind("aws:ec2/vpcDhcpOptions:VpcDhcpOptions")
    assert changed(options, {"domainNameServers": ["a", "b"]}, {"domainNameServers": ["b", "a"]})[0] == (
        "domainNameServers",
    )


def test_assets_are_compared_by_their_content() -> None:
    found = kind("aws:s3/bucketObject:BucketObject")
    assert same(found, "source", Asset(path="a", hash="1"), Asset(path="b", hash="1"))
    assert not same(found, "source", Asset(path="a", hash="1"), Asset(path="a", hash="2"))


def test_the_id_of_a_put_is_made_of_what_cannot_change() -> None:
    assert identity(kind("aws:s3/bucketPolicy:BucketPolicy")) == {"bucket"}
    assert identity(kind("aws:iam/rolePolicy:RolePolicy")) == {"role", "name"}


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab{}", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
def test_every_value_is_the_same_as_itself(value: Any) -> None:
    assert same(VPC, "x", value, json.loads(json.dumps(value)))


@given(st.lists(values, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_a_list_means_nothing(items: list[Any], chance: random.Random) -> None:
    other = list(items)
    chance.shuffle(other)
    assert canonical(VPC, "x", items) == canonical(VPC, "x", other)


@given(
    st.dictionaries(st.sampled_from(sorted(SUBNET.schema.inputs)), values, max_size=4),
    st.dictionaries(st.sampled_from(sorted(SUBNET.schema.inputs)), values, max_size=4),
)
def test_a_replacement_is_a_change_and_no_change_has_no_places(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = diff(SUBNET, old, new)
    assert set(found.replaces) <= set(found.properties) <= old.keys() | new.keys()
    assert {one.path.split(".")[0].split("[")[0] for one in found.changes} <= set(found.properties)
    assert diff(SUBNET, new, new).properties == ()


@given(values, values)
def test_restoring_keeps_the_old_words_where_nothing_changed(old: Any, actual: Any) -> None:
    found = restored(VPC, "x", old, actual)
    if same(VPC, "x", old, actual):
        assert found == old
    else:
        assert restored(VPC, "x", found, actual) == found  # doing it twice adds nothing


def test_every_property_of_every_type_is_told_apart() -> None:
    """A changed scalar is a change, whatever the property: nothing is dropped silently."""
    for one in all_types():
        for name, schema in one.schema.inputs.items():
            if isinstance(schema, str):
                old, new = (True, False) if schema == "bool" else ("1", "2")
                assert diff(one, {name: old}, {name: new}).properties == (name,), (one.token, name)
