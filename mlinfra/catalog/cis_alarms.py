"""What the CIS AWS Foundations Benchmark wants an alarm for (`cis_alarms.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CisAlarm:
    """One alarm: the filter pattern of the events it counts, and how many within five minutes raise it."""

    name: str
    control: str
    security_hub: str
    says: str
    pattern: str
    threshold: int


@functools.cache
def cis_alarms() -> Mapping[str, CisAlarm]:
    """Every alarm by name, in the order of the benchmark."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "cis_alarms.toml").read_text("utf-8"))
    return {
        name: CisAlarm(
            name=name,
            control=entry["control"],
            security_hub=entry.get("security_hub", ""),
            says=entry["says"],
            pattern=entry.get("pattern") or _pattern(entry),
            threshold=entry.get("threshold", 1),
        )
        for name, entry in table["alarms"].items()
    }


def _pattern(entry: Mapping[str, Any]) -> str:
    events = " || ".join(f"($.eventName = {event})" for event in entry["events"])
    if service := entry.get("service"):
        return f"{{ ($.eventSource = {service}.amazonaws.com) && ({events}) }}"
    return f"{{ {events} }}"
