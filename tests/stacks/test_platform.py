"""The platform stack in each configuration that the repository ships."""

from __future__ import annotations

import re

import pytest

import mlinfra as ml

STACKS = ["dev", "prod", "isolated"]
EXPORTED = {
    *("vpcId", "workloadSubnetIds", "dataSubnetIds", "controlSubnetIds", "podSubnetIds", "egressIps", "endpointIds"),
    *("keyArns", "bucketNames", "trailArn", "logArchive"),
}
UNTAGGED = re.compile(
    r"aws:ec2/(route:|routeTableAssociation:|vpcIpv4Cidr|vpcBlockPublic)|aws:s3/bucket.+|aws:iam/rolePolicy:|aws:kms/alias:|aws:sns/topicPolicy:"
)


@pytest.mark.parametrize("stack", STACKS)
def test_it_declares_the_foundation_and_says_where_it_is(run, stack: str) -> None:
    graph = run(stack)
    for component in ("keys:KeyRing", "network:Network", "access_logs:AccessLogBucket", "audit:AuditTrail"):
        assert graph.one(f"mlinfra:{component}")
    assert graph.of("mlinfra:storage:DataBucket")
    assert set(graph.exports) == EXPORTED
    assert graph.exports["bucketNames"].keys() >= {"datasets", "models"}


@pytest.mark.parametrize("stack", STACKS)
def test_everything_is_tagged(run, stack: str) -> None:
    wanted = {"owner", "cost-center", "environment", "data-classification", "project", "stack"}
    bare = [n for n in run(stack) if n.custom and not wanted <= set(n.inputs.get("tags", {}))]
    assert [node.type for node in bare if not UNTAGGED.match(node.type) or node.type == "aws:s3/bucket:Bucket"] == []


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_speaks_with_the_world(run, stack: str) -> None:
    graph = run(stack)
    for rule in graph.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
        assert rule.inputs["cidrIpv4"] != "0.0.0.0/0"
    for subnet in graph.of("aws:ec2/subnet:Subnet"):
        assert subnet.inputs["mapPublicIpOnLaunch"] is False
    if stack == "isolated":
        assert not graph.of("aws:ec2/route:Route")


@pytest.mark.parametrize("stack", STACKS)
def test_logs_and_data_never_share_a_key(run, stack: str) -> None:
    graph = run(stack)
    rules = graph.of("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    keys = {
        node.name: node.inputs["rules"][0]["applyServerSideEncryptionByDefault"].get("kmsMasterKeyId") for node in rules
    }
    assert keys["platform-archive-encryption"].endswith("platform-logs")
    assert keys["platform-datasets-bucket-encryption"].endswith("platform-data")
    assert keys["platform-models-bucket-encryption"].endswith("platform-artifacts")


@pytest.mark.parametrize(("stack", "protected"), [("dev", False), ("prod", True), ("isolated", False)])
def test_deletion_protection_covers_what_holds_state(run, stack: str, protected: bool) -> None:
    kinds = {"aws:kms/key:Key", "aws:s3/bucket:Bucket", "aws:cloudtrail/trail:Trail"}
    assert {node.protect for node in run(stack) if node.type in kinds} == {protected}


def test_the_trail_watches_every_data_bucket(run) -> None:
    graph = run("prod")
    _, data = graph.one("aws:cloudtrail/trail:Trail").inputs["advancedEventSelectors"]
    watched = next(field["startsWiths"] for field in data["fieldSelectors"] if field["field"] == "resources.ARN")
    assert len(watched) == len(graph.of("mlinfra:storage:DataBucket")) == 5


def test_restricted_buckets_are_bound_to_the_networks_endpoint(run) -> None:
    graph = run("prod")
    bound = [
        p.name for p in graph.of("aws:s3/bucketPolicy:BucketPolicy") if "platform-endpoint-s3-id" in p.inputs["policy"]
    ]
    assert sorted(bound) == ["platform-datasets-bucket-policy", "platform-features-bucket-policy"]


def test_a_tag_is_an_update_and_nothing_else(run) -> None:
    before, after = run("dev"), run("dev", owner="somebody-else")
    assert [(node.type, node.name) for node in before] == [(node.type, node.name) for node in after]
    for old, new in zip(before, after, strict=True):
        changed = {key for key in {*old.inputs, *new.inputs} if old.inputs.get(key) != new.inputs.get(key)}
        assert changed <= {"tags"}


def test_bad_settings_end_the_program_before_anything_is_declared(run) -> None:
    with pytest.raises(ml.ArgumentError, match=r"^Pulumi\.dev\.yaml: platform:cidr = '10\.0\.0\.0/30': too small"):
        run("dev", cidr="10.0.0.0/30")
