"""What NCCL and libfabric must be told to use EFA, by instance type (`nccl.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Measured:
    """What all-reduce has been measured to do between nodes of a type."""

    instance_type: str
    nodes: int
    bytes: int
    """The size of what was reduced."""
    bus_bandwidth: float
    """In GB/s, as nccl-tests count it (doc/PERFORMANCE.md there)."""
    source: str


def measured(instance_type: str) -> Measured | None:
    """The published figure of an instance type; None when there is none."""
    found = [Measured(**entry) for entry in _table()["measured"] if entry["instance_type"] == instance_type]
    return found[0] if found else None


def environment(instance_type: str) -> Mapping[str, str]:
    """The environment of a job that uses EFA on an instance type; for a type that the table does not name, the common part."""
    family = instance_type.partition(".")[0]
    own = [entry["environment"] for entry in _table()["families"] if family in entry["names"]]
    return {name: value for part in (_table()["environment"], *own) for name, value in part.items()}


def huge_pages() -> str:
    """The memory in pages of 2 MiB that a replica with EFA asks for, as Kubernetes writes it."""
    return str(_table()["huge_pages"])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "nccl.toml").read_text("utf-8"))
