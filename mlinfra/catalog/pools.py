"""What AWS, Karpenter and NVIDIA refuse or do not support in node pools (`pools.toml`), each limit with its source."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that cannot be had: why, and who says so."""

    id: str
    reason: str
    """Half a sentence, such as: EFA does not leave its availability zone."""
    source: str
    """The URL that says so."""
    values: Mapping[str, Any]
    """Numbers and names that the limit depends on."""


def limit(id: str) -> Limit:
    """The limit of that id. Raises KeyError for one that the table does not have."""
    row = dict(_table()["limits"][id])
    return Limit(id, row.pop("reason"), row.pop("source"), row)


def limits() -> Iterator[Limit]:
    """Every limit, in the order of the table."""
    return map(limit, _table()["limits"])


def release_version(kubernetes: str, image: str) -> str | None:
    """The pinned release of EKS's images for a Kubernetes version (1.35) and an image (al2023); None when there is none."""
    found: str | None = _table()["releases"].get(image, {}).get(kubernetes)
    return found


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "pools.toml").read_text("utf-8"))
