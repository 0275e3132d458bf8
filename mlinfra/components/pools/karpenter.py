"""Pools of Karpenter: a NodePool, and the node class that says how EC2 starts its nodes."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from mlinfra.components.component import Component
from mlinfra.components.pools.fabric import Fabric
from mlinfra.components.pools.manifests import AUTO, OWN, auto_class_spec, node_class_spec, node_pool_spec
from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.pools.shape import Shape


def karpenter_pool(
    parent: Component[Any], name: str, args: Any, shape: Shape, reference: PoolReference, fabric: Fabric
) -> pulumi.Output[str]:
    """Declares the node class and the NodePool; returns the pool's name."""
    cluster = args.cluster
    subnets = [cluster.subnet_ids[list(cluster.zones).index(zone)] for zone in shape.zones]
    wanted: dict[str, Any] = {
        "subnet_ids": subnets,
        "group_ids": fabric.groups(cluster),
        "key_arn": cluster.volume_key_arn,
    }
    if shape.auto:
        role = pulumi.Output.from_input(cluster.node_role_arn).apply(lambda arn: arn.rpartition("/")[2])
        kind, spec = AUTO, auto_class_spec(name, args, role=role, **wanted)
    else:
        placement = fabric.placement_group.name if fabric.placement_group else None
        wanted |= {"instance_profile": cluster.instance_profile_name, "placement_group": placement}
        kind, spec = OWN, node_class_spec(name, args, shape, **wanted)
    of_class = k8s.apiextensions.CustomResource(
        f"{name}-class",
        api_version=f"{kind.group}/v1",
        kind=kind.kind,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=name),
        spec=spec,
        opts=parent.child(),
    )
    k8s.apiextensions.CustomResource(
        f"{name}-pool",
        api_version="karpenter.sh/v1",
        kind="NodePool",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=name),
        spec=node_pool_spec(name, args, shape, reference, kind),
        # The class goes last: Karpenter needs it to end the pool's nodes.
        opts=parent.child(depends_on=[of_class]),
    )
    return pulumi.Output.from_input(name)
