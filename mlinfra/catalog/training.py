"""What a place to train is made of (`training.toml`): what queues serve, and AWS's network."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlinfra.catalog.instances import InstanceType


def operators() -> tuple[str, ...]:
    """The charts of operators whose jobs can wait in queues."""
    return tuple(_table()["operators"])


def queued(chart: str) -> tuple[str, ...]:
    """The names under which Kueue takes jobs of the chart's operator into queues."""
    return tuple(_table()["operators"][chart]["queued"])


def defined_outside() -> Mapping[str, str]:
    """Charts whose custom resource definitions Helm installs once and never updates, with their API group."""
    return dict(_table()["definitions"]["groups"])


def network_levels(types: Collection[InstanceType]) -> tuple[str, ...]:
    """The labels that say where nodes of these types stand in AWS's network, the widest first; none unless all have them."""
    network = _table()["network"]
    return tuple(network["levels"]) if types and all(one.family in network["families"] for one in types) else ()


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "training.toml").read_text("utf-8"))
