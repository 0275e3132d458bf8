"""VPC endpoints."""

from __future__ import annotations

import string

from mlinfra.catalog.endpoints import defaults, endpoints, names, needed
from mlinfra.components.profiles import Profile


def test_profiles_bring_more_and_more_endpoints() -> None:
    baseline, regulated, isolated = (set(defaults(profile.value)) for profile in Profile)
    assert baseline < regulated < isolated
    assert {"s3", "dynamodb"} == {e.service for e in endpoints().values() if e.kind == "gateway"} <= baseline


def test_only_known_profiles_stand_in_the_table() -> None:
    known = {profile.value for profile in Profile}
    assert all(endpoint.profiles <= known for endpoint in endpoints().values())


def test_a_closed_platform_reaches_what_the_policy_catalogue_asks_for() -> None:
    asked = {"s3", "ecr.api", "ecr.dkr", "sts", "logs", "sagemaker.api", "sagemaker.runtime", "ec2", "kms", "ssm"}
    assert asked <= set(defaults("isolated"))


def test_exemptions_are_narrow() -> None:
    for endpoint in endpoints().values():
        for exemption in endpoint.also:
            assert not [action for action in exemption.actions if "*" in action]
            assert not (exemption.anonymous and "*" in exemption.resources)
            fields = {name for text in exemption.resources for _, name, _, _ in string.Formatter().parse(text) if name}
            assert fields <= {"partition", "region", "account"}


def test_a_closed_platform_reaches_all_that_clusters_and_studios_need() -> None:
    assert set(needed(["eks", "sagemaker"])) <= set(defaults("isolated"))
    assert {"eks-auth", "elasticloadbalancing", "autoscaling"} <= set(needed(["eks"]))
    assert {"sagemaker.api", "sagemaker.runtime", "sagemaker.studio"} <= set(needed(["sagemaker"]))


def test_services_are_needed_in_the_order_of_the_table_and_by_those_named_alone() -> None:
    assert needed([]) == ()
    assert needed(["FileSystem"]) == ("elasticfilesystem",)
    nodes = ["s3", "ecr.api", "ecr.dkr", "logs", "ecs", "ecs-agent", "ecs-telemetry"]
    assert list(needed(["BatchTraining"])) == nodes
    assert list(needed(["sagemaker", "eks"])) == [s for s in endpoints() if s in needed(["eks", "sagemaker"])]


def test_services_go_by_the_names_that_aws_gives_them() -> None:
    assert endpoints()["s3"].service_name("eu-central-1") == "com.amazonaws.eu-central-1.s3"
    assert endpoints()["sagemaker.studio"].service_name("eu-central-1") == "aws.sagemaker.eu-central-1.studio"


def test_the_names_that_always_resolve_are_of_one_region_and_never_a_whole_top_level() -> None:
    for name in names("eu-central-1"):
        assert name.startswith("*.")
        assert name.count(".") > 1
        assert "{" not in name
