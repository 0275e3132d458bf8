"""How large a pool can be, and how its nodes can be called."""

import re
from typing import Any, Final

from mlinfra.catalog import pools
from mlinfra.components.pools.limits import refused
from mlinfra.components.pools.reference import CapacityKind
from mlinfra.components.pools.shape import Shape
from mlinfra.components.problems import Invalid

_NAME: Final = re.compile(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?")
_PREFIX: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_OWN: Final = "mlinfra"


def check(args: Any, shape: Shape) -> None:
    """Sizes, labels and taints."""
    _size(args, shape)
    _hours(args, shape)
    _names(args)


def _size(args: Any, shape: Shape) -> None:
    if (args.nodes is None) == (args.max_nodes is None):
        reason = "the pool has no limit" if args.nodes is None else "a pool is of fixed size or elastic, not both"
        raise Invalid(reason, fix="give nodes (a fixed pool) or max_nodes (an elastic one)", argument="max_nodes")
    argument = "nodes" if shape.fixed else "max_nodes"
    if shape.most < 1:
        raise Invalid("a pool without nodes", fix="give 1 or more, or leave the pool out", argument=argument)
    if args.min_nodes < 0:
        raise Invalid("less than none", fix="give 0 or more", argument="min_nodes")
    if shape.fixed and args.min_nodes:
        raise Invalid("a pool of fixed size has no least size", fix="leave it out", argument="min_nodes")
    if args.min_nodes > shape.most:
        raise Invalid(f"more than max_nodes ({shape.most})", fix="give less, or raise max_nodes", argument="min_nodes")
    if args.min_nodes and not shape.managed:
        fix = "leave it out, give nodes in place of max_nodes, or provisioner=managed"
        raise refused("karpenter-least", fix=fix, argument="min_nodes")
    most = pools.limit("managed-nodes").values["nodes"]
    if shape.managed and shape.most > most:
        raise refused("managed-nodes", fix=f"give {most} at most, in several pools", argument=argument)
    disk = pools.limit("volume-size").values
    if not disk["least"] <= args.disk_gib <= disk["most"]:
        raise refused("volume-size", fix=f"give {disk['least']} to {disk['most']} GiB", argument="disk_gib")


def _hours(args: Any, shape: Shape) -> None:
    if args.schedule is None:
        return
    kind = args.capacity.kind
    if not shape.managed:
        raise refused("schedule-karpenter", fix="leave provisioner out, or schedule", argument="schedule")
    if not shape.fixed:
        fix = "give nodes in place of max_nodes, or leave schedule out"
        raise refused("schedule-elastic", fix=fix, argument="schedule")
    if kind is CapacityKind.CAPACITY_BLOCK:
        raise refused("schedule-block", fix="leave schedule out", argument="schedule")
    if kind is CapacityKind.RESERVATION:
        raise refused("schedule-reserved", fix="leave schedule out", argument="schedule")


def _names(args: Any) -> None:
    for key, value in args.labels.items():
        _key(key, "labels")
        _value(key, value, "labels")
    seen = set()
    for taint in args.taints:
        _key(taint.key, "taints")
        _value(taint.key, taint.value, "taints")
        if (taint.key, taint.effect) in seen:
            raise refused("taint-twice", what=taint.key, fix="give it once", argument="taints")
        seen.add((taint.key, taint.effect))


def _key(key: str, argument: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or (slash and not _PREFIX.fullmatch(prefix)):
        raise refused("label-key", what=repr(key), fix="write it as team or example.com/team", argument=argument)
    domains = (*pools.limit("label-reserved").values["domains"], _OWN)
    if any(prefix == domain or prefix.endswith(f".{domain}") for domain in domains):
        raise refused("label-reserved", what=key, fix="use a key of your own domain", argument=argument)


def _value(key: str, value: str, argument: str) -> None:
    if value and not _NAME.fullmatch(value):
        fix = "use letters, digits, hyphens, dots and underscores, 63 at most"
        raise refused("label-value", what=f"{key}={value!r}", fix=fix, argument=argument)
