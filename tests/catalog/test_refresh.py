"""A refresh from AWS: what it asks, what it writes, and that it writes all or nothing. AWS is botocore's Stubber."""

from __future__ import annotations

import functools
import json
import shutil
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlinfra import catalog
from mlinfra.catalog.refresh import run, toml
from mlinfra.errors import ConfigError
from tests.catalog.test_instances import ec2

TODAY = date(2027, 1, 15)
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the catalogue's tables."""
    for path in Path(catalog.__path__[0]).glob("*.toml"):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path


@functools.cache
def client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, **KEYS)


class Aws:
    """Clients that answer what they were told, in order."""

    def __init__(self) -> None:
        self.stubs: dict[tuple[str, str], Stubber] = {}

    def __call__(self, service: str, region: str) -> Any:
        if (service, region) not in self.stubs:
            self.stubs[service, region] = Stubber(client(service, region))
            self.stubs[service, region].activate()
        return client(service, region)

    def says(self, service: str, operation: str, answer: dict[str, Any], region: str = "us-east-1") -> Aws:
        self(service, region)
        self.stubs[service, region].add_response(operation, answer)
        return self

    def refuses(self, service: str, operation: str, region: str = "us-east-1") -> Aws:
        self(service, region)
        self.stubs[service, region].add_client_error(operation, "AccessDeniedException", "not authorized", 403)
        return self

    def done(self) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()

    def close(self) -> None:
        for stub in self.stubs.values():
            stub.deactivate()


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws()
    yield aws
    aws.close()


def info(name: str, **changes: Any) -> dict[str, Any]:
    """An instance type as EC2 tells it, without what the installed botocore has not heard of."""
    entry = ec2()[name]
    keep = (
        "ProcessorInfo", "VCpuInfo", "MemoryInfo", "GpuInfo", "NetworkInfo", "InstanceStorageInfo",
        "SupportedUsageClasses", "PlacementGroupInfo", "BareMetal",
    )  # fmt: skip
    return {"InstanceType": name, **{key: entry[key] for key in keep if key in entry}, **changes}


def types(*infos: dict[str, Any]) -> dict[str, Any]:
    return {"InstanceTypes": list(infos)}


def refresh(aws: Aws, tables: Path, *parts: str, regions: tuple[str, ...] = ("us-east-1",)) -> list[run.Change]:
    changes = run.refresh(aws, tables, TODAY, regions=regions, parts=parts)
    aws.done()
    return changes


def texts(tables: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in tables.glob("*.toml")}


