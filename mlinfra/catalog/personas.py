"""What people may do on the platform, by persona (`personas.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One statement. `on` may hold {partition}, {region} and {account}.

    It holds where the request carries the values of `equals` and none of the keys `absent`; `bounded` says that it
    holds for roles under the everyday permissions boundary alone.
    """

    sid: str
    actions: tuple[str, ...]
    on: tuple[str, ...]
    deny: bool
    equals: Mapping[str, str]
    absent: tuple[str, ...]
    bounded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a persona does: statements, and AWS managed policies by name."""

    grants: tuple[Grant, ...]
    managed: tuple[str, ...]


@functools.cache
def jobs() -> Mapping[str, Job]:
    """Every persona's job by the persona's name, in the order of the file."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "personas.toml").read_text("utf-8"))
    grants = {sid: _grant(sid, entry) for sid, entry in table["statements"].items()}
    return {
        name: Job(
            grants=tuple(grants[sid] for sid in entry["statements"]),
            managed=tuple(entry.get("managed", ())),
        )
        for name, entry in table["personas"].items()
    }


def _grant(sid: str, entry: Mapping[str, Any]) -> Grant:
    return Grant(
        sid=sid,
        actions=tuple(entry["actions"]),
        on=tuple(entry.get("on", ("*",))),
        deny=entry.get("deny", False),
        equals=entry.get("equals", {}),
        absent=tuple(entry.get("absent", ())),
        bounded=entry.get("bounded", False),
    )
