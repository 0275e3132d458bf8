"""What a job must know of the node pool that it runs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

INTERRUPTIBLE: Final = ("spot",)
"""Kinds of capacity that AWS takes back when it wants them."""


class Taint(BaseModel):
    """A taint of every node of a pool."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, from_attributes=True)

    key: str
    """Its key, such as nvidia.com/gpu."""
    value: str = ""
    """Its value. Default: none."""
    effect: str = "NoSchedule"
    """What it does to pods that do not tolerate it. Default: NoSchedule."""


class PoolTarget(BaseModel):
    """The pool as a job sees it: the same names as in the `reference` of a `GpuNodePool`, fewer of them."""

    # `from_attributes` takes a pool's reference as it is.
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, from_attributes=True)

    name: str
    """The pool's name."""
    instance_types: Sequence[str] = ()
    """The types that its nodes can have. NCCL's environment depends on them."""
    capacity: str = "on-demand"
    """How its instances are bought: on-demand, spot, reservation or capacity-block. Default: on-demand."""
    accelerators_per_node: Annotated[int, Field(ge=0)] = 0
    """Accelerators of a node. Default: none."""
    resource: str = "nvidia.com/gpu"
    """What a pod asks for to get an accelerator. Default: nvidia.com/gpu."""
    efa_per_node: Annotated[int, Field(ge=0)] = 0
    """EFA interfaces of a node. Default: none."""
    taints: Sequence[Taint] = ()
    """The taints of its nodes, which the job's pods tolerate. Default: none."""
    topology: str = ""
    """The label of nodes by which Kueue keeps the job's pods together where it can. Default: none, they stand anywhere."""
    label: str = "mlinfra/pool"
    """The label of nodes whose value is the pool's name. Default: mlinfra/pool."""

    @property
    def interruptible(self) -> bool:
        """Whether nodes are taken away while they are in use."""
        return self.capacity in INTERRUPTIBLE

    def node_selector(self) -> dict[str, str]:
        """The node selector that keeps a pod in the pool."""
        return {self.label: self.name}

    def tolerations(self) -> list[dict[str, Any]]:
        """The tolerations that a pod needs to run in the pool."""
        return [
            {"key": taint.key, "effect": taint.effect}
            | ({"operator": "Equal", "value": taint.value} if taint.value else {"operator": "Exists"})
            for taint in self.taints
        ]
