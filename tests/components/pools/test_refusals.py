"""What cannot be combined is refused at construction, says why, and names who says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog import pools
from tests.components.pools.wanted import BLOCK, GROUP, ODCR, SPOT, cluster, cpus, gpus

P5 = "p5.48xlarge"
THREE = ("g6.xlarge", "g5.xlarge", "g6e.xlarge")
HOURS = {"start": "0 7 * * 1-5", "stop": "0 20 * * 1-5"}
ONE = {"zones": ["us-east-1a"]}
AUTO = {"cluster_is": {"auto_mode": True}}


@dataclass(frozen=True)
class Row:
    """One combination: the limit of the catalogue that it meets, the argument that is blamed, and what was asked for."""

    limit: str
    argument: str
    types: tuple[str, ...] = ()
    wanted: dict[str, Any] = field(default_factory=dict)
    make: Callable[..., Any] = gpus

    def __str__(self) -> str:
        return f"{self.limit}-{self.argument}-{'-'.join(self.types)}"


def row(limit: str, argument: str, *types: str, make: Callable[..., Any] = gpus, **wanted: Any) -> Row:
    return Row(limit, argument, types, wanted, make)


def block(**changes: str) -> dict[str, Any]:
    return {"capacity_block": {**BLOCK, **changes}}


ROWS = (
    # How capacity is bought
    row("spot-one-type", "instance_types", "g6.xlarge", capacity=SPOT),
    row("spot-one-type", "instance_types", "m7i.large", "m7a.large", capacity=SPOT, make=cpus),
    row("spot-efa", "capacity", "p5.48xlarge", "p5e.48xlarge", "p4d.24xlarge", capacity=SPOT, efa=True, **ONE),
    row("not-sold-so", "capacity", "p6e-gb200.36xlarge", **ONE),
    row("not-sold-so", "capacity", "p6e-gb200.36xlarge", capacity={"reservation": ODCR}, **ONE),
    row("block-type", "capacity", "g5.xlarge", capacity=block(), **ONE),
    row("block-one-type", "instance_types", P5, "p5e.48xlarge", capacity=block(), **ONE),
    row("one-zone-capacity", "zones", P5, capacity=block()),
    row("block-nodes", "nodes", P5, capacity=block(), nodes=65, **ONE),
    row("block-elastic", "max_nodes", P5, capacity=block(), max_nodes=4, provisioner="managed", **ONE),
    row("block-static", "provisioner", P5, capacity=block(), provisioner="karpenter", **ONE),
    row("block-days", "capacity.capacity_block.end", P5, capacity=block(end="2027-01-27T11:30:00Z"), **ONE),
    row("block-days", "capacity.capacity_block.end", P5, capacity=block(end="2027-09-06T11:30:00Z"), **ONE),
    row("block-end", "capacity.capacity_block.end", P5, capacity=block(end="2027-01-25T12:00:00Z"), **ONE),
    row("block-tenancy", "dedicated", P5, capacity=block(), dedicated=True, **ONE),
    row("reservation-one-type", "instance_types", P5, "p5e.48xlarge", capacity={"reservation": ODCR}, **ONE),
    row("reservation-one-type", "instance_types", P5, "p5e.48xlarge", capacity={"reservation": GROUP}, **ONE),
    row("one-zone-capacity", "zones", "g6.xlarge", capacity={"reservation": ODCR}),
    row("dedicated-reservation", "dedicated", capacity={"reservation": ODCR}, dedicated=True, **ONE),
    row("karpenter-group", "capacity", capacity={"reservation": GROUP}, provisioner="karpenter", **ONE),
    row("managed-fallback", "capacity", capacity={"reservation": {**ODCR, "fallback": True}}, **ONE),
    row("managed-fallback", "capacity", *THREE, capacity={"spot": {"fallback": True}}),
    # Network and placement
    row("efa-type", "efa", "g6.xlarge", efa=True, **ONE),
    row("efa-type", "efa", "g6.8xlarge", "g6.xlarge", efa=True, **ONE),
    row("efa-zone", "zones", P5),
    row("efa-zone", "zones", "g6.8xlarge", efa=True),
    row("efa-layout", "instance_types", P5, "p5en.48xlarge", efa=True, **ONE),
    row("efa-auto", "provisioner", P5, efa=True, provisioner="karpenter", **AUTO, **ONE),
    row("placement-zone", "zones", capacity={"on_demand": {"placement_group": True}}),
    row("placement-type", "instance_types", "t3.large", capacity={"on_demand": {"placement_group": True}}, make=cpus, **ONE),
    row("placement-auto", "provisioner", capacity={"on_demand": {"placement_group": True}}, provisioner="karpenter", **AUTO, **ONE),
    row("dedicated-auto", "dedicated", "m7i.large", dedicated=True, make=cpus, **AUTO),
    # Devices and images
    row("accelerator", "instance_types", "g6.xlarge", make=cpus),
    row("no-accelerator", "instance_types", "m7i.large"),
    row("no-accelerator", "instance_types", "g4ad.xlarge"),
    row("one-vendor", "instance_types", "g6.xlarge", "inf2.xlarge"),
    row("one-architecture", "instance_types", "g6.xlarge", "g5g.xlarge"),
    row("one-architecture", "instance_types", "m7i.large", "m7g.large", make=cpus),
    row("neuron-image", "system", "trn1.2xlarge", system="bottlerocket"),
    row("auto-image", "system", system="bottlerocket", **AUTO),
    row("auto-image", "release_version", release_version="1.35.3-20260415", **AUTO),
    row("auto-disks", "local_disks", local_disks=True, **AUTO),
    row("release-format", "release_version", release_version="latest"),
    row("release-format", "release_version", release_version="1.57.0"),
    row("release-kubernetes", "release_version", release_version="1.34.1-20260415"),
    row("no-disks", "local_disks", "m7i.large", local_disks=True, make=cpus),
    row("volume-size", "disk_gib", disk_gib=8),
    row("mig-model", "sharing", "g6.xlarge", sharing={"mig_profile": "1g.10gb"}),
    row("mig-profile", "sharing", P5, sharing={"mig_profile": "1g.5gb"}, efa=False),
    row("mig-models", "instance_types", "p4de.24xlarge", P5, sharing={"mig_profile": "1g.10gb"}, efa=False),
    row("mig-peer", "sharing", P5, sharing={"mig_profile": "1g.10gb"}, efa=True, **ONE),
    row("slices-peer", "sharing", P5, sharing={"time_slices": 4}, **ONE),
    row("slices", "sharing.time_slices", sharing={"time_slices": 1}),
    row("sharing-both", "sharing.mig_profile", P5, sharing={"mig_profile": "1g.10gb", "time_slices": 4}),
    row("sharing-both", "sharing.mig_profile", P5, sharing={}),
    row("sharing-vendor", "sharing", "inf2.xlarge", sharing={"time_slices": 2}),
    row("sharing-auto", "sharing", sharing={"time_slices": 2}, **AUTO),
    row("sharing-elastic", "sharing", sharing={"time_slices": 2}, max_nodes=4),
    row("dra-auto", "dra", dra=True, **AUTO),
    row("dra-elastic", "dra", dra=True, max_nodes=4),
    row("dra-kubernetes", "dra", dra=True, cluster_is={"version": "1.33"}, release_version="1.33.1-20260415"),
    row("dra-slices", "dra", dra=True, sharing={"time_slices": 2}),
    row("dra-vendor", "dra", "inf2.xlarge", dra=True),
    row("dra-bottlerocket", "dra", dra=True, system="bottlerocket", release_version="1.57.0-4b9a8c21"),
    # Size and names
    row("managed-nodes", "nodes", "m7i.large", nodes=451, make=cpus),
    row("schedule-elastic", "schedule", max_nodes=4, schedule=HOURS),
    row("schedule-karpenter", "schedule", nodes=2, provisioner="karpenter", schedule=HOURS),
    row("schedule-elastic", "schedule", max_nodes=4, min_nodes=1, schedule=HOURS),
    row("schedule-block", "schedule", P5, capacity=block(), schedule=HOURS, **ONE),
    row("schedule-reserved", "schedule", P5, capacity={"reservation": ODCR}, schedule=HOURS, **ONE),
    row("karpenter-least", "min_nodes", "m7i.large", max_nodes=4, min_nodes=1, provisioner="karpenter", make=cpus),
    row("label-key", "labels", labels={"-team": "a"}),
    row("label-value", "labels", labels={"team": "a b"}),
    row("label-reserved", "labels", labels={"karpenter.sh/nodepool": "a"}),
    row("label-reserved", "taints", taints=[{"key": "node.kubernetes.io/unschedulable"}]),
    row("taint-twice", "taints", taints=[{"key": "a"}, {"key": "a", "value": "b"}]),
)  # fmt: skip


@pytest.mark.parametrize("one", ROWS, ids=str)
def test_what_cannot_be_had_is_refused_with_its_source(one: Row) -> None:
    with pytest.raises(ml.ArgumentError) as refused:
        one.make(*one.types, **one.wanted)
    (problem,) = refused.value.problems
    limit = pools.limit(one.limit)
    assert problem.argument == one.argument
    assert limit.reason in problem.reason
    assert limit.source in problem.reason
    assert problem.fix


def test_every_limit_of_the_catalogue_is_met() -> None:
    met = {one.limit for one in ROWS}
    assert {limit.id for limit in pools.limits()} == met
    assert len(ROWS) > 40


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"capacity": {"spot": {}, "reservation": ODCR}}, "in one way, not in 2"),
        ({"capacity": {"reservation": {}}}, "no reservation is named"),
        ({"capacity": {"reservation": {**ODCR, **GROUP}}}, "a reservation and a group of them"),
        ({"capacity": {"reservation": {"reservation_id": "p5-block"}}}, "not the id of a Capacity Reservation"),
        ({"capacity": {"reservation": {"group_arn": "gpus"}}}, "not the ARN of a resource group"),
        ({"capacity": {"reservation": {**ODCR, "placement_group": True}}}, "placement_group = True: not known here"),
        ({"capacity": {"spot": {"placement_group": True}}}, "placement_group = True: not known here"),
        ({"capacity": {"capacity_block": ODCR}}, "capacity.capacity_block.start: required"),
        ({"capacity": {"capacity_block": {**BLOCK, "start": "Monday"}}}, "not a time in UTC"),
        ({"capacity": {"capacity_block": {**BLOCK, "end": "2027-01-04T11:30:00Z"}}}, "ends before it begins"),
        ({"nodes": 2, "max_nodes": 4}, "of fixed size or elastic, not both"),
        ({"nodes": 0}, "a pool without nodes"),
        ({"max_nodes": 4, "min_nodes": 5}, "more than max_nodes"),
        ({"nodes": 4, "min_nodes": 1}, "a pool of fixed size has no least size"),
        ({"zones": ["us-east-1f"]}, "the cluster has no nodes in us-east-1f"),
        ({"zones": ["us-east-1a", "us-east-1a"]}, "us-east-1a is there twice"),
        ({"system": "bottlerocket"}, "the catalogue pins no release"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(wanted: dict[str, Any], says: str) -> None:
    with pytest.raises(ml.ArgumentError, match=says):
        gpus(**wanted)


@pytest.mark.parametrize(("types", "says"), [((), "of no type"), (("p99.huge",), "not in the catalogue"), (("g6.xlarge",) * 2, "twice")])  # fmt: skip
def test_instance_types_are_those_of_the_catalogue(types: tuple[str, ...], says: str) -> None:
    with pytest.raises(ml.ArgumentError, match=says):
        ml.GpuNodePoolArgs(cluster=cluster(), instance_types=types, nodes=1)


def test_a_pool_has_a_limit() -> None:
    with pytest.raises(ml.ArgumentError, match="the pool has no limit"):
        ml.NodePoolArgs(cluster=cluster(), instance_types=["m7i.large"])


def test_karpenter_starts_nodes_with_an_instance_profile() -> None:
    with pytest.raises(ml.ArgumentError) as refused:
        cpus(max_nodes=9, cluster_is={"instance_profile_name": None})
    assert "give the reference instance_profile_name" in str(refused.value)
    assert cpus(nodes=3, cluster_is={"instance_profile_name": None})
    assert cpus(max_nodes=9, cluster_is={"instance_profile_name": None, "auto_mode": True})
