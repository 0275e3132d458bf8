"""What a place to train is made of (`training.toml`): what queues serve, AWS's network, what nodes keep for themselves."""

from __future__ import annotations

import functools
import math
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlinfra.catalog.instances import InstanceType


def operators() -> tuple[str, ...]:
    """The charts of operators whose jobs can wait in queues."""
    return tuple(_table()["operators"])


def queued(chart: str) -> tuple[str, ...]:
    """The names under which Kueue takes jobs of the chart's operator into queues."""
    return tuple(_table()["operators"][chart]["queued"])


def network_levels(types: Collection[InstanceType]) -> tuple[str, ...]:
    """The labels that say where nodes of these types stand in AWS's network, the widest first; none unless all have them."""
    network = _table()["network"]
    return tuple(network["levels"]) if types and all(one.family in network["families"] for one in types) else ()


def left_for_pods(kind: InstanceType, *, efa: bool) -> tuple[int, int]:
    """Millicores and MiB that a node of the type has for pods, when it keeps what it needs itself."""
    node = _table()["node"]
    first: list[float] = node["core_millicores"]
    cores = sum(first[: kind.vcpus]) + node["more_millicores"] * max(0, kind.vcpus - len(first))
    memory = math.floor(kind.memory_mib * (1 - node["overhead_percent"] / 100))
    memory -= node["reserved_mib"] + node["pod_mib"] * kind.max_pods + node["eviction_mib"] + node["agents_mib"]
    memory -= node["huge_pages_mib"] if efa else 0
    return max(0, kind.vcpus * 1000 - math.ceil(cores) - node["agents_millicores"]), max(0, memory)


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "training.toml").read_text("utf-8"))
