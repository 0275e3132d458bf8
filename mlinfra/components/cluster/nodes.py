"""The nodes that a cluster itself needs: a few hardened ones for DNS, drivers and controllers, and the role of nodes."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.catalog.eks import system_instance_types
from mlinfra.catalog.instances import instance_type
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Statement, Text, trust
from mlinfra.components.problems import Invalid

# What nodes need of AWS ("Amazon EKS node IAM role" in the EKS user guide). Those of Auto Mode need less.
WORKER: Final = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
AUTO_WORKER: Final = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
# "Create an IAM role with minimal Session Manager permissions" in the Systems Manager user guide: AWS's own policy for it
# would let every node read every parameter.
SESSION: Final = (
    *("ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel"),
    *("ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"),
)
DISK: Final = "/dev/xvda"
DATA_DISK: Final = "/dev/xvdb"  # where Bottlerocket keeps images and containers
OS_DISK_GIB: Final = 4  # of Bottlerocket's own disk, which nothing is written to
LEAST_GIB: Final = 20
CRITICAL: Final = "CriticalAddonsOnly"


class NodeSystem(StrEnum):
    """The operating system of nodes."""

    AL2023 = "al2023"
    """Amazon Linux 2023."""
    BOTTLEROCKET = "bottlerocket"
    """Made for containers alone: read-only, without shell and package manager."""

    def ami_type(self, architecture: str) -> str:
        """What EKS calls its AMIs for x86_64 or arm64."""
        if self is NodeSystem.AL2023:
            return f"AL2023_{'ARM_64' if architecture == 'arm64' else architecture}_STANDARD"
        return f"BOTTLEROCKET_{'ARM_64' if architecture == 'arm64' else architecture}"


class SystemPool(Args):
    """The nodes for what every cluster runs: DNS, drivers, controllers. Their number changes by configuration alone."""

    instance_types: Sequence[str] = ()
    """The instance types, of one architecture; the first that is to be had is taken. Default: the catalogue's."""
    nodes: int = 2
    """How many, two at least, so that the loss of a zone takes neither DNS nor controllers away. Default: 2."""
    system: NodeSystem = NodeSystem.AL2023
    """al2023 or bottlerocket. Default: al2023."""
    disk_gib: int = 50
    """The disk of each node in GiB, 20 at least. Default: 50."""
    dedicated: bool = False
    """Whether only pods that tolerate CriticalAddonsOnly run here. The add-ons do; not every chart does. Default: no."""
    session_manager: bool = False
    """Whether people can be given a shell on nodes by AWS Systems Manager. Default: no; `kubectl debug` needs none."""

    @field_validator("instance_types")
    @classmethod
    def _known(cls, value: Sequence[str]) -> Sequence[str]:
        found = {name: instance_type(name) for name in value}
        unknown = [name for name, one in found.items() if one is None]
        if unknown:
            fix = "choose one that `mlinfra catalog instances` lists"
            raise Invalid(f"{unknown[0]!r} is not in the catalogue", fix=fix)
        if len({one.architectures for one in found.values() if one}) > 1:
            raise Invalid("they are of several architectures, and a node group has one AMI", fix="give those of one")
        if any(one.accelerator for one in found.values() if one):
            raise Invalid("accelerators are not for DNS and controllers", fix="make them a GpuNodePool")
        return value

    @field_validator("nodes")
    @classmethod
    def _two(cls, value: int) -> int:
        if value < 2:  # noqa: PLR2004 - what availability means
            raise Invalid("the loss of one node would take DNS away", fix="give 2 or more")
        return value

    @field_validator("disk_gib")
    @classmethod
    def _enough(cls, value: int) -> int:
        if value < LEAST_GIB:
            raise Invalid("too small for the images of the add-ons", fix=f"give {LEAST_GIB} or more")
        return value


def node_role(
    parent: Component[Any],
    name: str,
    *,
    account: Account,
    boundary_arn: Text,
    policies: Sequence[str],
    session_manager: bool,
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """The role of nodes: joining the cluster and pulling images. Returns it, and what it is complete with."""
    role = aws.iam.Role(
        name,
        description=f"{name}: nodes",
        assume_role_policy=trust("ec2.amazonaws.com").json(),
        permissions_boundary=boundary_arn,
        opts=parent.child(),
    )
    parts: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.lower()}",
            role=role.name,
            policy_arn=f"arn:{account.partition}:iam::aws:policy/{policy}",
            opts=parent.child(),
        )
        for policy in policies
    ]
    if session_manager:
        statement = Statement(sid="OpenSessions", actions=[*SESSION], resources=["*"])
        document = Document([statement]).json()
        parts.append(aws.iam.RolePolicy(f"{name}-sessions", role=role.name, policy=document, opts=parent.child()))
    return role, parts


def system_nodes(
    parent: Component[Any],
    name: str,
    *,
    pool: SystemPool,
    cluster: aws.eks.Cluster,
    role_arn: Text,
    subnet_ids: Any,
    security_group_ids: Sequence[pulumi.Input[str]],
    key_arn: Text,
    after: Sequence[pulumi.Resource],
) -> aws.eks.NodeGroup:
    """The system pool as a managed node group. Its version follows the cluster's, one rolling update after it.

    With no security groups EKS gives its nodes that of the cluster.
    """
    types = [*(pool.instance_types or system_instance_types())]
    found = instance_type(types[0])
    assert found
    template = aws.ec2.LaunchTemplate(
        name,
        description=f"{name}: nodes",
        update_default_version=True,
        block_device_mappings=_disks(pool, key_arn),
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
        vpc_security_group_ids=[*security_group_ids] or None,
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags={"Name": name})
            for kind in ("instance", "volume", "network-interface")
        ],
        opts=parent.child(),
    )
    return aws.eks.NodeGroup(
        name,
        cluster_name=cluster.name,
        node_role_arn=role_arn,
        subnet_ids=subnet_ids,
        version=cluster.version,
        ami_type=pool.system.ami_type(found.architectures[0]),
        instance_types=types,
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            min_size=pool.nodes, desired_size=pool.nodes, max_size=pool.nodes
        ),
        update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
        node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
        labels={"mlinfra/pool": "system"},
        taints=_taints(pool),
        opts=parent.child(depends_on=[*after]),
    )


def _disks(pool: SystemPool, key_arn: Text) -> list[aws.ec2.LaunchTemplateBlockDeviceMappingArgs]:
    disks = {DISK: pool.disk_gib}
    if pool.system is NodeSystem.BOTTLEROCKET:
        disks = {DISK: OS_DISK_GIB, DATA_DISK: pool.disk_gib}
    return [
        aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
            device_name=device,
            ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                volume_type="gp3", volume_size=size, encrypted="true", kms_key_id=key_arn, delete_on_termination="true"
            ),
        )
        for device, size in disks.items()
    ]


def _taints(pool: SystemPool) -> Optional[list[aws.eks.NodeGroupTaintArgs]]:
    taint = aws.eks.NodeGroupTaintArgs(key=CRITICAL, value="true", effect="NO_SCHEDULE")
    return [taint] if pool.dedicated else None
