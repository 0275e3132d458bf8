"""What pulumi-aws does to inputs, done alike: names, defaults, region, tags; and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlinfra.catalog.aws_types import lookup
from mlinfra.sandbox.aws.account import Account
from mlinfra.sandbox.aws.claims import Claims
from mlinfra.sandbox.aws.config import ProviderConfig, failures
from mlinfra.sandbox.aws.provider import AwsProvider
from mlinfra.stack.values import UNKNOWN

TRUST = '{"Statement": []}'


def provider(**config: Any) -> AwsProvider:
    return AwsProvider(Account("http://127.0.0.1:1"), Claims(), ProviderConfig(**config))


def urn(token: str, name: str = "Thing") -> str:
    return f"urn:pulumi:dev::proj::my:component:Box${token}::{name}"


def check(token: str, news: dict[str, Any], olds: dict[str, Any] | None = None, **config: Any) -> Any:
    return provider(**config).check(urn(token), olds or {}, news, b"seed")


def reasons(token: str, news: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.property, one.reason) for one in check(token, news).failures]


class TestNames:
    def test_a_bucket_is_named_in_lower_case_with_seven_characters(self) -> None:
        assert re.fullmatch(r"thing-[0-9a-f]{7}", check("aws:s3/bucket:Bucket", {}).inputs["bucket"])

    def test_the_same_seed_gives_the_same_name(self) -> None:
        one, other = (check("aws:s3/bucket:Bucket", {}).inputs["bucket"] for _ in range(2))
        assert one == other
        assert provider().check(urn("aws:s3/bucket:Bucket"), {}, {}, b"x").inputs["bucket"] != one

    def test_without_a_seed_names_differ(self) -> None:
        names = {provider().check(urn("aws:s3/bucket:Bucket"), {}, {}, b"").inputs["bucket"] for _ in range(5)}
        assert len(names) == 5

    def test_a_made_name_is_kept_on_later_runs(self) -> None:
        first = check("aws:iam/role:Role", {"assumeRolePolicy": TRUST}).inputs
        again = provider().check(urn("aws:iam/role:Role"), first, {"assumeRolePolicy": TRUST}, b"other")
        assert again.inputs["name"] == first["name"]

    def test_a_name_that_the_program_no_longer_gives_is_made_anew(self) -> None:
        first = check("aws:iam/role:Role", {"assumeRolePolicy": TRUST, "name": "mine"}).inputs
        assert first["name"] == "mine"
        assert "name" not in first["__defaults"]
        assert check("aws:iam/role:Role", {"assumeRolePolicy": TRUST}, first).inputs["name"] != "mine"

    @pytest.mark.parametrize(
        ("token", "property_", "inputs", "pattern"),
        [
            ("aws:kms/alias:Alias", "name", {"targetKeyId": "k"}, r"alias/Thing-[0-9a-f]{7}"),
            ("aws:sns/topic:Topic", "name", {}, r"Thing-[0-9a-f]{7}"),
            ("aws:sns/topic:Topic", "name", {"fifoTopic": True}, r"Thing-[0-9a-f]{7}\.fifo"),
            ("aws:s3/bucketObject:BucketObject", "key", {"bucket": "b"}, "Thing"),
            ("aws:ec2/keyPair:KeyPair", "keyName", {"publicKey": "k"}, r"Thing-[0-9a-f]{7}"),
        ],
    )
    def test_types_have_their_own_ways(self, token: str, property_: str, inputs: dict[str, Any], pattern: str) -> None:
        assert re.fullmatch(pattern, check(token, inputs).inputs[property_])

    def test_a_name_that_gets_too_long_is_refused(self) -> None:
        long = urn("aws:iam/role:Role", "x" * 60)
        found = provider().check(long, {}, {"assumeRolePolicy": TRUST}, b"s").failures
        assert [one.property for one in found] == ["name"]
        assert "longer than the 64" in found[0].reason

    def test_a_name_that_the_engine_proposes_is_taken(self) -> None:
        found = provider().check(urn("aws:s3/bucket:Bucket"), {}, {}, b"s", proposed="chosen")
        assert found.inputs["bucket"] == "chosen"


class TestDefaults:
    def test_terraforms_defaults_are_filled_in_and_remembered(self) -> None:
        inputs = check("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}).inputs
        assert inputs["enableDnsSupport"] is True
        assert inputs["instanceTenancy"] == "default"
        assert inputs["__defaults"] == ["enableDnsSupport", "instanceTenancy"]

    def test_the_providers_region_is_an_input(self) -> None:
        assert check("aws:ec2/vpc:Vpc", {}, region="eu-west-1").inputs["region"] == "eu-west-1"
        assert check("aws:ec2/vpc:Vpc", {"region": "eu-west-2"}, region="eu-west-1").inputs["region"] == "eu-west-2"
        assert "region" not in check("aws:iam/user:User", {}, region="eu-west-1").inputs

    def test_default_tags_lie_under_the_resources_own(self) -> None:
        tags = {"team": "ml", "env": "dev"}
        inputs = check("aws:ec2/vpc:Vpc", {"tags": {"env": "prod"}}, default_tags=tags).inputs
        assert inputs["tagsAll"] == {"team": "ml", "env": "prod"}
        assert inputs["tags"] == {"env": "prod"}

    def test_tags_that_are_unknown_make_all_tags_unknown(self) -> None:
        assert check("aws:ec2/vpc:Vpc", {"tags": {"a": UNKNOWN}}).inputs["tagsAll"] is UNKNOWN
        assert check("aws:ec2/vpc:Vpc", {"tags": UNKNOWN}).inputs["tagsAll"] is UNKNOWN


class TestRefusals:
    def test_a_type_that_is_not_there_is_named_with_the_way_to_find_others(self) -> None:
        ((_, reason),) = reasons("aws:gamelift/fleet:Fleet", {})
        assert "aws:gamelift/fleet:Fleet is not emulated" in reason
        assert "mlinfra types" in reason

    def test_a_property_that_does_not_exist(self) -> None:
        assert reasons("aws:ec2/vpc:Vpc", {"cidr": "x"}) == [("cidr", "aws:ec2/vpc:Vpc has no property 'cidr'")]

    def test_a_nested_property_that_does_not_exist(self) -> None:
        rules = [{"applyServerSideEncryptionByDefault": {"sseAlgoritm": "AES256"}}]
        found = reasons(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            {"bucket": "b", "rules": rules},
        )
        assert [place for place, _ in found] == [
            "rules[0].applyServerSideEncryptionByDefault.sseAlgoritm",
            "rules[0].applyServerSideEncryptionByDefault",
        ]
        assert "needs the property 'sseAlgorithm'" in found[1][1]

    def test_a_property_that_the_sandbox_cannot_honour(self) -> None:
        found = reasons("aws:ec2/natGateway:NatGateway", {"subnetId": "s", "availabilityMode": "regional"})
        assert found == [
            (
                "availabilityMode",
                "aws:ec2/natGateway:NatGateway: the property 'availabilityMode' is not emulated by the sandbox",
            )
        ]

    def test_a_required_property_that_is_missing(self) -> None:
        assert reasons("aws:ec2/subnet:Subnet", {}) == [("vpcId", "aws:ec2/subnet:Subnet needs the property 'vpcId'")]

    @pytest.mark.parametrize(
        ("property_", "value", "wanted"),
        [
            ("cidrBlock", ["10.0.0.0/16"], "a string"),
            ("cidrBlock", {"a": "b"}, "a string"),
            ("enableDnsSupport", "maybe", "true or false"),
            ("ipv4NetmaskLength", "many", "a whole number"),
            ("ipv4NetmaskLength", 1.5, "a whole number"),
            ("tags", ["a"], "a map"),
            ("tags", {"a": ["b"]}, "a string"),
        ],
    )
    def test_a_value_of_another_type(self, property_: str, value: Any, wanted: str) -> None:
        ((place, reason),) = reasons("aws:ec2/vpc:Vpc", {property_: value})
        assert place.startswith(property_)
        assert f"must be {wanted}, not" in reason

    @pytest.mark.parametrize(
        ("property_", "value"), [("enableDnsSupport", "true"), ("ipv4NetmaskLength", "16"), ("cidrBlock", 5)]
    )
    def test_values_that_terraform_converts_pass(self, property_: str, value: Any) -> None:
        assert reasons("aws:ec2/vpc:Vpc", {property_: value}) == []

    def test_unknown_values_pass(self) -> None:
        assert reasons("aws:ec2/subnet:Subnet", {"vpcId": UNKNOWN, "tags": UNKNOWN}) == []

    json = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(UNKNOWN),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )

    @settings(deadline=None)  # the first of a type reads its schema
    @given(
        st.sampled_from(["aws:ec2/vpc:Vpc", "aws:ec2/launchTemplate:LaunchTemplate", "aws:s3/bucket:Bucket"]), st.data()
    )
    def test_whatever_is_given_is_answered(self, token: str, data: st.DataObject) -> None:
        kind = lookup(token)
        assert kind is not None
        names = st.sampled_from(sorted(kind.schema.inputs)) | st.text(max_size=5)
        news = data.draw(st.dictionaries(names, self.json, max_size=4))
        found = check(token, news)
        unknown = {name for name, value in news.items() if value is not None} - kind.schema.inputs.keys()
        assert unknown - {"tagsAll", "__defaults"} <= {one.property for one in found.failures}
        assert all(one.reason.startswith(token) for one in found.failures)


class TestConfiguration:
    def test_nested_settings_come_as_json(self) -> None:
        config = ProviderConfig.parse(
            {"region": "eu-west-1", "defaultTags": '{"tags": {"a": "b"}}', "skipRegionValidation": "true"}
        )
        assert (config.region, config.default_tags) == ("eu-west-1", {"a": "b"})

    def test_the_region_has_a_default(self) -> None:
        assert ProviderConfig.parse({}).region == "us-east-1"

    def test_ignored_tags(self) -> None:
        config = ProviderConfig.parse({"ignoreTags": '{"keys": ["a"], "keyPrefixes": ["aws:"]}'})
        assert (config.ignores("a"), config.ignores("aws:x"), config.ignores("b")) == (True, True, False)

    @pytest.mark.parametrize(
        ("settings", "property_"),
        [
            ({"allowedAccountIds": '["111111111111"]'}, "allowedAccountIds"),
            ({"forbiddenAccountIds": ["123456789012"]}, "forbiddenAccountIds"),
            ({"regoin": "x"}, "regoin"),
        ],
    )
    def test_wrong_settings_are_named(self, settings: dict[str, Any], property_: str) -> None:
        assert [one.property for one in failures(settings)] == [property_]

    def test_the_accounts_own_number_is_allowed(self) -> None:
        assert failures({"allowedAccountIds": '["123456789012"]', "region": "us-east-1", "version": "7"}) == []
