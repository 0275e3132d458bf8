"""The table holds together: with botocore's models, with the SDK's properties, and within itself."""

from __future__ import annotations

import re

import pytest

from mlinfra.catalog.aws_types import AwsType, all_types, fidelity, lookup, module_of
from mlinfra.sandbox.aws.checks import _shape
from mlinfra.sandbox.aws.hooks import HOOKS
from mlinfra.sandbox.aws.invokes import SPECIAL, table
from tests.sandbox.aws import sdk_schema
from tests.sandbox.aws.audit import ACCOUNT, audit
from tests.sandbox.aws.lives import cases

TYPES = list(all_types())
NAMED_BY_AWS = {  # `name` is one of AWS's own words
    "aws:ecr/accountSetting:AccountSetting",
    "aws:guardduty/detectorFeature:DetectorFeature",
}
KNOWN = {"partition", "region", "account", "id", "arn", "urn_name", "uuid", "hex8", "hex12", "hex16", "hex17", "hex32"}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.token)
def test_every_property_has_a_place(kind: AwsType) -> None:
    assert audit(kind) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("module", sorted({module_of(kind.token) for kind in TYPES}))
def test_properties_are_those_of_the_sdk(module: str) -> None:
    expected = (sdk_schema.CATALOG / "schema" / f"{module}.json").read_text()
    assert sdk_schema.render(module) == expected, "run python tests/sandbox/aws/sdk_schema.py"


def test_every_type_has_a_life() -> None:
    lived = {key.partition("#")[0] for key, case in cases().items() if not case.get("only_needed")}
    assert sorted(kind.token for kind in TYPES if kind.token not in lived and "V2:" not in kind.token) == []


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.token)
def test_values_are_of_the_properties_types(kind: AwsType) -> None:
    schema = {**kind.schema.inputs, **kind.schema.outputs}
    for name, value in {**kind.defaults, **kind.computed, **kind.initial}.items():
        if value not in ({}, []):
            assert list(_shape(kind, schema[name], value, name, name)) == []


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.token)
def test_placeholders_use_what_a_plan_knows(kind: AwsType) -> None:
    assert "id" in kind.placeholder
    for pattern in kind.placeholder.values():
        for place in re.findall(r"\{([^}]*)\}", pattern):
            first = place.partition(":")[0].split("|")[0]
            assert first in KNOWN or first.removeprefix("inputs.").split(".")[0] in kind.schema.inputs, pattern


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.token)
def test_names_are_made_where_pulumi_aws_makes_them(kind: AwsType) -> None:
    optional = "name" in kind.schema.computed and "name" not in kind.schema.required
    if optional and kind.token not in NAMED_BY_AWS:
        assert kind.autoname is not None


def test_hooks_are_those_that_the_table_names() -> None:
    assert {kind.hook for kind in TYPES} == set(HOOKS)


def test_no_type_is_in_two_places() -> None:
    assert len({kind.token for kind in TYPES}) == len(TYPES)
    assert all(kind.noun for kind in TYPES)


def test_types_are_found_by_their_tokens() -> None:
    assert lookup("aws:ec2/vpc:Vpc") is TYPES[[kind.token for kind in TYPES].index("aws:ec2/vpc:Vpc")]
    assert fidelity("aws:ec2/vpc:Vpc") == "moto"
    assert fidelity("aws:ec2/placementGroup:PlacementGroup") == "overlay"


@pytest.mark.parametrize(
    "token",
    ["aws:ec2/nothing:Nothing", "aws:none/vpc:Vpc", "kubernetes:core/v1:Pod", "pulumi:pulumi:Stack", "", "aws:../x:y"],
)
def test_other_types_are_not_found(token: str) -> None:
    assert lookup(token) is None
    assert fidelity(token) is None


def test_functions_name_operations_and_types() -> None:
    for token, entry in table().items():
        if "like" in entry:
            assert lookup(entry["like"]) is not None, token
        service, op = entry.get("service", "ec2"), entry.get("op") or entry.get("find", {}).get("op")
        if op:
            assert op in ACCOUNT.client(service).meta.method_to_api_mapping, token
    assert not SPECIAL.keys() & (table().keys() - {"aws:ssm/getParameter:getParameter"})
