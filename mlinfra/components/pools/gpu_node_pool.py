"""Nodes with accelerators."""

from typing import Optional

import pulumi

from mlinfra.components.args import Args
from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.pool import Pool
from mlinfra.components.pools.sharing import Sharing


class GpuArguments(Args):
    """What a pool of nodes with accelerators is told besides."""

    efa: Optional[bool] = None
    """Whether nodes have the Elastic Fabric Adapter, on every network card, for jobs over several of them. Default: yes
    for a fixed or reserved pool of types with several network cards, unless of Spot; no otherwise."""
    sharing: Optional[Sharing] = None
    """How several pods share a GPU: a MIG profile or time slices. Default: a pod has whole GPUs."""
    dra: bool = False
    """Whether the NVIDIA DRA driver advertises the GPUs, in place of the device plugin. Default: no."""


class GpuNodePoolArgs(GpuArguments, NodePoolArgs):
    """Arguments of `GpuNodePool`."""

    disk_gib: int = 200
    """The encrypted disk of a node in GiB, 20 at least: images of ML frameworks are large. Default: 200."""


class GpuNodePool(Pool[GpuNodePoolArgs]):
    """Nodes with GPUs of NVIDIA, Trainium or Inferentia, on exactly one kind of capacity, with a limit.

    The image of EKS brings the driver, and nothing else does. Nodes carry the taint of their accelerators (nvidia.com/gpu)
    and labels that say what they are; broken ones are replaced. With EFA every network card has its interface, and a
    security group of their own lets nodes talk to each other, and to nobody else. What EC2, EKS, Karpenter or the devices
    would refuse, or take and ignore, is an error here, with its source.

        h100 = ml.GpuNodePool("h100", ml.GpuNodePoolArgs(
            cluster=cluster.reference,
            instance_types=["p5.48xlarge"],
            capacity=ml.Capacity(reservation=ml.Reservation(reservation_id="cr-0123456789abcdef0")),
            zones=["eu-central-1a"],
            nodes=4))
    """

    pool_name: pulumi.Output[str]
    """What AWS or Karpenter calls the pool."""

    _args_type = GpuNodePoolArgs

    def __init__(self, name: str, args: GpuNodePoolArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
