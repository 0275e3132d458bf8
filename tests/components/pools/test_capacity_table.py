"""The capacity table of the docs says what the pools do, cell by cell."""

from __future__ import annotations

from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog import capacity
from tests.components.pools.wanted import BLOCK, ODCR, SPOT, gpus

P5 = ("p5.48xlarge",)
ONE = {"zones": ["us-east-1a"]}
POOLS: dict[str, dict[str, Any]] = {
    "managed": {"nodes": 2, "provisioner": "managed"},
    "dynamic": {"max_nodes": 4, "provisioner": "karpenter"},
    "static": {"nodes": 2, "provisioner": "karpenter"},
    "auto": {"max_nodes": 4, "provisioner": "karpenter", "cluster_is": {"auto_mode": True}},
}
ASKED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "on-demand": ((), {}),
    "spot": (("g6.xlarge", "g5.xlarge", "g6e.xlarge"), {"capacity": SPOT}),
    "reservation": (P5, {"capacity": {"reservation": ODCR}, "efa": False, **ONE}),
    "capacity-block": (P5, {"capacity": {"capacity_block": BLOCK}, "efa": False, **ONE}),
    "fallback": (P5, {"capacity": {"reservation": {**ODCR, "fallback": True}}, "efa": False, **ONE}),
    "placement-group": (P5, {"capacity": {"on_demand": {"placement_group": True}}, "efa": False, **ONE}),
    "efa": (P5, {"efa": True, **ONE}),
    "gpu-dra": ((), {"dra": True}),
    "mig": (P5, {"sharing": {"mig_profile": "1g.10gb"}, "efa": False}),
    "time-slicing": ((), {"sharing": {"time_slices": 4}}),
    "local-disks": (P5, {"local_disks": True, "efa": False}),
    "dedicated": ((), {"dedicated": True}),
    "hours": ((), {"schedule": {"start": "0 7 * * 1-5", "stop": "0 20 * * 1-5"}}),
    "image": ((), {"release_version": "1.35.3-20260415"}),
}
# What is asked of another component than a pool, or of none: see the tests of the device layer.
ELSEWHERE = {"device-plugin", "efa-plugin", "efa-dra", "repair", "least"}


def possible(types: tuple[str, ...], wanted: dict[str, Any]) -> bool:
    try:
        gpus(*types, **wanted)
    except ml.ArgumentError:
        return False
    return True


@pytest.mark.parametrize("feature", capacity.features(), ids=lambda one: one.id)
def test_a_pool_takes_what_the_table_says(feature: capacity.Feature) -> None:
    if feature.id in ELSEWHERE:
        assert feature.id not in ASKED
        return
    types, wanted = ASKED[feature.id]
    told = {kind: cell.supported for kind, cell in feature.cells.items()}
    assert {kind: possible(types, {**pool, **wanted}) for kind, pool in POOLS.items()} == told


@pytest.mark.parametrize(("pool", "possible_"), [("managed", True), ("dynamic", False), ("auto", False)])
def test_only_managed_node_groups_keep_a_least_number_of_nodes(pool: str, possible_: bool) -> None:
    assert capacity.supported("least", pool).supported is possible_
    size = {"nodes": None, "max_nodes": 4, "min_nodes": 1}
    assert possible((), {**POOLS[pool], **size}) is possible_
