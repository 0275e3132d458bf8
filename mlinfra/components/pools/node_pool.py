"""Nodes without accelerators."""

from typing import Optional

import pulumi

from mlinfra.components.pools.arguments import NodePoolArgs
from mlinfra.components.pools.pool import Pool


class NodePool(Pool[NodePoolArgs]):
    """Nodes without accelerators, on exactly one kind of capacity, with a limit.

    Karpenter makes those of an elastic pool, and a managed node group those of a fixed one. They stand in private
    subnets, their disks are encrypted with the cluster's key, pods cannot take their role, and there is no SSH.

        services = ml.NodePool("services", ml.NodePoolArgs(
            cluster=cluster.reference,
            instance_types=["m7i.2xlarge"],
            nodes=3))
    """

    pool_name: pulumi.Output[str]
    """What AWS or Karpenter calls the pool."""

    _args_type = NodePoolArgs

    def __init__(self, name: str, args: NodePoolArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
