"""AWS regions: their partition and availability zones (`regions.toml`)."""

from __future__ import annotations

import difflib
import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Region:
    """A region. `zones` are what accounts see today; `older_zones` what accounts of an earlier date may see as well.

    `zone_ids` are the ids of `zones`, in the same order.
    """

    name: str
    partition: str
    title: str
    zones: tuple[str, ...]
    zone_ids: tuple[str, ...]
    older_zones: tuple[str, ...] = ()


@functools.cache
def regions() -> Mapping[str, Region]:
    """Every known region by name."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "regions.toml").read_text("utf-8"))
    return {
        name: Region(
            name,
            partition,
            entry["name"],
            tuple(f"{name}{letter}" for letter in entry["zones"]),
            _zone_ids(*entry["ids"].split()),
            tuple(f"{name}{letter}" for letter in entry.get("older", "")),
        )
        for partition, entries in table["partitions"].items()
        for name, entry in entries.items()
    }


def region(name: str) -> Region:
    """The region of that name; raises ConfigError when there is none."""
    found = regions().get(name)
    if found is None:
        near = difflib.get_close_matches(str(name), regions(), n=1)
        fix = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(sorted(regions()))}"
        raise ConfigError(f"there is no region {name!r} in the catalog", fix=fix)
    return found


def _zone_ids(prefix: str, numbers: str) -> tuple[str, ...]:
    return tuple(f"{prefix}-az{number}" for number in numbers)
