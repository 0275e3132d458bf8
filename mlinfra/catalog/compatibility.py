"""What does not go together on Kubernetes (`compatibility.toml`), and versions that can be compared."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Version = tuple[int, ...]


def version(text: str) -> Version | None:
    """The numbers of a version such as v26.7.0 or 2.2.0-rc.1; None for ranges, and for what is no version."""
    match = re.fullmatch(r"v?(\d+(?:\.\d+){0,3})(?:[-+].*)?", text.strip())
    return tuple(map(int, match[1].split("."))) if match else None


def at_least(text: str, least: str) -> bool | None:
    """Whether a version is not older than another; None when it is no version."""
    mine, other = version(text), version(least)
    if mine is None or other is None:
        return None
    length = max(len(mine), len(other))  # 2.2 is 2.2.0
    return mine + (0,) * (length - len(mine)) >= other + (0,) * (length - len(other))


def charts(kind: str) -> frozenset[str]:
    """The charts of a kind: device_plugins, gpu_device_plugins, gpu_dra_drivers, efa_device_plugins, efa_dra_drivers."""
    return frozenset(_table()["charts"][kind])


def chart_name(chart: str) -> str:
    """The name of a chart without its repository: oci://registry.k8s.io/kueue/charts/kueue is kueue."""
    return chart.rstrip("/").rpartition("/")[2].removesuffix(".tgz")


def fact(group: str, name: str) -> Any:
    """One entry of the table."""
    return _table()[group][name]


def group(name: str) -> Mapping[str, Any]:
    """The entries of one group."""
    found: Mapping[str, Any] = _table()[name]
    return found


def constraints() -> Iterator[Mapping[str, Any]]:
    """The groups that say what a chosen set must hold: `when`, `needs`, `without`, `reason` and `source`."""
    return (entry for entry in _table().values() if isinstance(entry, dict) and "when" in entry)


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "compatibility.toml").read_text("utf-8"))
