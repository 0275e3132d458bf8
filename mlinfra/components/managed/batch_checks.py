"""Whether an environment of AWS Batch can be had as it is asked for."""

from typing import Any

from mlinfra.catalog import managed
from mlinfra.components.managed.limits import refused
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.problems import Invalid

_SOLD = {CapacityKind.ON_DEMAND: "on-demand", CapacityKind.RESERVATION: "on-demand", CapacityKind.SPOT: "spot"}


def check(args: Any) -> None:
    """Raises `Invalid` for the first thing that Batch or EC2 would refuse, or take and leave jobs waiting for ever."""
    _size(args)
    _capacity(args)
    if args.fabric():
        _efa(args)
    if args.placed() and len(args.subnet_ids) > 1:
        fix = "give the one subnet where they shall stand, or on_demand with placement_group=False"
        raise refused("mnp-zone", what=f"{len(args.subnet_ids)} subnets", fix=fix, argument="subnet_ids")
    most = managed.limit("mnp-groups").values["groups"] - 1  # one is the environment's own
    if len(args.security_group_ids) > most:
        raise refused("mnp-groups", fix=f"give {most} at most", argument="security_group_ids")


def _size(args: Any) -> None:
    if args.max_nodes < 1:
        raise Invalid("there would be no instances", fix="give 1 or more", argument="max_nodes")
    if not 0 <= args.min_nodes <= args.max_nodes:
        fix = f"give 0 to {args.max_nodes}"
        raise Invalid(f"not between none and max_nodes ({args.max_nodes})", fix=fix, argument="min_nodes")
    if args.disk_gib < 30:  # noqa: PLR2004 - what AWS's own image of ECS has
        raise Invalid("too small for the machine image", fix="give 30 or more", argument="disk_gib")
    if len({one.architectures for one in args.types()}) > 1:
        fix = "give types of one architecture, and the other ones to an environment of their own"
        raise Invalid("they are of several architectures, and there is one image", fix=fix, argument="instance_types")
    vendors = {one.accelerator.vendor if one.accelerator else "" for one in args.types()}
    if vendors - {"nvidia", ""} or len(vendors) > 1:
        fix = "give types with GPUs of NVIDIA, or types without any"
        raise Invalid("one image does not serve these accelerators", fix=fix, argument="instance_types")


def _capacity(args: Any) -> None:
    kind = args.capacity.kind
    if kind is CapacityKind.CAPACITY_BLOCK:
        fix = "train in a GpuNodePool on it, or buy on demand, Spot or a reservation"
        raise Invalid("the queue knows nothing of a block's window", fix=fix, argument="capacity")
    if args.capacity.fallback:
        fix = "leave fallback out; a second BatchTraining has other capacity"
        raise Invalid("an environment buys in one way", fix=fix, argument="capacity")
    for one in args.types():
        if _SOLD[kind] not in one.usage:
            what, fix = f"{one.name} by {kind.value}", f"{one.name} is sold by {', '.join(one.usage)}"
            raise refused("not-sold-so", what=what, fix=fix, argument="capacity")
    if kind is CapacityKind.SPOT:
        least = managed.limit("spot-one-type").values["types"]
        if len(args.instance_types) < least:
            fix = f"give {least} types or more that jobs run on, or buy on demand"
            raise refused("spot-one-type", fix=fix, argument="instance_types")
        without = next((name for name, team in args.teams.items() if team.checkpoints is None), None)
        if without:
            reason = "its jobs would begin anew each time EC2 takes an instance back"
            raise Invalid(f"{without} keeps no checkpoints: {reason}", fix="give checkpoints", argument="teams")
    if kind is CapacityKind.RESERVATION:
        if len(args.instance_types) > 1:
            fix = "give the type that was reserved"
            raise refused("reservation-one-type", fix=fix, argument="instance_types")
        if args.capacity.reservation_id is not None and len(args.subnet_ids) > 1:
            fix = "give the subnet in the reservation's zone"
            raise refused("reservation-zone", fix=fix, argument="subnet_ids")


def _efa(args: Any) -> None:
    without = next((one for one in args.types() if not one.efa), None)
    if without:
        fix = "leave efa out, or choose a type that `mlinfra catalog instances --efa` lists"
        raise refused("efa-type", what=without.name, fix=fix, argument="efa")
    if args.capacity.kind is CapacityKind.SPOT:
        raise refused("efa-spot", fix="buy on demand or reserve, or leave efa out", argument="capacity")
    if len(args.instance_types) > 1:
        fix = "give one type, and another environment to another one"
        raise refused("efa-type-one", fix=fix, argument="instance_types")
    if args.image_id is None:
        fix = "give image_id, made of Batch's image for GPUs and AWS's EFA installer, or efa=False"
        raise refused("efa-image", fix=fix, argument="image_id")
    if len(args.subnet_ids) > 1:
        fix = "give the one subnet where they shall stand"
        raise refused("mnp-zone", what=f"{len(args.subnet_ids)} subnets", fix=fix, argument="subnet_ids")
