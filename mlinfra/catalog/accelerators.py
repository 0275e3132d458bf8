"""Accelerated instance types as rules see them: of EC2, SageMaker and Batch, whole types or families."""

from __future__ import annotations

from dataclasses import dataclass

from mlinfra.catalog import instances


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

    None when the type has no accelerator. A size that the catalogue does not know counts as one accelerator without EFA.
    """
    name = instance_type.removeprefix("ml.")
    family, _, size = name.partition(".")
    types = instances.families(accelerated=True).get(family)
    if types is None:
        return None
    own = next((one for one in types if one.size == size), None)
    device = (own or types[0]).accelerator
    assert device is not None, instance_type
    if own is None:
        return Accelerated(name, device.vendor, device.model, 1, not size and any(one.efa for one in types), 1)
    return Accelerated(name, device.vendor, device.model, device.count, own.efa, own.network_cards)
