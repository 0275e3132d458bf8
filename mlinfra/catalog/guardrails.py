"""What no role may do whatever its policies allow (`guardrails.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Actions that are denied, why, and to whom: everyday roles, the emergency (break-glass) role, or both."""

    sid: str
    why: str
    actions: tuple[str, ...]
    binds: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    """The services in use, the actions exempt from the region list, and the guards."""

    within: tuple[str, ...]
    everywhere: tuple[str, ...]
    guards: tuple[Guard, ...]


@functools.cache
def guardrails() -> Guardrails:
    """The guardrails, in the order of the file."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "guardrails.toml").read_text("utf-8"))
    guards = tuple(
        Guard(
            sid=entry["sid"],
            why=entry["why"],
            actions=tuple(entry["actions"]),
            binds=frozenset(entry.get("binds", ("everyday", "emergency"))),
        )
        for entry in table["guards"]
    )
    return Guardrails(within=tuple(table["within"]), everywhere=tuple(table["global"]), guards=guards)
