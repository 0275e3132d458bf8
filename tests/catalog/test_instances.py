"""Instance types, accelerators, prices and quotas agree with each other, and with what EC2 says."""

from __future__ import annotations

import functools
import gzip
import json
import tomllib
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog import devices, instances, prices, quotas, regions
from mlinfra.catalog.accelerators import accelerated
from mlinfra.catalog.instances import InstanceType, instance_type
from mlinfra.catalog.refresh.rows import row

ALL = list(instances.instance_types())
ACCELERATED = list(instances.instance_types(accelerated=True))
CATALOG = Path(instances.__file__).parent
# Sold as Capacity Blocks, or too new for the sources of prices.
UNPRICED = {"dl2q", "p5e", "p6e-gb200", "trn2", "trn2u", "r9g", "r9gd"}


@functools.cache
def ec2() -> dict[str, Any]:
    """What DescribeInstanceTypes answered, as moto keeps it."""
    packed = (resources.files("moto") / "ec2/resources/instance_types.json.gz").read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


LAWS: dict[str, Callable[[InstanceType], bool]] = {
    "has a processor of a known kind": lambda one: one.vcpus > 0 and set(one.architectures) <= {"x86_64", "arm64"},
    "has memory": lambda one: one.memory_mib >= 512,
    "is sold": lambda one: bool(one.usage) and set(one.usage) <= {"on-demand", "spot", "capacity-block"},
    "can be placed": lambda one: set(one.placement) <= {"cluster", "partition", "spread"},
    "has EFA on cards that it has": lambda one: len(one.efa_cards) <= one.network_cards,
    "has no more EFA than its cards take": lambda one: one.efa_interfaces <= len(one.efa_cards) * one.efa_per_card,
    "has cards for its EFA": lambda one: one.efa == (len(one.efa_cards) > 0 and one.efa_per_card > 0),
    "has a cluster placement group for its EFA": lambda one: not one.efa or one.cluster_placement,
    "has disks with a size": lambda one: (one.disks > 0) == (one.disk_gb > 0) == (one.nvme_gb > 0),
    "has addresses for pods": lambda one: 4 <= one.max_pods <= 2000,
    "is metal by name": lambda one: one.bare_metal == one.size.startswith("metal"),
    "has a quota": lambda one: one.quota_code is not None,
    "is found by its name": lambda one: instance_type(one.name) is one,
}


@pytest.mark.parametrize("law", LAWS)
def test_every_instance_type(law: str) -> None:
    assert [one.name for one in ALL if not LAWS[law](one)] == []


@pytest.mark.parametrize("family", sorted(instances.families(accelerated=True)))
def test_accelerators_are_consistent(family: str) -> None:
    for one in instances.families(accelerated=True)[family]:
        check_accelerator(one)


def check_accelerator(one: InstanceType) -> None:
    device = one.accelerator
    assert device is not None
    assert device.count >= 1
    assert 0 < device.share <= 1
    assert device.memory_mib >= 2048
    assert device.total_memory_mib == device.count * device.memory_mib
    assert device.resource
    assert (one.gpu is None) == (device.vendor not in {"nvidia", "amd"})
    for part in device.mig:
        slices, _, memory = part.name.partition("g.")
        # Seven slices of compute, eight of memory, and no more of either than a GPU has.
        assert int(slices) * part.most <= 7
        assert int(memory.removesuffix("gb")) * part.most <= device.memory_mib / 1000 * 1.06
        assert part.resource == f"nvidia.com/mig-{part.name}"
    assert not device.mig or device.share == 1


def test_no_type_stands_twice() -> None:
    assert len({one.name for one in ALL}) == len(ALL)
    assert {one.name for one in ACCELERATED} == {one.name for one in ALL if one.accelerator}
    assert not set(instances.families(accelerated=True)) & set(instances.families(accelerated=False))


