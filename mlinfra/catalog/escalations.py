"""Ways to become somebody more powerful (`escalations.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One way. Every action of `actions` is needed; `service` takes the role where one is passed, and may be empty."""

    name: str
    actions: tuple[str, ...]
    service: str
    source: str
    """Address of what was published about it."""


@functools.cache
def escalations() -> Mapping[str, Escalation]:
    """Every known way by name."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "escalations.toml").read_text("utf-8"))
    return {
        name: Escalation(
            name=name,
            actions=tuple(entry["actions"]),
            service=entry.get("service", ""),
            source=table["sources"][entry["source"]],
        )
        for name, entry in table["paths"].items()
    }
