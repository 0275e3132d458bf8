"""Tags on everything."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

import mlinfra as ml

TAGS = {"owner": "ml", "data-classification": "confidential"}


def test_everything_that_takes_tags_gets_them_and_its_own_win(declare) -> None:
    def program() -> None:
        ml.tag_everything(TAGS)
        aws.ec2.Vpc("plain", cidr_block="10.0.0.0/16")
        aws.s3.Bucket("own", tags={"data-classification": "restricted", "Name": "own"})
        aws.s3.Bucket("later", tags=pulumi.Output.from_input({"Name": "later"}))
        aws.ec2.Route("none", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0")

    graph = declare(program)
    assert graph.one("aws:ec2/vpc:Vpc").inputs["tags"] == TAGS
    assert graph.one("aws:s3/bucket:Bucket", "own").inputs["tags"] == {
        "owner": "ml",
        "data-classification": "restricted",
        "Name": "own",
    }
    assert graph.one("aws:s3/bucket:Bucket", "later").inputs["tags"] == {**TAGS, "Name": "later"}
    assert "tags" not in graph.one("aws:ec2/route:Route").inputs


def test_lists_of_tags_and_other_providers_are_left_alone(declare) -> None:
    def program() -> None:
        ml.tag_everything(TAGS)
        aws.autoscaling.Group(
            "group", max_size=1, min_size=0, tags=[{"key": "k", "value": "v", "propagate_at_launch": True}]
        )
        kubernetes.core.v1.Namespace("space", metadata={"labels": {"k": "v"}})

    graph = declare(program)
    assert len(graph.one("aws:autoscaling/group:Group").inputs["tags"]) == 1
    assert "tags" not in graph.one("kubernetes:core/v1:Namespace").inputs


def test_children_of_components_are_tagged_too(declare) -> None:
    def program() -> None:
        ml.tag_everything(TAGS)
        ml.KeyRing("ring", ml.KeyRingArgs(account=ml.Account(id="123456789012", region="eu-central-1")))

    assert all(key.inputs["tags"] == TAGS for key in declare(program).of("aws:kms/key:Key"))
