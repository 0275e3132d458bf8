"""What Batch, EMR Serverless and SageMaker refuse of training (`managed.toml`), each limit with its source."""

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
    return Limit(id, row.pop("reason"), row.pop("source"), row)


def limits() -> Iterator[Limit]:
    """Every limit, in the order of the table."""
    return map(limit, _table()["limits"])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "managed.toml").read_text("utf-8"))
