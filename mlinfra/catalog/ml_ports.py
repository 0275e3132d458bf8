"""Ports and names of ML tools that trust whoever reaches them (`ml_ports.toml`)."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def tool_at(port: int, name: str = "") -> str | None:
    """The ML tool that listens at a port: by the port alone, or by port and name together. None when it is none."""
    for tool, entry in _tools().items():
        if port in entry.get("ports", ()) or (port in entry.get("shared", ()) and _is_called(name, entry["names"])):
            return tool
    return None


def tool_called(name: str) -> str | None:
    """The ML tool of that name: `team-a-jupyter` is jupyter. None when it is none."""
    return next((tool for tool, entry in _tools().items() if _is_called(name, entry["names"])), None)


def _is_called(name: str, names: list[str]) -> bool:
    return any(re.search(rf"(?<![a-z0-9]){re.escape(one)}(?![a-z0-9])", name.lower()) for one in names)


@functools.cache
def _tools() -> Mapping[str, Any]:
    table = tomllib.loads((resources.files("mlinfra.catalog") / "ml_ports.toml").read_text("utf-8"))
    found: dict[str, Any] = table["tools"]
    return found