@pytest.mark.parametrize(
    ("name", "efa", "cards", "first"),
    [
        ("p5.48xlarge", 32, 32, 0),
        ("p5en.48xlarge", 16, 16, 0),
        ("p6-b200.48xlarge", 8, 8, 0),
        ("p6-b300.48xlarge", 16, 17, 1),
        ("p4d.24xlarge", 4, 4, 0),
        ("g6e.48xlarge", 4, 4, 0),
        ("trn1.32xlarge", 8, 8, 0),
        ("g6.8xlarge", 1, 1, 0),
        ("g6.xlarge", 0, 1, 0),
    ],
)
def test_efa_by_card(name: str, efa: int, cards: int, first: int) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html"""
    one = instance_type(name)
    assert one is not None
    assert (one.efa_interfaces, one.network_cards, one.efa_first_card) == (efa, cards, first)
    assert one.efa_cards == (range(first, cards) if efa else range(0))


@pytest.mark.parametrize("name", ["p5.48xlarge", "p6-b300.48xlarge", "g6f.large", "inf2.48xlarge", "m8gd.metal-48xl"])
def test_the_table_says_what_ec2_says(name: str) -> None:
    family, _, size = name.partition(".")
    for table in ("instances_accelerated", "instances_general"):
        entry = tomllib.loads((CATALOG / f"{table}.toml").read_text("utf-8"))["families"].get(family)
        if entry:
            stands = {key: value for key, value in entry.items() if key != "sizes"} | entry["sizes"][size]
            assert stands == row(ec2()[name])
            return
    pytest.fail(f"{name} is in no table")


def test_shares_of_a_gpu_are_one_device_with_less_memory() -> None:
    small, whole = instance_type("g6f.large"), instance_type("g6.xlarge")
    assert small and whole and small.gpu and whole.gpu
    assert (small.gpu.count, small.gpu.share, small.gpu.mig) == (1, 0.125, ())
    assert abs(small.gpu.memory_mib - whole.gpu.memory_mib * small.gpu.share) < 1


def test_every_family_has_prices() -> None:
    priced = {one.family for one in ALL for region in prices.regions() if prices.hourly(one.name, region)}
    assert set(instances.families()) - priced == UNPRICED


def test_prices_have_regions_sources_and_sense() -> None:
    assert set(prices.regions()) <= set(regions.regions())
    assert {"us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1"} <= set(
        prices.regions()
    )
    for one in ALL:
        for region in prices.regions():
            price = prices.hourly(one.name, region)
            if price:
                # From a burstable processor to a B300 with its share of network.
                assert 0.001 < price.hourly / one.vcpus < 1.5, (one.name, region, price)
                assert price.source.startswith("https://")
                assert isinstance(price.date, date)
    assert prices.hourly("p5.48xlarge", "mars-north-1") is None
    assert prices.hourly("p5.9xlarge", "us-east-1") is None


def test_no_price_is_of_a_type_that_the_catalogue_does_not_have() -> None:
    table = tomllib.loads((CATALOG / "prices.toml").read_text("utf-8"))
    names = {f"{family}.{size}" for family, entry in table["families"].items() for size in entry["sizes"]}
    assert names <= {one.name for one in ALL}
    assert {len(row) for entry in table["families"].values() for row in entry["sizes"].values()} == {
        len(table["regions"])
    }
    used = {*table["regions"].values(), *(entry["source"] for entry in table["families"].values() if "source" in entry)}
    assert used == set(table["sources"])


@pytest.mark.parametrize(
    ("name", "usage", "code"),
    [
        ("p5.48xlarge", "on-demand", "L-417A185B"),
        ("p5.48xlarge", "spot", "L-C4BD4855"),
        ("p4d.24xlarge", "spot", "L-7212CCBC"),
        ("g6e.xlarge", "on-demand", "L-DB2E81BA"),
        ("gr6f.4xlarge", "spot", "L-3819A6DF"),
        ("trn2.48xlarge", "on-demand", "L-2C3B7624"),
        ("m7i-flex.large", "on-demand", "L-1216C47A"),
        ("p6-b200.48xlarge", "spot", None),
        ("p5.48xlarge", "capacity-block", "L-DA6814F2"),
        ("g6.xlarge", "capacity-block", None),
        ("u7i-12tb.224xlarge", "on-demand", None),
    ],
)
def test_quotas(name: str, usage: str, code: str | None) -> None:
    found = quotas.quota(name, usage)
    assert (found.code if found else None) == code


@given(st.sampled_from(ACCELERATED), st.sampled_from(["", "ml."]))
def test_rules_see_what_the_catalogue_has(one: InstanceType, prefix: str) -> None:
    found = accelerated(f"{prefix}{one.name}")
    assert found is not None and one.accelerator is not None
    assert (found.name, found.vendor, found.accelerator) == (one.name, one.accelerator.vendor, one.accelerator.model)
    assert (found.count, found.efa, found.cards) == (one.accelerator.count, one.efa, one.network_cards)
    family = accelerated(one.family)
    assert family is not None
    assert family.efa == any(other.efa for other in instances.families()[one.family])


def test_models_are_known() -> None:
    assert all(devices.known(one.accelerator.model) for one in ACCELERATED if one.accelerator)
    with pytest.raises(KeyError):
        devices.accelerator("H1000", 8, 81920)
