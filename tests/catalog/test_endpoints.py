"""VPC endpoints."""

from __future__ import annotations

import string

from mlinfra.catalog.endpoints import defaults, endpoints
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
