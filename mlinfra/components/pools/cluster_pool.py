"""A pool before its cluster is there."""

from typing import Optional

from mlinfra.catalog.instances import instance_type
from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.pools.arguments import NodePoolArgs, PoolArguments
from mlinfra.components.pools.gpu_node_pool import GpuArguments, GpuNodePoolArgs


class ClusterPool(GpuArguments, PoolArguments):
    """Nodes of a cluster: a `GpuNodePool` when their types have accelerators, a `NodePool` otherwise."""

    disk_gib: Optional[int] = None
    """The encrypted disk of a node in GiB, 20 at least, for images and what pods write. Default: 100, and 200 with
    accelerators."""

    @property
    def accelerated(self) -> bool:
        """Whether any of its instance types has accelerators."""
        return any(one.accelerator is not None for one in map(instance_type, self.instance_types) if one)

    def on(self, cluster: ClusterReference) -> NodePoolArgs:
        """The arguments of the pool on a cluster."""
        kind = GpuNodePoolArgs if self.accelerated else NodePoolArgs
        return kind(cluster=cluster, **self.given())
