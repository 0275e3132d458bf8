"""What members of a team may do in its namespace, by persona (`team_roles.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Permission:
    """Verbs on resources of one API group; the core group is the empty string."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]


def team_personas() -> tuple[str, ...]:
    """The personas that have a role in a team's namespace, in the order of the file."""
    return tuple(_table()["personas"])


def permissions(persona: str, *, shells: bool = False) -> tuple[Permission, ...]:
    """What a persona may do, `shells` and port forwarding included where asked for. Raises KeyError for another persona."""
    table = _table()
    names = [*table["personas"][persona], *(table["shells"].get(persona, ()) if shells else ())]
    return tuple(
        Permission(group, tuple(kinds), tuple(table["permissions"][name]["verbs"]))
        for name in names
        for group, kinds in table["permissions"][name]["resources"].items()
    )


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "team_roles.toml").read_text("utf-8"))
