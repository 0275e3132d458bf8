"""The table of prices, written from whatever source has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.refresh.toml import header, inline, key, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMMENT: Final = """
On-demand prices of EC2 instances per hour in US dollars: Linux, shared tenancy, without tax.
`mlinfra catalog refresh` writes this table.

A row has a price for each of `regions`, in that order; 0 where there is none. `regions` names the source of each column;
a family whose whole rows are from another one names it.
"""


def lines(
    prices: Mapping[str, Mapping[str, float]],
    regions: Mapping[str, str],
    sources: Mapping[str, Mapping[str, Any]],
    other: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The lines of the table.

    `prices` by instance type and region, `regions` with the name of the source of each, `sources` by name (url, date), `other`
    the sources of families that are not from the regions'.
    """
    yield from header(_COMMENT)
    yield from table("sources", sources)
    yield from table("regions", regions)
    families: dict[str, dict[str, list[float]]] = {}
    for name in sorted(prices, key=_order):
        family, _, size = name.partition(".")
        if any(prices[name].values()):
            families.setdefault(family, {})[size] = [prices[name].get(region, 0) for region in regions]
    for family in sorted(families):
        yield from table(f"families.{key(family)}", {"source": other[family]} if other and family in other else {})
        yield f"[families.{key(family)}.sizes]"
        for size, row in families[family].items():
            yield f"{key(size)} = {inline(row)}"


def _order(name: str) -> tuple[str, str, int, str]:
    """medium, large, xlarge, 2xlarge, …, metal."""
    family, _, size = name.partition(".")
    digits = "".join(filter(str.isdigit, size))
    kind = size.lstrip("0123456789").partition("-")[0]
    rank = {"nano": "0", "micro": "1", "small": "2", "medium": "3", "large": "4", "xlarge": "5"}.get(kind, "6")
    return family, rank, int(digits or 0), size