def rows(tables: Path, name: str, family: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((tables / f"{name}.toml").read_text("utf-8"))["families"][family]
    return found


def test_what_is_the_same_gets_a_new_date(aws: Aws, tables: Path) -> None:
    before = texts(tables)
    same = types(info("p5.48xlarge"), info("p6-b300.48xlarge"), info("m8g.large"), info("t2.micro"))
    assert refresh(aws.says("ec2", "describe_instance_types", same), tables, "instances") == []
    changed = {name for name, text in texts(tables).items() if text != before[name]}
    assert changed == {"instances_accelerated.toml", "instances_general.toml"}
    for name in changed:
        old, new = before[name].splitlines(), texts(tables)[name].splitlines()
        assert [line.partition(" ")[0] for was, line in zip(old, new, strict=True) if was != line] == ["source", "date"]


def test_new_and_changed_types_are_written(aws: Aws, tables: Path) -> None:
    new = info("p5.48xlarge") | {"InstanceType": "p9.48xlarge"}
    changed = info("p5.48xlarge", MemoryInfo={"SizeInMiB": 1})
    aws.says("ec2", "describe_instance_types", types(new))
    aws.says("ec2", "describe_instance_types", types(changed), "us-west-2")
    changes = refresh(aws, tables, "instances", regions=("us-east-1", "us-west-2"))
    facts = {one.fact: (one.before, one.after) for one in changes}
    assert facts["families.p9.device"] == (None, "H100")
    assert facts["families.p5.sizes.48xlarge"][1]["memory"] == 1
    assert {one.table for one in changes} == {"instances_accelerated"}
    assert rows(tables, "instances_accelerated", "p9")["efa"] == 32
    assert "4xlarge" in rows(tables, "instances_accelerated", "p5")["sizes"]
    table = tomllib.loads((tables / "instances_accelerated.toml").read_text("utf-8"))
    assert (table["date"], len(table["source"])) == (TODAY, 1)


def test_families_with_a_source_of_their_own_are_left_alone(aws: Aws, tables: Path) -> None:
    before = rows(tables, "instances_accelerated", "trn2")
    wrong = info("p5.48xlarge") | {"InstanceType": "trn2.48xlarge"}
    aws.says("ec2", "describe_instance_types", types(wrong, info("p5.48xlarge")))
    refresh(aws, tables, "instances")
    assert rows(tables, "instances_accelerated", "trn2") == before


def test_a_region_without_gpus_is_refused(aws: Aws, tables: Path) -> None:
    before = texts(tables)
    aws.says("ec2", "describe_instance_types", types(info("m8g.large")))
    with pytest.raises(ConfigError, match="no instance type with accelerators"):
        refresh(aws, tables, "instances")
    assert texts(tables) == before


def product(name: str, usd: str, unit: str = "Hrs") -> str:
    dimension = {"unit": unit, "pricePerUnit": {"USD": usd}}
    terms = {"OnDemand": {"a.b": {"priceDimensions": {"a.b.c": dimension}}}}
    return json.dumps({"product": {"attributes": {"instanceType": name}}, "terms": terms})


def test_prices_are_written_by_region(aws: Aws, tables: Path) -> None:
    regions = list(tomllib.loads((tables / "prices.toml").read_text("utf-8"))["regions"])
    for at, _ in enumerate(regions):
        page = [product("p5.48xlarge", f"{50 + at}.5"), product("m8g.large", "0.1"), product("x1.32xlarge", "13.3")]
        page += [product("p5e.48xlarge", "0.0"), product("p5.4xlarge", "1.0", "Quantity")]
        aws.says("pricing", "get_products", {"PriceList": page})
    changes = refresh(aws, tables, "prices")
    assert any(one.fact == "families.p5.sizes.48xlarge" for one in changes)
    table = tomllib.loads((tables / "prices.toml").read_text("utf-8"))
    assert list(table["regions"]) == regions
    assert table["families"] == {
        "p5": {"sizes": {"48xlarge": [50.5 + at for at, _ in enumerate(regions)]}},
        "m8g": {"sizes": {"large": [0.1] * len(regions)}},
    }
    assert table["sources"]["aws"]["date"] == TODAY


def quota(code: str, name: str, value: float) -> dict[str, Any]:
    return {"QuotaCode": code, "QuotaName": name, "Value": value}


def test_quotas_follow_aws(aws: Aws, tables: Path) -> None:
    answer = {"Quotas": [quota("L-417A185B", "Running On-Demand P instances", 96.0), quota("L-0", "Other", 1.0)]}
    changes = refresh(aws.says("service-quotas", "list_aws_default_service_quotas", answer), tables, "quotas")
    assert [(one.fact, one.before["default"], one.after["default"]) for one in changes] == [
        ("quotas.on-demand.p", 0, 96)
    ]
    assert "# letters" in (tables / "quotas.toml").read_text("utf-8")


def addon(name: str, *versions: tuple[str, bool]) -> dict[str, Any]:
    listed = [
        {"addonVersion": version, "compatibilities": [{"clusterVersion": "1.37", "defaultVersion": default}]}
        for version, default in versions
    ]
    return {"addonName": name, "addonVersions": listed}


def test_versions_follow_eks(aws: Aws, tables: Path) -> None:
    ends = datetime(2028, 1, 31, 12, tzinfo=UTC)
    known = [
        {"clusterVersion": "1.37", "endOfStandardSupportDate": ends},
        {"clusterVersion": "1.36", "endOfStandardSupportDate": datetime(2027, 8, 2, tzinfo=UTC),
         "endOfExtendedSupportDate": datetime(2028, 8, 2, tzinfo=UTC)},
        {"clusterVersion": "1.31", "endOfStandardSupportDate": datetime(2025, 11, 26, tzinfo=UTC),
         "endOfExtendedSupportDate": datetime(2026, 11, 26, tzinfo=UTC)},
    ]  # fmt: skip
    aws.says("eks", "describe_cluster_versions", {"clusterVersions": known})
    kept = addon("vpc-cni", ("v1.23.0-eksbuild.1", True), ("v1.99.0-eksbuild.1", False))
    aws.says("eks", "describe_addon_versions", {"addons": [kept]})
    aws.says(
        "eks", "describe_addon_versions", {"addons": [addon("vpc-cni", ("v1.24.0-eksbuild.1", True)), addon("other")]}
    )
    changes = {f"{one.table}.{one.fact}": one.after for one in refresh(aws, tables, "versions")}
    assert changes["eks.versions.support.1.37"] == {"standard": date(2028, 1, 31)}
    assert changes["versions.addons.vpc-cni.versions"]["1.37"] == "v1.24.0-eksbuild.1"
    assert changes["versions.addons.vpc-cni.versions"]["1.36"] == "v1.23.0-eksbuild.1"
    assert set(changes) == {"eks.versions.support.1.37", "versions.addons.vpc-cni.versions"}
    pinned = tomllib.loads((tables / "versions.toml").read_text("utf-8"))["addons"]["vpc-cni"]
    assert pinned["date"] == TODAY
    assert pinned["service_account"] == "kube-system/aws-node"


def test_nothing_is_written_when_anything_is_refused(aws: Aws, tables: Path) -> None:
    before = texts(tables)
    aws.says("ec2", "describe_instance_types", types(info("p5.48xlarge", MemoryInfo={"SizeInMiB": 1})))
    aws.refuses("service-quotas", "list_aws_default_service_quotas")
    with pytest.raises(ClientError, match="not authorized"):
        refresh(aws, tables, "instances", "quotas")
    assert texts(tables) == before
    assert sorted(path.suffix for path in tables.iterdir()) == [".toml"] * len(before)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=12)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    TEXTS,
    st.dates(),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(TEXTS, st.integers(0, 9), max_size=3),
)
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first value takes seconds on a busy machine
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_written_is_read_again(table: dict[str, Any]) -> None:
    assert tomllib.loads("\n".join(toml.table("a.b", table))) == {"a": {"b": table}}


@given(st.sampled_from(["1.36", "plain"]), VALUES)
def test_one_row_is_set_and_everything_else_stays(name: str, value: Any) -> None:
    text = 'date = 2026-01-01\n\n# About a.\n[a]\n"1.36" = 1  # old\nother = 2\n\n# About b.\n[b]\nplain = 3\n'
    after = toml.set_row(text, "a", name, value)
    read = tomllib.loads(after)
    assert read["a"] == {"1.36": 1, "other": 2} | {name: value}
    assert (read["b"], read["date"]) == ({"plain": 3}, date(2026, 1, 1))
    assert "# About b.\n[b]\nplain = 3\n" in after


def test_rows_that_cannot_be_set_are_errors() -> None:
    with pytest.raises(KeyError):
        toml.set_row("[a]\n", "b", "c", 1)
    with pytest.raises(ValueError, match="several lines"):
        toml.set_row("[a]\nb = [\n1,\n]\n", "a", "b", 1)
