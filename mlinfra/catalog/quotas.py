"""Service Quotas of EC2 instances (`quotas.toml`): vCPUs that an account may run in a region, by group of families."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of the service `ec2`, in vCPUs (capacity blocks: in instances)."""

    code: str
    name: str
    default: int
    """What a new account has."""


def quota(instance_type: str, usage: str) -> Quota | None:
    """The quota that limits a type or a family (p5.48xlarge, p5) bought `on-demand`, as `spot` or as `capacity-block`.

    None when the catalogue knows none: a capacity block counts against no quota of vCPUs.
    """
    family = instance_type.partition(".")[0]
    entries = _table()["quotas"].get(usage, {})
    entry = next((one for one in entries.values() if family in one.get("families", ())), None) or next(
        (one for one in entries.values() if any(_begins(family, letters) for letters in one.get("letters", ()))), None
    )
    return Quota(entry["code"], entry["name"], entry["default"]) if entry else None


def _begins(family: str, letters: str) -> bool:
    """Whether the letters before the first digit are those: g of g6e and gr6f is not g."""
    head = family.rstrip("abcdefghijklmnopqrstuvwxyz-")
    return family[: len(letters)] == letters and family[len(letters) : len(letters) + 1].isdigit() and bool(head)


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "quotas.toml").read_text("utf-8"))
