"""Writes docs/capacity.md from the catalogue: `python -m mlinfra.catalog.capacity_page`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from mlinfra.catalog import capacity, instances

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlinfra.catalog.capacity import Cell
    from mlinfra.catalog.instances import InstanceType
    from mlinfra.catalog.pools import Limit

PAGE = Path("docs/capacity.md")
_INTRODUCTION = """# What goes together in a node pool

This page is generated from the catalogue (`mlinfra/catalog/capacity.toml`, `pools.toml`, `device_layers.toml` and the tables of
instance types) by `python -m mlinfra.catalog.capacity_page`; change those. `NodePool`, `GpuNodePool` and `Devices` refuse
what is marked with a number when they are constructed, with the same reason and source.

## Kinds of pools"""
_EXCLUSIONS = """
## What excludes what

Whatever the kind of pool:
"""
_TYPES = """
## Accelerated instance types

The largest size of each family; `mlinfra catalog instances` lists all, with prices. EFA interfaces are on all network cards
together, MIG is the smallest profile and how many of it a GPU holds.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_pools(), _EXCLUSIONS, *_exclusions(), _TYPES, *_types()]) + "\n"


def _pools() -> Iterator[str]:
    kinds = capacity.pool_kinds()
    notes: list[Limit] = []
    for group, features in groupby(capacity.features(), key=lambda one: one.group):
        rows = [
            (one.title, *(_cell(cell, notes) for cell in one.cells.values()), _links(one.sources)) for one in features
        ]
        yield f"\n### {group}\n"
        yield from _table(("", *kinds.values(), "Source"), rows)
    yield "\n### Why not\n"
    for number, limit in enumerate(notes, 1):
        yield f"{number}. {limit.reason[0].upper()}{limit.reason[1:]}. {_links([limit.source])}"


def _cell(cell: Cell, notes: list[Limit]) -> str:
    if cell.limit is None:
        return f"yes ({cell.note})" if cell.note else "yes"
    if cell.limit not in notes:
        notes.append(cell.limit)
    return f"**no** [{notes.index(cell.limit) + 1}]"


def _exclusions() -> Iterator[str]:
    rows = [(pair, limit.reason, _links([limit.source])) for pair, limit in capacity.exclusions().items()]
    yield from _table(("Not together", "Because", "Source"), rows)


def _types() -> Iterator[str]:
    head = ("Type", "Accelerators", "Memory of one", "MIG", "vCPU", "Memory", "EFA", "Local disks", "Bought")
    yield from _table(head, (_type(max(sizes, key=_size)) for sizes in instances.families(accelerated=True).values()))


def _size(one: InstanceType) -> tuple[int, int, bool]:
    return (one.accelerator.count if one.accelerator else 0, one.vcpus, not one.bare_metal)


def _type(one: InstanceType) -> tuple[str, ...]:
    device = one.accelerator
    assert device is not None, one.name
    return (
        f"`{one.name}`",
        f"{device.count} x {device.model}",
        f"{device.memory_mib / 1024:.0f} GiB",
        f"{device.mig[0].name} x {device.mig[0].most}" if device.mig else "",
        f"{one.vcpus} {one.architectures[0]}",
        f"{one.memory_mib / 1024:.0f} GiB",
        str(one.efa_interfaces or ""),
        f"{one.disks} x {one.disk_gb} GB" if one.disks else "",
        ", ".join(one.usage),
    )


def _links(sources: Iterable[str]) -> str:
    return " ".join(f"[{_name(url)}]({url})" for url in sources)


def _name(url: str) -> str:
    """What a page is called: the end of its path."""
    return url.partition("#")[0].rstrip("/").rpartition("/")[2].removesuffix(".html")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = list(head)
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
