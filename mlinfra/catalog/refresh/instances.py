"""The tables of instance types, written from DescribeInstanceTypes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.refresh.rows import Row, families, row
from mlinfra.catalog.refresh.toml import header, inline, key, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

SOURCE: Final = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html"
_COMMENT: Final = """
{title}
`mlinfra catalog refresh` writes this table; it leaves families alone that name a `source` of their own.

A family's table holds what all its sizes share; `sizes` the rest, a row a type. What is not said: one network card, no EFA, no
disks, no accelerator, usage on-demand and spot, every placement strategy.

arch            x86_64 or arm64                     vcpus, memory   memory in MiB
pods            addresses for pods without prefixes: interfaces of the main card x (addresses of each - 1) + 2
device          model of its accelerators (devices.toml), devices how many, device_memory of one in MiB, share of one when less
cards           network cards                       efa             EFA interfaces on all cards, efa_first_card the first with EFA
disks, disk_gb  local disks, GB of each             usage           on-demand, spot, capacity-block
"""
TITLES: Final = {
    "instances_accelerated": "EC2 instance types with accelerators.",
    "instances_general": "EC2 instance types without accelerators, for system and CPU pools.",
}
# Families for system and CPU pools: the current generations of C, M, R and T with and without local disks, the fifth, storage.
GENERAL: Final = re.compile(r"[cmr](5|5d|[67](i|a|g|gd|i-flex)|6id|8(i|a|g|gd|id|i-flex)|9(g|gd))|t3|t4g|i4i|i7ie|i8g")


def rows_of(infos: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Row]]:
    """The rows by table of what the catalogue keeps: everything with accelerators, and the general families."""
    found: dict[str, dict[str, Row]] = {name: {} for name in TITLES}
    for info in infos:
        made, name = row(info), info["InstanceType"]
        if made is not None and "device" in made:
            found["instances_accelerated"][name] = made
        elif made is not None and GENERAL.fullmatch(name.partition(".")[0]):
            found["instances_general"][name] = made
    return found


def merged(current: Mapping[str, Any], rows: Mapping[str, Row]) -> tuple[dict[str, Row], dict[str, Any]]:
    """The rows of a table as it stands, with new ones over them; and its families that are left alone.

    Types that the regions asked do not have stay, since others may have them.
    """
    kept = {family: entry for family, entry in current["families"].items() if "source" in entry}
    old = {
        f"{family}.{size}": {**{name: value for name, value in entry.items() if name != "sizes"}, **own}
        for family, entry in current["families"].items()
        if family not in kept
        for size, own in entry["sizes"].items()
    }
    return old | dict(rows), kept


def lines(
    name: str, rows: Mapping[str, Row], kept: Mapping[str, Any], source: Sequence[str], day: date
) -> Iterator[str]:
    """The lines of a table. `kept` are families with a source of their own, as they stand in it now."""
    yield from header(_COMMENT.format(title=TITLES[name]))
    yield f"source = {inline(list(source))}"
    yield f"date = {day}"
    made = {family: (shared, sizes) for family, shared, sizes in families(rows) if family not in kept}
    for family in sorted([*made, *kept]):
        entry = kept.get(family, {})
        shared, sizes = made.get(family) or ({key: entry[key] for key in entry if key != "sizes"}, entry["sizes"])
        yield from table(f"families.{key(family)}", shared)
        yield f"[families.{key(family)}.sizes]"
        for size, own in sizes.items():
            yield f"{key(size)} = {inline(own)}"
