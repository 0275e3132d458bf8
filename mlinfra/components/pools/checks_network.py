"""Whether the nodes of a pool can stand and talk to each other as it is asked."""

from typing import Any

from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.interfaces import layout
from mlinfra.components.pools.limits import refused
from mlinfra.components.pools.shape import Shape
from mlinfra.components.problems import Invalid


def check(args: Any, shape: Shape, cluster: ClusterReference) -> None:
    """Zones, EFA, placement groups, and with what the nodes start."""
    if not shape.managed and not shape.auto and cluster.instance_profile_name is None:
        reason = "Karpenter's nodes start with an instance profile, and the cluster's reference names none"
        raise Invalid(reason, fix="give the reference instance_profile_name, as a Cluster's has", argument="cluster")
    for zone in args.zones:
        if zone not in cluster.zones:
            fix = f"choose of {', '.join(cluster.zones)}"
            raise Invalid(f"the cluster has no nodes in {zone}", fix=fix, argument="zones")
        if list(args.zones).count(zone) > 1:
            raise Invalid(f"{zone} is there twice", fix="give every zone once", argument="zones")
    if shape.efa:
        _efa(shape)
    if shape.placement_group:
        _placement(shape)


def _efa(shape: Shape) -> None:
    without = next((one for one in shape.types if not one.efa), None)
    if without:
        fix = "leave efa out, or choose a type that `mlinfra catalog instances --efa` lists"
        raise refused("efa-type", what=without.name, fix=fix, argument="efa")
    if shape.auto:
        raise refused("efa-auto", fix="leave provisioner out: managed", argument="provisioner")
    if len(shape.zones) > 1:
        fix = f'give one zone: zones=["{shape.zones[0]}"], and another pool for another one'
        raise refused("efa-zone", fix=fix, argument="zones")
    if len({layout(one) for one in shape.types}) > 1:
        raise refused("efa-layout", fix="make a pool for each type", argument="instance_types")


def _placement(shape: Shape) -> None:
    if shape.auto:
        raise refused("placement-auto", fix="leave provisioner out: managed", argument="provisioner")
    if len(shape.zones) > 1:
        fix = f'give one zone: zones=["{shape.zones[0]}"], or placement_group=False'
        raise refused("placement-zone", fix=fix, argument="zones")
    other = next((one for one in shape.types if not one.cluster_placement), None)
    if other:
        fix = "leave placement_group out, or choose another type"
        raise refused("placement-type", what=other.name, fix=fix, argument="instance_types")
