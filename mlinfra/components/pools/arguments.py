"""What every node pool is told."""

from collections.abc import Mapping, Sequence
from typing import Optional

from pydantic import field_validator, model_validator

from mlinfra.catalog.instances import instance_type
from mlinfra.components.args import Args
from mlinfra.components.cluster.nodes import NodeSystem
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.capacity import Capacity
from mlinfra.components.pools.checks import check
from mlinfra.components.pools.reference import Provisioner, Taint
from mlinfra.components.pools.schedule import PoolSchedule
from mlinfra.components.pools.shape import Shape
from mlinfra.components.problems import Invalid


class PoolArguments(Args):
    """What a pool is told, whichever cluster it stands on."""

    instance_types: Sequence[str]
    """The instance types of its nodes, the preferred ones first, such as m7i.2xlarge, or p5.48xlarge with GPUs. Spot wants
    three at least."""
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
    local_disks: Optional[bool] = None
    """Whether the local NVMe disks of a node hold images and what pods write, as one striped disk. What is on them ends
    with the node. Default: yes where every instance type has such disks."""
    labels: Mapping[str, str] = {}
    """Labels of its nodes, besides mlinfra/pool and what says which accelerators they have. Default: none."""
    taints: Sequence[Taint] = ()
    """Taints of its nodes, besides that of accelerators. Default: none."""
    dedicated: bool = False
    """Whether no other customer's instances run on the same hosts, at a price. Default: no."""
    schedule: Optional[PoolSchedule] = None
    """When a fixed pool has its nodes, such as on working days. Default: always."""

    @field_validator("instance_types")
    @classmethod
    def _known(cls, value: Sequence[str]) -> Sequence[str]:
        if not value:
            raise Invalid("nodes of no type", fix="give one or more; `mlinfra catalog instances` lists them")
        for name in value:
            if instance_type(name) is None:
                fix = "choose one that `mlinfra catalog instances` lists"
                raise Invalid(f"{name!r} is not in the catalogue", fix=fix)
        twice = next((name for name in value if list(value).count(name) > 1), None)
        if twice:
            raise Invalid(f"{twice} is there twice", fix="give every type once")
        return value


class NodePoolArgs(PoolArguments):
    """Arguments of `NodePool`, and of every other pool."""

    cluster: ClusterReference
    """The cluster that its nodes join: a `Cluster`'s reference."""
    disk_gib: int = 100
    """The encrypted disk of a node in GiB, 20 at least, for images and what pods write. Default: 100."""

    @model_validator(mode="after")
    def _possible(self) -> "NodePoolArgs":
        check(self, self.shape(), self.cluster)
        return self

    def shape(self) -> Shape:
        """What follows from the arguments, defaults filled in."""
        return Shape.of(self)
