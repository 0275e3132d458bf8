"""What follows from a pool's arguments: who makes its nodes, what they offer, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import mlinfra as ml
from mlinfra.catalog.instances import instance_type, instance_types
from mlinfra.components.pools.capacity import CapacityBlock
from mlinfra.components.pools.description import describe
from mlinfra.components.pools.interfaces import Interface, layout
from mlinfra.components.pools.reference import Provisioner
from tests.components.pools.wanted import BLOCK, GROUP, ODCR, cpus, gpus

if TYPE_CHECKING:
    from mlinfra.components.pools.reference import PoolReference

ONE = {"zones": ["us-east-1a"]}
AUTO = {"cluster_is": {"auto_mode": True}}
BOTTLEROCKET = {"system": "bottlerocket", "release_version": "1.57.0-4b9a8c21"}
MANAGED, KARPENTER = Provisioner.MANAGED, Provisioner.KARPENTER


@pytest.mark.parametrize(
    ("args", "provisioner", "efa", "placed"),
    [
        (cpus(nodes=3), MANAGED, False, False),
        (cpus(max_nodes=3), KARPENTER, False, False),
        (cpus(max_nodes=3, min_nodes=1), MANAGED, False, False),
        (cpus(nodes=3, **AUTO), KARPENTER, False, False),
        (gpus("p5.48xlarge", **ONE), MANAGED, True, True),
        (gpus("p5.48xlarge", **ONE, **AUTO), MANAGED, True, True),
        (gpus("p5.48xlarge", max_nodes=4), KARPENTER, False, False),
        (gpus("p5.48xlarge", max_nodes=4, efa=True, **ONE), MANAGED, True, True),
        (gpus("p5.48xlarge", efa=False), MANAGED, False, False),
        (gpus("g6.8xlarge"), MANAGED, False, False),
        (gpus("p5.48xlarge", capacity={"on_demand": {"placement_group": False}}, **ONE), MANAGED, True, False),
        (gpus("g6.xlarge", capacity={"on_demand": {"placement_group": True}}, max_nodes=2, **ONE), MANAGED, False, True),
        (gpus("p5.48xlarge", capacity={"reservation": ODCR}, **ONE), MANAGED, True, False),
        (gpus("g6.xlarge", capacity={"reservation": ODCR}, max_nodes=2, **ONE), MANAGED, False, False),
        (gpus("g6.xlarge", capacity={"reservation": ODCR}, max_nodes=2, **ONE, **AUTO), KARPENTER, False, False),
        (gpus("g6.xlarge", capacity={"reservation": GROUP}, max_nodes=2, **AUTO), MANAGED, False, False),
        (gpus("p5.48xlarge", capacity={"capacity_block": BLOCK}, **ONE, **AUTO), MANAGED, True, False),
        (gpus("g6.xlarge", "g5.xlarge", "g6e.xlarge", capacity={"spot": {}}, max_nodes=2), KARPENTER, False, False),
    ],
)  # fmt: skip
def test_who_makes_the_nodes_follows_from_what_is_asked(
    args: Any, provisioner: Provisioner, efa: bool, placed: bool
) -> None:
    shape = args.shape()
    assert (shape.provisioner, shape.efa, shape.placement_group) == (provisioner, efa, placed)


@pytest.mark.parametrize(
    ("types", "wanted", "devices"),
    [
        (("g6.xlarge",), {}, {"nvidia.com/gpu": 1}),
        (("g6.12xlarge", "g6.xlarge"), {}, {"nvidia.com/gpu": 1}),
        (("p5.48xlarge",), ONE, {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 32}),
        (("p6-b300.48xlarge",), {**ONE, "capacity": {"capacity_block": BLOCK}}, {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 16}),
        (("trn1.32xlarge",), ONE, {"aws.amazon.com/neuron": 16, "vpc.amazonaws.com/efa": 8}),
        (("g6.xlarge",), {"sharing": {"time_slices": 4}}, {"nvidia.com/gpu": 4}),
        (("p5.48xlarge",), {"efa": False, "sharing": {"mig_profile": "1g.10gb"}}, {"nvidia.com/mig-1g.10gb": 56}),
    ],
)  # fmt: skip
def test_what_a_node_offers(types: tuple[str, ...], wanted: dict[str, Any], devices: dict[str, int]) -> None:
    assert _seen(gpus(*types, **wanted)).devices == devices


def test_a_gpu_pool_says_what_it_is() -> None:
    seen = _seen(gpus("p5.48xlarge", labels={"team": "a"}, taints=[{"key": "team", "value": "a"}], nodes=4, **ONE))
    assert seen.labels == {
        "team": "a",
        "mlinfra/pool": "pool",
        "mlinfra/accelerator": "h100",
        "nvidia.com/gpu.present": "true",
        "vpc.amazonaws.com/efa.present": "true",
    }
    assert [(one.key, one.value, one.effect.value) for one in seen.taints] == [
        ("nvidia.com/gpu", "true", "NoSchedule"),
        ("team", "a", "NoSchedule"),
    ]
    assert (seen.accelerator_vendor, seen.accelerator_model, seen.accelerators_per_node) == ("nvidia", "H100", 8)
    assert (seen.resource, seen.efa_per_node, seen.min_nodes, seen.max_nodes) == ("nvidia.com/gpu", 32, 4, 4)
    assert seen.node_selector() == {"mlinfra/pool": "pool"}
    assert seen.tolerations() == [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "true", "effect": "NoSchedule"},
        {"key": "team", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
    ]


def test_a_pool_without_accelerators_has_neither_taint_nor_device() -> None:
    seen = _seen(cpus(nodes=3))
    assert (seen.labels, seen.taints, seen.devices, seen.resource) == ({"mlinfra/pool": "pool"}, [], {}, "")
    assert (seen.driver_in_image, seen.device_plugin_in_image) == (False, False)


@pytest.mark.parametrize(
    ("wanted", "driver", "plugin"),
    [
        ({}, True, False),
        (BOTTLEROCKET, True, True),
        ({"max_nodes": 4, **AUTO}, True, True),
        ({"provisioner": "managed", **AUTO}, True, False),
    ],
)
def test_one_layer_owns_the_driver_and_the_device_plugin(wanted: dict[str, Any], driver: bool, plugin: bool) -> None:
    seen = _seen(gpus(**wanted))
    assert (seen.driver_in_image, seen.device_plugin_in_image) == (driver, plugin)


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        ({"sharing": {"time_slices": 4}}, ("nvidia.com/device-plugin.config", "slices-4")),
        ({"types": "p5.48xlarge", "efa": False, "sharing": {"mig_profile": "3g.40gb"}}, ("nvidia.com/mig.config", "all-3g.40gb")),
    ],
)  # fmt: skip
def test_sharing_is_told_to_the_device_layer_by_labels(wanted: dict[str, Any], label: tuple[str, str]) -> None:
    types = wanted.pop("types", "g6.xlarge")
    assert label in _seen(gpus(types, **wanted)).labels.items()
    assert label[0] not in _seen(gpus(types, **wanted, **BOTTLEROCKET)).labels


def test_local_disks_are_used_where_every_type_has_them() -> None:
    assert gpus("g6.xlarge").shape().local_disks
    assert not gpus("g6.xlarge", local_disks=False).shape().local_disks
    assert not cpus("m7i.large").shape().local_disks


def test_the_catalogue_pins_the_image_unless_a_release_is_given() -> None:
    assert gpus().shape().release == "1.35.6-20260818"
    assert gpus(release_version="1.35.4-20260501").shape().release == "1.35.4-20260501"
    assert cpus(system="bottlerocket").shape().release is None


@pytest.mark.parametrize("one", [one for one in instance_types(accelerated=True) if one.efa], ids=lambda one: one.name)
def test_every_efa_interface_that_a_type_can_have_is_laid_out(one: Any) -> None:
    made = layout(one)
    places = [(each.card, each.device) for each in made]
    fabric = [each for each in made if each.type != "interface"]
    assert made[0].card == made[0].device == 0
    assert made[0].type != "efa-only"
    assert len(set(places)) == len(places)
    assert {each.card for each in fabric} == set(one.efa_cards)
    assert all(each.type == "interface" or each.card in one.efa_cards for each in made)
    if one.network_cards > 1:
        assert len(fabric) == one.efa_interfaces


def test_the_layout_of_a_p5_and_of_a_single_card() -> None:
    p5, g6 = (instance_type(name) for name in ("p5.48xlarge", "g6.8xlarge"))
    assert p5 is not None
    assert g6 is not None
    assert layout(p5)[:3] == (Interface(0, 0, "interface"), Interface(0, 1, "efa-only"), Interface(1, 0, "efa-only"))
    assert layout(g6) == (Interface(0, 0, "efa"),)


def test_nodes_leave_a_capacity_block_an_hour_before_it_ends() -> None:
    assert CapacityBlock(**BLOCK).nodes_leave() == "2027-01-25T10:30:00Z"


def test_a_block_that_begins_at_once_has_a_shorter_first_day() -> None:
    CapacityBlock(**{**BLOCK, "start": "2027-01-11T14:07:00Z"})


def test_what_every_pool_is_told_is_documented_alike() -> None:
    """The fields stand in both classes, since schemas take descriptions from a class's own source."""
    for name, field in ml.NodePoolArgs.model_fields.items():
        again = ml.GpuNodePoolArgs.model_fields[name]
        if name not in {"disk_gib", "instance_types"}:
            assert (again.description, again.default, again.annotation) == (
                field.description,
                field.default,
                field.annotation,
            )


def _seen(args: Any) -> PoolReference:
    return describe("pool", args, args.shape())
