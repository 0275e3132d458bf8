"""On-demand prices of EC2 instance types by region (`prices.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Price:
    """What an instance costs per hour on demand: Linux, shared tenancy, without tax."""

    hourly: float
    currency: str
    region: str
    source: str
    date: date
    """The day from which the source's prices are."""


def hourly(instance_type: str, region: str) -> Price | None:
    """The on-demand price of a type in a region; None where the catalogue has none.

    That may be because AWS does not sell the type there, or sells it otherwise only (P5e: as Capacity Blocks).
    """
    table = _table()
    family, _, size = instance_type.partition(".")
    entry = table["families"].get(family, {})
    row = dict(zip(table["regions"], entry.get("sizes", {}).get(size, ()), strict=False))
    if not row.get(region):
        return None
    source = table["sources"][entry.get("source", table["regions"][region])]
    return Price(float(row[region]), "USD", region, source["url"], source["date"])


def regions() -> tuple[str, ...]:
    """The regions with prices."""
    return tuple(_table()["regions"])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "prices.toml").read_text("utf-8"))
