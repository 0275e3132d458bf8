"""Accelerator models (`devices.toml`): who makes them, and which MIG profiles they can be split into."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class MigProfile:
    """A part that a GPU can be split into, such as 1g.10gb, and how many of it one GPU holds at most."""

    name: str
    most: int

    @property
    def resource(self) -> str:
        """What Kubernetes calls it under the device plugin's `mixed` strategy: nvidia.com/mig-1g.10gb.

        Source: https://docs.nvidia.com/datacenter/cloud-native/kubernetes/latest/index.html
        """
        return f"nvidia.com/mig-{self.name.replace('+', '.')}"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """The accelerators of an instance type, all alike."""

    vendor: str
    """nvidia, amd, aws, habana or qualcomm."""
    model: str
    """As EC2 says it: H100, L4, Trainium2."""
    count: int
    """Devices that a node advertises; 1 for a share of one."""
    memory_mib: int
    """Memory of one device, or of the share."""
    share: float = 1.0
    """The part of a device that the type has, when it is less than one: 0.125 of an L4."""
    mig: tuple[MigProfile, ...] = ()
    """Empty when the device cannot be split."""

    @property
    def resource(self) -> str:
        """The extended resource that the vendor's device plugin advertises."""
        found: str = _vendors()[self.vendor]["resource"]
        return found

    @property
    def total_memory_mib(self) -> int:
        """Memory of all devices together."""
        return self.count * self.memory_mib


def accelerator(model: str, count: int, memory_mib: int, share: float = 1.0) -> Accelerator:
    """The accelerators of a model, completed with what the catalogue knows of it. Raises KeyError for another model."""
    entry = _models()[model]
    profiles: Mapping[str, int] = {} if share < 1 else entry.get("mig", {}).get(str(memory_mib), {})
    mig = tuple(MigProfile(name, most) for name, most in profiles.items())
    return Accelerator(entry["vendor"], model, count, memory_mib, share, mig)


def known(model: str) -> bool:
    """Whether the catalogue knows the model."""
    return model in _models()


def _models() -> Mapping[str, Any]:
    models: Mapping[str, Any] = _table()["models"]
    return models


def _vendors() -> Mapping[str, Any]:
    vendors: Mapping[str, Any] = _table()["vendors"]
    return vendors


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "devices.toml").read_text("utf-8"))
