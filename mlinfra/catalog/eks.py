"""EKS: support of Kubernetes versions and AMI types (`eks.toml`)."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


DEFAULT: Final[str] = versions.table()["kubernetes"]
"""The version of new clusters that the catalogue pins."""


def default_version() -> str:
    """The version of new clusters: the project's, else the catalogue's."""
    return versions.active().kubernetes or DEFAULT


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


def as_of() -> date:
    """The day on which the catalogue last asked which versions there are."""
    day: date = _table()["date"]
    return day


def supported_versions(today: date) -> tuple[str, ...]:
    """The Kubernetes versions in standard support on a day, the oldest first."""
    known: Mapping[str, Any] = _table()["versions"]["support"]
    return tuple(name for name, entry in known.items() if "standard" not in entry or today <= entry["standard"])


@dataclass(frozen=True, slots=True)
class AmiType:
    """A type of AMIs that EKS publishes for managed node groups."""

    name: str
    family: str
    """al2023, bottlerocket or al2."""
    architecture: str
    """x86_64 or arm64."""
    vendor: str | None
    """Whose accelerators have drivers in it: nvidia, aws (Neuron), or None."""
    fips: bool


def ami_types() -> Mapping[str, AmiType]:
    """Every AMI type by name, such as AL2023_x86_64_NVIDIA."""
    types: Mapping[str, Any] = _table()["amis"]["types"]
    return {
        name: AmiType(name, entry["family"], entry["arch"], entry.get("vendor"), entry.get("fips", False))
        for name, entry in types.items()
    }


def ami_type(family: str, architecture: str, vendor: str | None = None, *, fips: bool = False) -> AmiType | None:
    """The AMI type of a family for an architecture, with drivers for a vendor's accelerators; None when there is none."""
    wanted = (family, architecture, vendor, fips)
    return next(
        (one for one in ami_types().values() if (one.family, one.architecture, one.vendor, one.fips) == wanted), None
    )


def accelerated_ami_type(ami_type: str) -> bool:
    """Whether AMIs of the type have drivers for accelerators."""
    found = ami_types().get(ami_type)
    return found is not None and found.vendor is not None


def supported_ami_type(ami_type: str, today: date) -> bool:
    """Whether EKS still publishes AMIs of the type."""
    until = _table()["amis"]["until"].get(ami_type)
    return until is None or bool(today <= until)


def system_instance_types() -> tuple[str, ...]:
    """The instance types of the nodes that every cluster needs for DNS, drivers and controllers."""
    return tuple(_table()["nodes"]["system"])


def _number(version: str) -> tuple[int, int]:
    match = re.fullmatch(r"v?(\d+)\.(\d+)(\..*)?", version)
    if match is None:
        raise ValueError(f"{version!r} is no Kubernetes version")
    return int(match[1]), int(match[2])


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "eks.toml").read_text("utf-8"))
