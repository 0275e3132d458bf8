"""Whether EC2 sells what a pool wants in the way that the pool wants to buy it."""

from typing import Any

from mlinfra.catalog import pools
from mlinfra.components.pools.limits import refused
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.pools.shape import Shape

_SOLD = {
    CapacityKind.ON_DEMAND: "on-demand",
    CapacityKind.RESERVATION: "on-demand",  # a reservation holds on-demand instances
    CapacityKind.SPOT: "spot",
    CapacityKind.CAPACITY_BLOCK: "capacity-block",
}


def check(args: Any, shape: Shape) -> None:
    """The kind of capacity against instance types, sizes and who makes the nodes."""
    kind = args.capacity.kind
    for one in shape.types:
        if _SOLD[kind] not in one.usage:
            limit = "block-type" if kind is CapacityKind.CAPACITY_BLOCK else "not-sold-so"
            what = f"{one.name} by {kind.value}"
            raise refused(limit, what=what, fix=f"{one.name} is sold by {', '.join(one.usage)}", argument="capacity")
    if kind is CapacityKind.SPOT:
        _spot(shape)
    if kind is CapacityKind.RESERVATION:
        _reservation(args, shape)
    if kind is CapacityKind.CAPACITY_BLOCK:
        _block(args, shape)
    if args.capacity.fallback and shape.managed:
        fix = "leave fallback out, or give provisioner=karpenter"
        raise refused("managed-fallback", fix=fix, argument="capacity")
    if args.dedicated and kind is CapacityKind.RESERVATION:
        raise refused("dedicated-reservation", fix="leave dedicated out", argument="dedicated")


def _spot(shape: Shape) -> None:
    least = pools.limit("spot-one-type").values["types"]
    if len(shape.types) < least:
        fix = f"give {least} types or more that the work runs on, or buy on demand"
        raise refused("spot-one-type", fix=fix, argument="instance_types")
    if shape.efa:
        raise refused("spot-efa", fix="buy on demand or reserve, or leave efa out", argument="capacity")


def _reservation(args: Any, shape: Shape) -> None:
    _one_type(shape, "reservation-one-type")
    named = args.capacity.reservation.reservation_id is not None
    if named:
        _one_zone(shape)
    elif not shape.managed:
        fix = "give reservation_id, or provisioner=managed"
        raise refused("karpenter-group", fix=fix, argument="capacity")


def _block(args: Any, shape: Shape) -> None:
    _one_type(shape, "block-one-type")
    _one_zone(shape)
    if shape.fixed and not shape.managed:
        fix = "give max_nodes in place of nodes, or leave provisioner out: managed"
        raise refused("block-static", fix=fix, argument="provisioner")
    if shape.managed and not shape.fixed:
        fix = "give nodes, the instances of the block, in place of max_nodes, or provisioner=karpenter"
        raise refused("block-elastic", fix=fix, argument="max_nodes")
    if shape.most > pools.limit("block-nodes").values["nodes"]:
        argument = "nodes" if shape.fixed else "max_nodes"
        raise refused("block-nodes", fix="make a pool for each block", argument=argument)
    if args.dedicated:
        raise refused("block-tenancy", fix="leave dedicated out", argument="dedicated")


def _one_type(shape: Shape, limit: str) -> None:
    if len(shape.types) > 1:
        fix = "give the type that was reserved, and the other ones to pools of their own"
        raise refused(limit, fix=fix, argument="instance_types")


def _one_zone(shape: Shape) -> None:
    if len(shape.zones) > 1:
        fix = f'give the zone of the reservation: zones=["{shape.zones[0]}"]'
        raise refused("one-zone-capacity", fix=fix, argument="zones")
