"""EKS Auto Mode: AWS runs nodes, network, disks and load balancers of the cluster, and decides how."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components.args import Args
from mlinfra.components.documents import Text
from mlinfra.components.problems import Invalid

SOURCE: Final = "https://docs.aws.amazon.com/eks/latest/userguide/automode.html"
# "Amazon EKS Auto Mode cluster IAM role" in the EKS user guide.
CLUSTER_POLICIES: Final = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)


class BuiltInPool(StrEnum):
    """A node pool that EKS Auto Mode brings."""

    SYSTEM = "system"
    """For critical add-ons alone, x86_64 and arm64."""
    GENERAL_PURPOSE = "general-purpose"
    """For everything that needs no accelerator, on demand, x86_64."""


class AutoMode(Args):
    """EKS runs the nodes itself.

    Built in are the VPC CNI, DNS, the EBS driver, load balancing, the Pod Identity agent, node monitoring and repair, and
    the plugins of NVIDIA's and AWS's devices. What is built in cannot be brought along: no system pool, no add-ons of
    these kinds, no subnets of their own for pods by the CNI's settings, no AMIs, no DRA drivers; and no node lives longer
    than 21 days.
    """

    built_in_pools: Sequence[BuiltInPool] = (BuiltInPool.SYSTEM, BuiltInPool.GENERAL_PURPOSE)
    """The built-in node pools: system and general-purpose. Default: both."""

    @field_validator("built_in_pools")
    @classmethod
    def _once(cls, value: Sequence[BuiltInPool]) -> Sequence[BuiltInPool]:
        if len(set(value)) < len(value):
            raise Invalid("a pool stands there twice", fix="name every pool once")
        return value

    def settings(self, node_role_arn: Text) -> dict[str, Any]:
        """What switches it on in a cluster: the three go together (CreateCluster in the EKS API reference)."""
        role = node_role_arn if self.built_in_pools else None
        return {
            "compute_config": aws.eks.ClusterComputeConfigArgs(
                enabled=True, node_pools=[pool.value for pool in self.built_in_pools], node_role_arn=role
            ),
            "kubernetes_network_config": aws.eks.ClusterKubernetesNetworkConfigArgs(
                elastic_load_balancing=aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs(enabled=True)
            ),
            "storage_config": aws.eks.ClusterStorageConfigArgs(
                block_storage=aws.eks.ClusterStorageConfigBlockStorageArgs(enabled=True)
            ),
        }
