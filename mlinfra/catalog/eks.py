"""EKS: support of Kubernetes versions and AMI types (`eks.toml`)."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


DEFAULT: Final = "1.35"
"""The version of new clusters."""


@dataclass(frozen=True, slots=True)
class Support:
    """The last days of support of a Kubernetes version; None while AWS has announced none."""

    standard: date | None
    extended: date | None


def support(version: str) -> Support | None:
    """The support of a version such as 1.35; None for what the catalog does not know because it is newer.

    Raises ValueError for what is no version.
    """
    number = _number(version)
    known = {_number(name): entry for name, entry in _table()["versions"]["support"].items()}
    if number in known:
        return Support(known[number].get("standard"), known[number].get("extended"))
    if number > max(known):
        return None
    oldest = known[min(known)]
    return Support(oldest["standard"], oldest["extended"])


def accelerated_ami_type(ami_type: str) -> bool:
    """Whether AMIs of the type have drivers for accelerators."""
    return ami_type in _table()["amis"]["accelerated"]


def supported_ami_type(ami_type: str, today: date) -> bool:
    """Whether EKS still publishes AMIs of the type."""
    until = _table()["amis"]["until"].get(ami_type)
    return until is None or bool(today <= until)


def _number(version: str) -> tuple[int, int]:
    match = re.fullmatch(r"v?(\d+)\.(\d+)(\..*)?", version)
    if match is None:
        raise ValueError(f"{version!r} is no Kubernetes version")
    return int(match[1]), int(match[2])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "eks.toml").read_text("utf-8"))
