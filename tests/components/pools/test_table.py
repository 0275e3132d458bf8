"""The capacity table of the catalogue, held against what can be constructed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

import mlinfra as ml
from mlinfra.catalog import capacity
from tests.components.pools.wanted import BLOCK, ODCR, gpus

P5, ONE = "p5.48xlarge", {"zones": ["us-east-1a"]}
POOLS: Final[Mapping[str, Mapping[str, Any]]] = {
    "managed": {"provisioner": "managed"},
    "dynamic": {"provisioner": "karpenter", "max_nodes": 4},
    "static": {"provisioner": "karpenter", "nodes": 4},
    "auto": {"provisioner": "karpenter", "max_nodes": 4, "cluster_is": {"auto_mode": True}},
}
FEATURES: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]]] = {
    "on-demand": ((), {}),
    "spot": (("g6.xlarge", "g5.xlarge", "g6e.xlarge"), {"capacity": {"spot": {}}}),
    "reservation": ((), {"capacity": {"reservation": ODCR}, **ONE}),
    "capacity-block": ((P5,), {"capacity": {"capacity_block": BLOCK}, "efa": False, **ONE}),
    "fallback": ((), {"capacity": {"reservation": {**ODCR, "fallback": True}}, **ONE}),
    "efa": ((P5,), {"efa": True, "capacity": {"reservation": ODCR}, **ONE}),
    "placement-group": ((), {"capacity": {"on_demand": {"placement_group": True}}, **ONE}),
    "gpu-dra": ((), {"dra": True}),
    "mig": ((P5,), {"sharing": {"mig_profile": "1g.10gb"}, "efa": False}),
    "time-slicing": ((), {"sharing": {"time_slices": 4}}),
    "image": ((), {"release_version": "1.35.3-20260415"}),
    "local-disks": ((), {"local_disks": True}),
    "dedicated": ((), {"dedicated": True}),
    "least": ((), {"max_nodes": 4, "min_nodes": 1}),
}
OF_DEVICE_LAYERS: Final = {"device-plugin", "efa-plugin", "efa-dra", "repair"}


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("feature", FEATURES)
def test_a_pool_takes_what_the_table_says(feature: str, kind: str) -> None:
    cell = capacity.supported(feature, kind)
    types, wanted = FEATURES[feature]
    arguments = {**wanted, **POOLS[kind]}
    if feature == "least":
        arguments = {**POOLS[kind], **wanted, "nodes": None} if kind != "static" else POOLS[kind]
    if cell.limit is None:
        assert gpus(*types, **arguments)
    else:
        with pytest.raises(ml.ArgumentError) as refused:
            gpus(*types, **arguments)
        assert cell.limit.source in str(refused.value)


def test_every_feature_of_the_table_is_tried() -> None:
    assert {feature.id for feature in capacity.features()} == FEATURES.keys() | OF_DEVICE_LAYERS
