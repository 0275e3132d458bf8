"""Which capacity, network and device settings each kind of node pool takes (`capacity.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from mlinfra.catalog import device_layers, pools

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.catalog.pools import Limit


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a kind of pool takes a feature."""

    note: str = ""
    """What it takes: Karpenter 1.8, one zone."""
    limit: Limit | None = None
    """Why it does not; None when it does."""

    @property
    def supported(self) -> bool:
        """Whether the pool takes it."""
        return self.limit is None


@dataclass(frozen=True, slots=True)
class Feature:
    """A setting of node pools, and which kinds of pools take it."""

    id: str
    title: str
    group: str
    cells: Mapping[str, Cell]
    """By the kind of pool: managed, dynamic, static, auto."""
    sources: tuple[str, ...]


def pool_kinds() -> Mapping[str, str]:
    """The kinds of node pools, and what they are called."""
    kinds: Mapping[str, str] = _table()["pools"]
    return kinds


def features() -> tuple[Feature, ...]:
    """Every feature, in the order of the table."""
    groups, kinds = _table()["groups"], pool_kinds()
    return tuple(
        Feature(
            name,
            entry["title"],
            groups[entry["group"]],
            {kind: _cell(entry[kind]) for kind in kinds},
            tuple(entry["source"]),
        )
        for name, entry in _table()["features"].items()
    )


def supported(feature: str, pool: str) -> Cell:
    """Whether a kind of pool takes a feature, such as `supported("mig", "auto")`. Raises KeyError for unknown names."""
    return _cell(_table()["features"][feature][{kind: kind for kind in pool_kinds()}[pool]])


def exclusions() -> Mapping[str, Limit]:
    """Settings that exclude each other on every kind of pool, and why."""
    return {pair: _limit(reference) for pair, reference in _table()["exclusions"].items()}


def _cell(text: str) -> Cell:
    answer, _, rest = text.partition(": ")
    return Cell(note=rest) if answer == "yes" else Cell(limit=_limit(rest))


def _limit(reference: str) -> Limit:
    table, _, name = reference.partition("/")
    return pools.limit(name) if table == "pools" else device_layers.limit(name)


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "capacity.toml").read_text("utf-8"))
