"""Accelerated instance types (`accelerators.toml`): GPUs, Neuron devices and the like, and who has EFA."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Accelerated:
    """What an accelerated instance type has. `name` is as EC2 says it, such as p5.48xlarge."""

    name: str
    vendor: str
    """nvidia, amd, aws, habana or qualcomm."""
    accelerator: str
    count: int
    efa: bool
    """Whether the type supports the Elastic Fabric Adapter."""
    cards: int
    """Its network cards: with several, EFA needs an interface on each."""


def accelerated(instance_type: str) -> Accelerated | None:
    """What is known of an instance type of EC2, SageMaker (`ml.p5.48xlarge`) or Batch (`p5`, any size).

    None when the type has no accelerator. A size that the table does not know counts as one accelerator without EFA.
    """
    name = instance_type.removeprefix("ml.")
    family, _, size = name.partition(".")
    if family not in _families():
        return None
    vendor, accelerator, sizes = _families()[family]
    count, efa, cards = sizes.get(size, (1, not size and any(one[1] for one in sizes.values()), 1))
    return Accelerated(name, vendor, accelerator, count, efa, cards)


@functools.cache
def _families() -> Mapping[str, tuple[str, str, Mapping[str, tuple[int, bool, int]]]]:
    table = tomllib.loads((resources.files("mlinfra.catalog") / "accelerators.toml").read_text("utf-8"))
    return {
        family: (entry["vendor"], entry["accelerator"], {size: _size(spec) for size, spec in entry["sizes"].items()})
        for family, entry in table["families"].items()
    }


def _size(spec: int | Mapping[str, Any]) -> tuple[int, bool, int]:
    return (spec, False, 1) if isinstance(spec, int) else (spec["count"], spec["efa"], spec.get("cards", 1))
