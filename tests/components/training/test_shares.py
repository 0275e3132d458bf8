"""What shares of pools are, in resources: never more than the pools can have, and nothing is lost by more than a fraction."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog.instances import instance_type
from mlinfra.catalog.nodes import left_for_pods
from mlinfra.catalog.training import network_levels
from mlinfra.components.training.arguments import PoolShare, Queueing, TrainingTeam
from mlinfra.components.training.queues import cluster_queue
from mlinfra.components.training.shares import CPU, MEMORY, offer, usable
from tests.components.training.platform import general, gpus

GPU, EFA = "nvidia.com/gpu", "vpc.amazonaws.com/efa"


@pytest.mark.parametrize(
    ("name", "efa", "millicores", "mib"),
    [
        # vCPUs less the kubelet's (60, 10, 5, 5, then 2.5 each) and 500 for agents; 92.5 % of the memory, less 255 and 11
        # for each pod, 100 before eviction, 1024 for agents and, with EFA, 10256 in huge pages.
        ("m7i.2xlarge", False, 8000 - 80 - 10 - 500, None),
        ("p5.48xlarge", True, 192000 - 80 - 470 - 500, None),
    ],
)
def test_what_a_node_has_left(name: str, efa: bool, millicores: int, mib: int | None) -> None:
    kind = instance_type(name)
    assert kind is not None
    kept = 255 + 11 * kind.max_pods + 100 + 1024 + (10256 if efa else 0)
    assert left_for_pods(kind, efa=efa) == (millicores, int(kind.memory_mib * 0.925) - kept)


def test_only_types_that_all_have_the_labels_are_placed_by_them() -> None:
    big, small = instance_type("p5.48xlarge"), instance_type("m7i.2xlarge")
    assert big is not None
    assert small is not None
    assert len(network_levels([big])) == 3
    assert network_levels([big, small]) == network_levels([]) == ()


def test_a_pool_offers_what_its_smallest_type_has() -> None:
    small = instance_type("m7i.2xlarge")
    assert small is not None
    assert offer(general()).per_node[CPU] == left_for_pods(small, efa=False)[0]
    assert offer(gpus()).per_node[EFA] == 32


def test_processors_and_memory_come_in_proportion_to_accelerators() -> None:
    whole = offer(gpus())
    half = whole.resources(whole.nodes(PoolShare(accelerators=4), 4))
    assert half == {name: amount // 2 for name, amount in whole.per_node.items()}


def test_the_quota_of_a_namespace_lets_its_team_borrow_and_no_more_than_the_pool_has() -> None:
    pools = [gpus(), general()]
    some = usable({"h100": PoolShare(accelerators=4, borrow=2)}, pools)
    assert (some.gpus, some.efa_interfaces, some.neuron_devices) == (6, 24, 0)
    everything = usable({"h100": PoolShare(accelerators=0)}, pools)
    assert everything.gpus == 16
    too_much = usable({"h100": PoolShare(accelerators=8, borrow=1000)}, pools)
    assert too_much.gpus == 16


def parse(text: str) -> Fraction:
    scale = {"m": Fraction(1, 1000), "Mi": Fraction(1)}
    suffix = next((one for one in scale if text.endswith(one)), "")
    return Fraction(text.removesuffix(suffix)) * scale.get(suffix, 1)


@given(st.lists(st.integers(0, 16), min_size=1, max_size=5).filter(lambda parts: sum(parts) <= 16))
def test_no_sum_of_quotas_exceeds_what_the_pool_can_have(parts: list[int]) -> None:
    pool, whole = gpus(), offer(gpus())
    totals: dict[str, Fraction] = {}
    for number, part in enumerate(parts):
        team = TrainingTeam(namespace="any", shares={"h100": PoolShare(accelerators=part)})
        (group,) = cluster_queue(f"team-{number}", team, [pool], Queueing(), "all")["resourceGroups"]
        (flavor,) = group["flavors"]
        assert [one["name"] for one in flavor["resources"]] == group["coveredResources"]
        for one in flavor["resources"]:
            totals[one["name"]] = totals.get(one["name"], Fraction(0)) + parse(one["nominalQuota"])
    most = {name: Fraction(each * pool.max_nodes) for name, each in whole.per_node.items()}
    most[CPU] /= 1000
    assert totals[GPU] == sum(parts)
    assert all(totals[name] <= most[name] for name in (CPU, MEMORY, GPU, EFA))
    if sum(parts) == 16:
        # Rounding takes less than one unit (a thousandth of a processor, a MiB) from each team.
        assert most[CPU] - totals[CPU] < Fraction(len(parts), 1000)
        assert most[MEMORY] - totals[MEMORY] < len(parts)
