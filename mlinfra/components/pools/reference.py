"""What device layers, teams, jobs and tests must know of a node pool."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from mlinfra.components.args import Args

POOL_LABEL: Final = "mlinfra/pool"
"""The label of nodes that names their pool."""
EFA_RESOURCE: Final = "vpc.amazonaws.com/efa"
"""What pods ask for to get an EFA interface."""


class CapacityKind(StrEnum):
    """How the instances of a pool are bought."""

    ON_DEMAND = "on-demand"
    """By the second, when there are any."""
    SPOT = "spot"
    """What is left over, cheaper, taken away at two minutes' notice."""
    RESERVATION = "reservation"
    """From an On-Demand Capacity Reservation, which is paid for whether it is used or not."""
    CAPACITY_BLOCK = "capacity-block"
    """From a Capacity Block for ML: paid for in advance, for a window of time."""


class Provisioner(StrEnum):
    """Who makes the nodes of a pool."""

    MANAGED = "managed"
    """A managed node group of EKS: a fixed range of nodes of equal types."""
    KARPENTER = "karpenter"
    """Karpenter, or EKS itself in Auto Mode: nodes as pods need them."""


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    """They are not scheduled there."""
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    """They are scheduled there when nothing else is free."""
    NO_EXECUTE = "NoExecute"
    """They are not scheduled there, and those that run there leave."""


class Taint(Args):
    """A taint of every node of a pool."""

    key: str
    """Its key, such as nvidia.com/gpu."""
    value: str = ""
    """Its value. Default: none."""
    effect: TaintEffect = TaintEffect.NO_SCHEDULE
    """What it does to pods that do not tolerate it: NoSchedule, PreferNoSchedule or NoExecute. Default: NoSchedule."""


class PoolReference(Args):
    """A pool as other components see it: the `reference` of a `NodePool` or `GpuNodePool`. Plain values throughout."""

    name: str
    """The pool's name, which is also the value of its nodes' label mlinfra/pool."""
    provisioner: Provisioner
    """Who makes its nodes."""
    capacity: CapacityKind
    """How its instances are bought."""
    instance_types: Sequence[str]
    """The types that its nodes can have, as EC2 calls them."""
    zones: Sequence[str]
    """The availability zones that its nodes can stand in."""
    min_nodes: int = 0
    """The nodes that it has at least."""
    max_nodes: int
    """The nodes that it has at most, if all are of the smallest type."""
    labels: Mapping[str, str] = {}
    """The labels of every node, those that say pool and accelerator among them."""
    taints: Sequence[Taint] = ()
    """The taints of every node."""
    accelerator_vendor: str = ""
    """Who made the accelerators: nvidia or aws. Empty when there are none."""
    accelerator_model: str = ""
    """The accelerator's model, such as H100. Empty when there are none."""
    accelerators_per_node: int = 0
    """Accelerators of a node, of the smallest type when they differ."""
    resource: str = ""
    """What pods ask for to get one, such as nvidia.com/gpu. Empty when there are none."""
    efa_per_node: int = 0
    """EFA interfaces of a node. Zero when the pool does not use EFA."""
    devices: Mapping[str, int] = {}
    """What a node offers to pods besides processor, memory and disk, after MIG and time-slicing: amounts by resource."""
    driver_in_image: bool = False
    """Whether the machine image brings the accelerators' driver: nobody else may then install one."""
    device_plugin_in_image: bool = False
    """Whether the machine image, or EKS in Auto Mode, advertises the accelerators: no device plugin may do so as well."""
    dra: bool = False
    """Whether a DRA driver advertises the accelerators, in place of a device plugin."""

    def tolerations(self) -> Sequence[Mapping[str, str]]:
        """The tolerations that a pod needs to run in the pool, as a pod spec has them."""
        return [
            {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect.value}
            if taint.value
            else {"key": taint.key, "operator": "Exists", "effect": taint.effect.value}
            for taint in self.taints
        ]

    def node_selector(self) -> Mapping[str, str]:
        """The node selector that keeps a pod in the pool."""
        return {POOL_LABEL: self.name}
