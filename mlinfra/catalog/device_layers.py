"""What cannot be had of a cluster's device layer (`device_layers.toml`), each limit with its source."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from mlinfra.catalog.pools import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def limit(id: str) -> Limit:
    """The limit of that id. Raises KeyError for one that the table does not have."""
    row = dict(_table()["limits"][id])
    reason, source = row.pop("reason"), row.pop("source")
    return Limit(id, reason.format(**row), source, row)


def limits() -> Iterator[Limit]:
    """Every limit, in the order of the table."""
    return map(limit, _table()["limits"])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "device_layers.toml").read_text("utf-8"))
