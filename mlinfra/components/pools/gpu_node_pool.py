"""Nodes with accelerators."""

from collections.abc import Mapping, Sequence
from typing import Optional

import pulumi

from mlinfra.components.cluster.nodes import NodeSystem
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.capacity import Capacity
from mlinfra.components.pools.pool import Pool
from mlinfra.components.pools.reference import Provisioner, Taint
from mlinfra.components.pools.sharing import Sharing


class GpuNodePoolArgs(NodePoolArgs):
    """Arguments of `GpuNodePool`."""

    # Those of every pool stand here once more, since the package's schema takes descriptions from a class's own source.
    cluster: ClusterReference
    """The cluster that its nodes join: a `Cluster`'s reference."""
    instance_types: Sequence[str]
    """The instance types of its nodes, the preferred ones first, such as p5.48xlarge. Spot wants three at least."""
    capacity: Capacity = Capacity()
    """How its instances are bought: on_demand, spot, reservation or capacity_block, exactly one. Default: on demand."""
    nodes: Optional[int] = None
    """How many nodes it has, in a fixed pool. Give this or max_nodes."""
    max_nodes: Optional[int] = None
    """How many nodes it has at most, in an elastic pool: nodes come as pods need them. Give this or nodes."""
    min_nodes: int = 0
    """How many nodes an elastic pool of a managed node group has at least. Default: 0."""
    provisioner: Optional[Provisioner] = None
    """Who makes its nodes: managed (a managed node group of EKS) or karpenter. Default: karpenter for elastic pools on
    demand and of Spot, and whatever Auto Mode can do on a cluster in Auto Mode; managed for every other one."""
    zones: Sequence[str] = ()
    """The availability zones of its nodes. Default: all of the cluster's."""
    system: NodeSystem = NodeSystem.AL2023
    """The operating system of its nodes: al2023 or bottlerocket. Default: al2023."""
    release_version: Optional[str] = None
    """The release of EKS's images, such as 1.35.3-20260415, or 1.57.0-4b9a8c21 of Bottlerocket. Default: the catalogue's
    for al2023 and the cluster's version; the newest one when it has none (a GPU pool wants one)."""
    disk_gib: int = 200
    """The encrypted disk of a node in GiB, 20 at least: images of ML frameworks are large. Default: 200."""
    local_disks: Optional[bool] = None
    """Whether the local NVMe disks of a node hold images and what pods write, as one striped disk. What is on them ends
    with the node. Default: yes where every instance type has such disks."""
    labels: Mapping[str, str] = {}
    """Labels of its nodes, besides mlinfra/pool and what says which accelerators they have. Default: none."""
    taints: Sequence[Taint] = ()
    """Taints of its nodes, besides that of accelerators. Default: none."""
    dedicated: bool = False
    """Whether no other customer's instances run on the same hosts, at a price. Default: no."""
    efa: Optional[bool] = None
    """Whether nodes have the Elastic Fabric Adapter, on every network card, for jobs over several of them. Default: yes
    for a fixed or reserved pool of types with several network cards, unless of Spot; no otherwise."""
    sharing: Optional[Sharing] = None
    """How several pods share a GPU: a MIG profile or time slices. Default: a pod has whole GPUs."""
    dra: bool = False
    """Whether the NVIDIA DRA driver advertises the GPUs, in place of the device plugin. Default: no."""


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
