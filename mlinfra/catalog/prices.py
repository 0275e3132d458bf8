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
    """The day on which the source had this price."""


def hourly(instance_type: str, region: str) -> Price | None:
    """The on-demand price of a type in a region; None where the catalogue has none, or AWS sells it otherwise only."""
    table = _table()
    if region not in table["regions"]:
        return None
    family, _, size = instance_type.partition(".")
    row = table["families"].get(family, {}).get(size)
    amount = row[table["regions"].index(region)] if row else 0
    return Price(float(amount), "USD", region, table["source"], table["date"]) if amount else None


def regions() -> tuple[str, ...]:
    """The regions with prices."""
    return tuple(_table()["regions"])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "prices.toml").read_text("utf-8"))
