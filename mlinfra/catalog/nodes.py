"""What a node of an instance type keeps for itself (`nodes.toml`), and what it has for pods."""

from __future__ import annotations

import functools
import math
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.catalog.instances import InstanceType


def memory_mib(kind: InstanceType) -> int:
    """The memory that a node sees, in MiB: what its type names, less the part of the hypervisor and the kernel."""
    overhead: float = _table()["overhead_percent"]
    return math.floor(kind.memory_mib * (1 - overhead / 100))


def huge_pages_mib() -> int:
    """The huge pages that a node with EFA sets aside, in MiB."""
    pages: int = _table()["huge_pages_mib"]
    return pages


def allocatable(kind: InstanceType, *, efa: bool) -> tuple[int, int]:
    """Millicores and MiB that a node offers to pods, those of its agents included."""
    table = _table()
    first: list[float] = table["core_millicores"]
    cores = sum(first[: kind.vcpus]) + table["more_millicores"] * max(0, kind.vcpus - len(first))
    kept = table["reserved_mib"] + table["pod_mib"] * kind.max_pods + table["eviction_mib"]
    kept += table["huge_pages_mib"] if efa else 0
    return kind.vcpus * 1000 - math.ceil(cores), max(0, memory_mib(kind) - kept)


def left_for_pods(kind: InstanceType, *, efa: bool) -> tuple[int, int]:
    """Millicores and MiB that a node has for pods beside the agents that run on every node."""
    millicores, mib = allocatable(kind, efa=efa)
    return max(0, millicores - _table()["agents_millicores"]), max(0, mib - _table()["agents_mib"])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "nodes.toml").read_text("utf-8"))
