"""What node pools, device layers and team spaces must know of the cluster that they belong to."""

from collections.abc import Sequence
from typing import Optional

import pulumi

from mlinfra.components.account import Account
from mlinfra.components.args import Args


class ClusterReference(Args):
    """A cluster as other components see it: a `Cluster`'s `reference`, or a cluster that stands elsewhere."""

    name: pulumi.Input[str]
    """The cluster's name."""
    arn: pulumi.Input[str]
    """The cluster's ARN."""
    version: str
    """Its Kubernetes version, such as 1.35: what can be combined depends on it."""
    auto_mode: bool = False
    """Whether it runs in EKS Auto Mode, which brings nodes and device plugins of its own. Default: false."""
    account: Account
    """Where it lives."""
    endpoint: pulumi.Input[str]
    """The URL of its API server."""
    vpc_id: pulumi.Input[str]
    """The VPC of its nodes."""
    zones: Sequence[str]
    """The availability zones of its nodes."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """A subnet for nodes in each zone, in the order of the zones."""
    security_group_id: pulumi.Input[str]
    """The security group that EKS made for it, through which nodes and control plane reach each other."""
    node_role_arn: pulumi.Input[str]
    """The ARN of the role of its nodes."""
    volume_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the volumes of its nodes."""
    instance_profile_name: Optional[pulumi.Input[str]] = None
    """The instance profile with the role of its nodes, which Karpenter's nodes start with. Default: none; pools of Karpenter
    need it, those of Auto Mode do not."""
    client_security_group_ids: Sequence[pulumi.Input[str]] = ()
    """Security groups of what its nodes are clients of, besides its own. Default: none."""
