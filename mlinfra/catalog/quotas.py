"""Service Quotas of EC2 instances (`quotas.toml`): vCPUs that an account may run in a region, by group of families."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of the service `ec2`, in vCPUs (of capacity blocks: in blocks at a time)."""

    code: str
    name: str
    default: int
    """What a new account has."""


def quota(instance_type: str, usage: str) -> Quota | None:
    """The quota that limits a type or a family (p5.48xlarge, p5) bought `on-demand`, as `spot` or as `capacity-block`.

    None when the catalogue knows none.
    """
    family = instance_type.partition(".")[0]
    entries: Iterable[Mapping[str, Any]] = _table()["quotas"].get(usage, {}).values()
    named = next((one for one in entries if family in one.get("families", ())), None)
    entry = named or next((one for one in entries if _letters(family) in one.get("letters", ())), None)
    return Quota(entry["code"], entry["name"], entry["default"]) if entry else None


def _letters(family: str) -> str:
    """The letters before the number of a family: gr of gr6f."""
    return family[: len(family) - len(family.lstrip(ascii_lowercase))]


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "quotas.toml").read_text("utf-8"))
