"""What keeps the nodes of a pool together: the security group that EFA needs, and a placement group."""

from dataclasses import dataclass
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from mlinfra.components.cluster.reference import ClusterReference
from mlinfra.components.component import Component


@dataclass(frozen=True, slots=True)
class Fabric:
    """The group that lets members talk to each other over EFA, and the one in which they stand close together."""

    security_group: Optional[aws.ec2.SecurityGroup] = None
    placement_group: Optional[aws.ec2.PlacementGroup] = None

    def groups(self, cluster: ClusterReference) -> list[pulumi.Input[str]]:
        """The security groups of the pool's nodes: the cluster's, its own, and those of what nodes are clients of."""
        own = [self.security_group.id] if self.security_group else []
        return [cluster.security_group_id, *own, *cluster.client_security_group_ids]


def fabric(parent: Component[Any], name: str, cluster: ClusterReference, *, efa: bool, placement_group: bool) -> Fabric:
    """Declares what is wanted of the two.

    EFA wants all traffic from and to the group itself, in both directions; a range of addresses does not do. Source:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html
    """
    group = None
    if efa:
        role = f"{name}-efa"
        group = aws.ec2.SecurityGroup(
            role,
            description=f"{name}: EFA between nodes of the pool",
            vpc_id=cluster.vpc_id,
            tags={"Name": role},
            opts=parent.child(),
        )
        among: dict[str, Any] = {
            "security_group_id": group.id,
            "referenced_security_group_id": group.id,
            "ip_protocol": "-1",
            "description": "Everything, among nodes of the pool",
            "opts": parent.child(),
        }
        aws.vpc.SecurityGroupIngressRule(role, **among)
        aws.vpc.SecurityGroupEgressRule(role, **among)
    placed = (
        aws.ec2.PlacementGroup(f"{name}-close", strategy="cluster", opts=parent.child()) if placement_group else None
    )
    return Fabric(group, placed)
