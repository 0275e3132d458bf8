"""The tables speak of operations, parameters and quotas that botocore and we know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from mlinfra.errors import ConfigError
from mlinfra.sandbox.refusals import facts, limits, memory, references, registry, rules
from mlinfra.sandbox.refusals.policies.kinds import GIVEN
from mlinfra.sandbox.refusals.quotas import Quotas

QUOTAS = Quotas.load({})
CALLS = references.TABLE["call"]
NETWORKS = references.TABLE["network"]


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def reading(service: str, operation: str) -> Any:
    names = {xform_name(name): name for name in model(service).operation_names}
    return model(service).operation_model(names[operation])


def operations(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in entry["on"].split():
        service, operation = name.split(".")
        yield name, model(service).operation_model(operation).input_shape


def resolves(shape: Any, path: str) -> bool:
    """Whether a path of the tables leads through an input shape."""
    head, _, rest = path.partition(".")
    name, through = head.removesuffix("[]"), head.endswith("[]")
    if name == "#":
        return shape.type_name == "map"
    if name == "*":
        return any(leads(member, rest, through=through) for member in shape.members.values())
    if shape.type_name == "map":
        return leads(shape.value, rest, through=through)
    return (
        shape.type_name == "structure" and name in shape.members and leads(shape.members[name], rest, through=through)
    )


def leads(shape: Any, rest: str, *, through: bool) -> bool:
    if through:
        if shape.type_name != "list":
            return False
        shape = shape.member
    return not rest or resolves(shape, rest)


def inner(shape: Any, path: str) -> Any:
    for part in path.split("."):
        shape = shape.members[part.removesuffix("[]")]
        shape = shape.member if part.endswith("[]") else shape
    return shape


@pytest.mark.parametrize(
    "rule", rules.TABLE, ids=lambda rule: f"{rule['on'].split()[0]}:{rule.get('at', rule.get('says'))}"[:60]
)
def test_rule_names_what_exists(rule: dict[str, Any]) -> None:
    needs = rule.get("needs", [])
    paths = [*rule.get("at", "").split(), *rule.get("when", {}), *rule.get("ordered", [])]
    paths += [needs] if isinstance(needs, str) else needs
    paths += [rule[name] for name in ("forbids", "unique") if name in rule]
    for _, whole in operations(rule):
        shape = inner(whole, rule["each"]) if "each" in rule else whole
        alternatives = len(rule["on"].split()) > 1 and len(rule.get("at", "").split()) > 1
        found = [resolves(shape, path) for path in paths]
        assert any(found) if alternatives else all(found), paths
    assert set(rule.get("default", {})) <= set(rule.get("when", {}))
    if isinstance(rule.get("max_count"), str):
        assert QUOTAS[rule["max_count"]]


@pytest.mark.parametrize("entry", CALLS, ids=lambda entry: entry["on"].split()[0])
def test_reference_names_what_exists(entry: dict[str, Any]) -> None:
    for need in entry["needs"]:
        if "at" in need:  # entries for several operations name what only some of them have
            assert any(resolves(shape, need["at"]) for _, shape in operations(entry)), need
        assert {"role", "key", "exists"} & set(need)
        if "exists" in need:
            operation = reading(*need["exists"].split("."))
            assert need["says"]
            param = need.get("param", "").removesuffix("[]")
            assert not param or param in operation.input_shape.members
            assert need.get("member") is None or need["member"] in operation.output_shape.members
        if "quota" in need:
            assert QUOTAS[need["quota"]]


@pytest.mark.parametrize("entry", NETWORKS, ids=lambda entry: entry["on"].split()[0])
def test_network_names_what_exists(entry: dict[str, Any]) -> None:
    for _, shape in operations(entry):
        for path in " ".join(entry.get(kind, "") for kind in ("subnets", "groups", "vpc")).split():
            assert resolves(shape, path), path
    assert "code" in entry or entry["codes"]


def test_checks_are_listed_under_operations_that_exist() -> None:
    listed = {place for checks in registry.LISTS for place in checks} | set(GIVEN)
    for service, operation in listed:
        assert operation in model(service).operation_names, (service, operation)


def test_policies_are_given_where_the_table_says() -> None:
    for (service, operation), (path, _) in GIVEN.items():
        assert resolves(model(service).operation_model(operation).input_shape, path)


def test_exceptions_are_of_shapes_that_exist() -> None:
    for name in limits.TABLE["exceptions"]:
        service, shape = name.split(".")
        assert shape in model(service).shape_names


def test_remembered_questions_are_operations_that_exist() -> None:
    for (service, operation, *params), truth in memory.TRUTHS.items():
        assert operation == "get_caller_identity" or set(params) <= set(reading(service, operation).input_shape.members)
        assert set(truth.until) <= set(model(service).operation_names)


def test_every_table_of_facts_names_its_source() -> None:
    for section in ("conditions", "public", "principals", "s3", "sns", "endpoints"):
        assert facts.fact(section, "source").startswith("https://")


def test_a_quota_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigError, match="no quota is called 'vpcs'"):
        Quotas.load({"vpcs": 10})
