"""Rules about the node groups of EKS clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.eks import accelerated_ami_type, supported_ami_type
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.capacity import NODE_GROUP, gpu_nodes
from mlinfra.policies.references import holds_where_it_leads
from mlinfra.policies.subnets import private_subnets

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
DATA_POLICIES: Final = (
    r"arn:[\w-]+:iam::aws:policy/(.*/)?"
    r"(.*FullAccess|AdministratorAccess|PowerUserAccess|AmazonS3ReadOnlyAccess|SecretsManagerReadWrite"
    r"|AmazonDynamoDBReadOnlyAccess|AmazonRDSReadOnlyAccess|AmazonElasticFileSystemClientReadWriteAccess)"
)


@rule(
    "eks-node-remote-access",
    title="SSH to nodes is open to named security groups only",
    severity=Severity.HIGH,
    types=(NODE_GROUP,),
    fix='remote_access={"source_security_group_ids": [bastion.id], ...}, or no remote_access and Session Manager',
)
def eks_node_remote_access(nodes: Resource) -> Truth:
    """With a key and no source group EKS opens port 22 of every node to the world."""
    return only_if(nodes["remoteAccess.ec2SshKey"].present(), nodes["remoteAccess.sourceSecurityGroupIds"].present())


@rule(
    "eks-node-role-scope",
    title="The role of nodes gives no access to data",
    severity=Severity.HIGH,
    types=(NODE_GROUP,),
    fix="give the workload's own role the policy (eks.PodIdentityAssociation), and take it from the node's",
)
def eks_node_role_scope(nodes: Resource) -> Truth:
    """Any pod that reaches the metadata service has the node's role: what it may read, every tenant's job may read."""

    def narrow(role: Resource) -> Truth:
        return role.attached(ATTACHMENT, at="role").every(
            lambda one: ~one["policyArn"].matches(DATA_POLICIES, "a policy that opens data or everything")
        )

    return holds_where_it_leads(nodes["nodeRoleArn"], ("aws:iam/role:Role",), narrow)


@rule(
    "eks-private-nodes",
    title="Nodes stand in private subnets",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    arguments={"mlinfra:cluster:Cluster": "subnet_ids"},
    fix="subnet_ids=[subnet.id for subnet in private_subnets]",
)
def eks_private_nodes(nodes: Resource) -> Truth:
    """A node with a public address is one open port away from the internet."""
    return private_subnets(nodes["subnetIds"])


@rule(
    "eks-gpu-taint",
    title="Nodes with accelerators are tainted",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    fix='taints=[{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}]',
)
def eks_gpu_taint(nodes: Resource) -> Truth:
    """Pods that need no GPU fill such nodes, so that jobs wait and the most expensive capacity computes nothing."""
    return only_if(
        gpu_nodes(nodes), nodes["taints"].any(lambda taint: taint["effect"].is_("NO_SCHEDULE", "NO_EXECUTE"))
    )


@rule(
    "eks-gpu-ami-type",
    title="Nodes with accelerators run an accelerated AMI",
    severity=Severity.MEDIUM,
    types=(NODE_GROUP,),
    fix='ami_type="AL2023_x86_64_NVIDIA"',
)
def eks_gpu_ami_type(nodes: Resource) -> Truth:
    """On a standard AMI the nodes come up, are paid for, and offer no GPU."""
    image = nodes["amiType"].where(
        lambda raw: isinstance(raw, str) and accelerated_ami_type(raw), "an accelerated AMI type"
    )
    own = nodes["launchTemplate.id"].present() | nodes["launchTemplate.name"].present()
    return only_if(gpu_nodes(nodes), any_of((image, own & nodes["amiType"].is_("CUSTOM"))))


@rule(
    "eks-ami-supported",
    title="Nodes run an operating system that is still maintained",
    severity=Severity.HIGH,
    types=(NODE_GROUP,),
    fix='ami_type="AL2023_x86_64_STANDARD"',
)
def eks_ami_supported(nodes: Resource) -> Truth:
    """After the end of its AMIs a node group gets no security fixes; on Amazon Linux 2 also no Kubernetes after 1.32."""
    today = nodes.graph.today
    return nodes["amiType"].where(
        lambda raw: isinstance(raw, str) and supported_ami_type(raw, today), "an AMI type that EKS still publishes"
    )


@rule(
    "eks-node-repair",
    title="Broken nodes with accelerators are replaced",
    severity=Severity.LOW,
    types=(NODE_GROUP,),
    fix='node_repair_config={"enabled": True}',
)
def eks_node_repair(nodes: Resource) -> Truth:
    """GPUs fail while their node stays Ready; without repair jobs keep landing on it and keep failing."""
    return only_if(gpu_nodes(nodes), nodes["nodeRepairConfig.enabled"].is_true())


RULES: Final = (
    eks_node_remote_access,
    eks_node_role_scope,
    eks_private_nodes,
    eks_gpu_taint,
    eks_gpu_ami_type,
    eks_ami_supported,
    eks_node_repair,
)
