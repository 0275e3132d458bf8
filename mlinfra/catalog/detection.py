"""What is switched on to detect threats (`detection.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """GuardDuty's features with their additional configurations, Security Hub's standards, Inspector's scans.

    A standard's ARN may hold {partition} and {region}.
    """

    features: Mapping[str, tuple[str, ...]]
    standards: Mapping[str, str]
    scans: tuple[str, ...]


@functools.cache
def detection() -> Detection:
    """All of it, in the order of the file."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "detection.toml").read_text("utf-8"))
    features = {name: tuple(entry.get("with", ())) for name, entry in table["guardduty"].items()}
    return Detection(features=features, standards=table["standards"], scans=tuple(table["inspector"]["scans"]))
