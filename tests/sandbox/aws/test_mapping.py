"""Patterns, names and shapes: how properties and AWS's members find each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlinfra.catalog.templates import MissingError, fill, parse
from mlinfra.sandbox.aws.account import Account
from mlinfra.sandbox.aws.decode import Decoder
from mlinfra.sandbox.aws.encode import Encoder, merge, put
from mlinfra.sandbox.aws.names import Names, match, resolve

ACCOUNT = Account("http://127.0.0.1:1")
WORDS = st.text(alphabet="abcXYZ019-.", min_size=1, max_size=8)


# --- patterns --------------------------------------------------------------------------------------------------------


@given(WORDS, WORDS, WORDS)
def test_what_was_filled_in_is_found_again(vpc: str, table: str, region: str) -> None:
    pattern = "arn:{region}/{inputs.vpcId}/{outputs.table|inputs.table}"
    text = fill(pattern, {"region": region, "inputs": {"vpcId": vpc, "table": table}, "outputs": {}})
    assert parse(pattern, text) == {"region": region, "vpcId": vpc, "table": table}


@given(WORDS)
def test_another_text_is_of_another_pattern(text: str) -> None:
    assume("/" not in text)
    assert parse("{inputs.a}/{inputs.b}", text) is None


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("{inputs.port}", 80),
        ("{inputs.flag}-x", "true-x"),
        ("{inputs.list}", ["a", "b"]),
        ("{inputs.list}!", "a:b!"),
        ("{inputs.arn:last}", "name"),
        ("{inputs.group:strip}", "arn:aws:logs:g"),
        ("{inputs.name:lower}", "upper"),
        ("{inputs.none|inputs.empty|inputs.port}", 80),
        ({"a": ["{inputs.port}"]}, {"a": [80]}),
        (7, 7),
    ],
)
def test_a_pattern_keeps_or_changes_what_it_names(pattern: Any, filled: Any) -> None:
    inputs = {
        "port": 80, "flag": True, "list": ["a", "b"], "arn": "arn:aws:iam::1:role/x/name", "empty": "",
        "group": "arn:aws:logs:g:*", "name": "UPPER",
    }  # fmt: skip
    assert fill(pattern, {"inputs": inputs}) == filled


def test_what_is_not_known_is_missing() -> None:
    with pytest.raises(MissingError):
        fill("vpc/{id}", {"id": ""})


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "noun", "found"),
    [
        ("vpcId", "", "VpcId"),
        ("name", "Role", "RoleName"),
        ("subnetIds", "", "SubnetId"),
        ("policies", "", "Policy"),
        ("alias", "", "Aliases"),
        ("kmsKeyId", "", "kms_key_id"),
        ("roleName", "Role", "RoleName"),
        ("names", "User", None),
    ],
)
def test_names_match(name: str, noun: str, found: str | None) -> None:
    assert match(("VpcId", "RoleName", "SubnetId", "Policy", "Aliases", "kms_key_id"), name, noun) == found


def test_paths_lead_through_lists_and_maps() -> None:
    rules = ACCOUNT.input_shape("ec2", "authorize_security_group_ingress")
    assert resolve(rules, "IpPermissions[0].FromPort").type_name == "integer"
    assert resolve(rules, "IpPermissions[0].Nothing") is None
    assert resolve(ACCOUNT.input_shape("sns", "create_topic"), "Attributes.Policy").type_name == "string"


# --- shapes ----------------------------------------------------------------------------------------------------------


def encoded(service: str, op: str, schema: Any, values: Any, **names: Any) -> dict[str, Any]:
    encoder = Encoder(ACCOUNT.input_shape(service, op), Names(**names))
    return encoder.encode(schema, values)


def test_maps_become_lists_of_pairs_in_the_services_spelling() -> None:
    tags = {"tags": {"*": "str"}}
    values = {"tags": {"a": "1"}}
    assert encoded("ec2", "create_tags", tags, values) == {"Tags": [{"Key": "a", "Value": "1"}]}
    assert encoded("kms", "tag_resource", tags, values) == {"Tags": [{"TagKey": "a", "TagValue": "1"}]}
    assert encoded("lambda", "tag_resource", tags, values) == {"Tags": {"a": "1"}}


def test_scalars_take_the_form_of_the_member() -> None:
    schema = {"fromPort": "int", "toPort": "int", "ipProtocol": "str"}
    found = encoded(
        "ec2", "authorize_security_group_ingress", schema, {"fromPort": "22", "toPort": 22.0, "ipProtocol": 6}
    )
    assert found == {"FromPort": 22, "ToPort": 22, "IpProtocol": "6"}


def test_what_has_no_place_is_told() -> None:
    encoder = Encoder(ACCOUNT.input_shape("ec2", "create_vpc"), Names())
    encoder.encode({"cidrBlock": "str", "nonsense": "str"}, {"cidrBlock": "10.0.0.0/16", "nonsense": "x"})
    assert (encoder.used, encoder.unmapped) == ({"cidrBlock"}, ["nonsense"])


@given(st.dictionaries(WORDS, WORDS, max_size=4))
def test_tags_come_back_as_they_went(tags: dict[str, str]) -> None:
    schema = {"tags": {"*": "str"}}
    for service, op in (("ec2", "create_tags"), ("kms", "tag_resource"), ("s3", "put_bucket_tagging")):
        into = "Tagging" if service == "s3" else ""
        rename = {"tags": "TagSet"} if service == "s3" else {}
        sent = encoded(service, op, schema, {"tags": tags}, into=into, rename=rename)
        told = Decoder(Names(into=into, rename=rename), {}).decode(schema, sent)
        assert told.get("tags", {}) == tags


def test_values_are_put_at_paths_and_maps_are_merged() -> None:
    params: dict[str, Any] = {}
    put(params, "Rules[0].From", 1)
    put(params, "Rules[0].To", 2)
    put(params, "A.B", {"c": 1})
    put(params, "A.B", {"d": 2})
    assert params == {"Rules": [{"From": 1, "To": 2}], "A": {"B": {"c": 1, "d": 2}}}
    assert merge({"x": [{"a": 1}]}, {"x": [{"b": 2}], "y": 3}) == {"x": [{"a": 1, "b": 2}], "y": 3}
