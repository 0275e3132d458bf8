"""Rules about the control planes of EKS clusters, and who may enter them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.components import KEPT
from mlinfra.policies.references import names_a_key

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

CLUSTER: Final = "aws:eks/cluster:Cluster"
ADDON: Final = "aws:eks/addon:Addon"
ROLE: Final = "aws:iam/role:Role"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


@rule(
    "eks-private-endpoint",
    title="The API endpoint of a cluster is private",
    severity=Severity.HIGH,
    types=(CLUSTER,),
    arguments={"mlinfra:cluster:Cluster": "expose_to_internet"},
    fix='vpc_config={"endpoint_public_access": False, "endpoint_private_access": True, ...}',
)
def eks_private_endpoint(cluster: Resource) -> Truth:
    """A public endpoint lets the whole internet try credentials and unpatched flaws on the API that runs every workload."""
    return cluster["vpcConfig.endpointPublicAccess"].is_false()


@rule(
    "eks-public-cidr",
    title="A public API endpoint admits named networks only",
    severity=Severity.CRITICAL,
    types=(CLUSTER,),
    arguments={"mlinfra:cluster:Cluster": "expose_to_internet"},
    fix='vpc_config={"public_access_cidrs": ["203.0.113.0/24"], ...}',
)
def eks_public_cidr(cluster: Resource) -> Truth:
    """Where an endpoint must be public, the list of networks is all that stands between it and everybody."""
    cidrs = cluster["vpcConfig.publicAccessCidrs"]
    return only_if(
        cluster["vpcConfig.endpointPublicAccess"].is_true(), cidrs.every(lambda cidr: ~cidr.is_(*EVERYWHERE))
    )


@rule(
    "eks-log-group",
    title="The log group of a cluster is declared, with its key and retention",
    severity=Severity.LOW,
    types=(CLUSTER,),
    fix='aws.cloudwatch.LogGroup(name, name=f"/aws/eks/{cluster_name}/cluster", kms_key_id=key.arn, retention_in_days=365), '
    "which the cluster depends on",
    profiles=STRICT,
)
def eks_log_group(cluster: Resource) -> Truth:
    """Where there is none EKS makes one itself: without a key of one's own, kept for ever, and left behind."""
    given = cluster.node.get("name")
    name = cluster.node.output("name") if given is None else given
    groups = cluster.graph.of(LOG_GROUP)
    if not isinstance(name, str):
        return only_if(cluster["enabledClusterLogTypes"].present(), cluster.says(None, "the name of the cluster"))
    own = groups.any(lambda one: one["name"].is_(f"/aws/eks/{name}/cluster")).wanted(f"a group /aws/eks/{name}/cluster")
    return only_if(cluster["enabledClusterLogTypes"].present(), own)


@rule(
    "eks-secrets-kms",
    title="Kubernetes secrets are encrypted with a key of the organisation's own",
    severity=Severity.HIGH,
    types=(CLUSTER,),
    fix='encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]}',
)
def eks_secrets_kms(cluster: Resource) -> Truth:
    """Secrets hold tokens of registries, trackers and databases; with a key of one's own their use is on record and can end."""
    return cluster["encryptionConfig.resources"].contains("secrets") & names_a_key(
        cluster["encryptionConfig.provider.keyArn"]
    )


@rule(
    "eks-logs",
    title="The control plane writes all its logs",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix=f"enabled_cluster_log_types={list(LOGS)!r}",
)
def eks_logs(cluster: Resource) -> Truth:
    """Without the audit and authenticator logs nobody can tell who started, read or deleted what in the cluster."""
    return cluster["enabledClusterLogTypes"].contains(*LOGS)


@rule(
    "eks-auth-api",
    title="Access to a cluster is granted by access entries",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix='access_config={"authentication_mode": "API"}',
)
def eks_auth_api(cluster: Resource) -> Truth:
    """The aws-auth ConfigMap can be changed from inside the cluster, is not in CloudTrail, and one bad edit locks all out."""
    return cluster["accessConfig.authenticationMode"].is_("API")


@rule(
    "eks-no-creator-admin",
    title="Whoever creates a cluster is not its administrator for ever",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix='access_config={"bootstrap_cluster_creator_admin_permissions": False, ...} and an eks.AccessEntry for administrators',
)
def eks_no_creator_admin(cluster: Resource) -> Truth:
    """The pipeline's role would keep cluster-admin that no access entry in the program shows."""
    return cluster["accessConfig.bootstrapClusterCreatorAdminPermissions"].is_false()


@rule(
    "eks-access-entry-admin",
    title="Cluster administrators are roles that people assume",
    severity=Severity.HIGH,
    types=("aws:eks/accessPolicyAssociation:AccessPolicyAssociation",),
    arguments={"mlinfra:cluster:Cluster": "administrators"},
    fix='principal_arn=admin_role.arn, or access_scope={"type": "namespace", "namespaces": ["team-a"]}',
)
def eks_access_entry_admin(association: Resource) -> Truth:
    """An IAM user has keys that do not expire, and a role of a service makes every workload that has it an administrator."""
    admin = association["policyArn"].matches(r".*/AmazonEKS(ClusterAdmin|Admin)Policy", "an administrator's policy")
    everywhere = association["accessScope.type"].is_("cluster")
    principal = association["principalArn"]
    machines = [
        role["assumeRolePolicy"].where(lambda raw: '"Service"' not in str(raw), "a trust policy for people")
        for role in principal.resources(ROLE)
    ]
    return only_if(admin & everywhere, all_of([~principal.matches(r".*:(user/.*|root)", "a user"), *machines]))


@rule(
    "eks-deletion-protection",
    title="Clusters are protected against deletion",
    severity=Severity.LOW,
    types=(CLUSTER,),
    profiles=STRICT,
    arguments=KEPT,
    fix="deletion_protection=True",
)
def eks_deletion_protection(cluster: Resource) -> Truth:
    """One call deletes a cluster with every job and endpoint on it."""
    return cluster["deletionProtection"].is_true()


@rule(
    "eks-network-policy",
    title="Something in the cluster enforces network policies",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix='aws.eks.Addon("vpc-cni", cluster_name=cluster.name, addon_name="vpc-cni", '
    'configuration_values=\'{"enableNetworkPolicy": "true"}\')',
)
def eks_network_policy(cluster: Resource) -> Truth:
    """The VPC CNI accepts network policies and does nothing about them until it is told to."""
    addon = cluster.attached(ADDON, at="clusterName").any(
        lambda one: (
            one["addonName"].is_("vpc-cni") & one["configurationValues"].json().key("enableNetworkPolicy").is_true()
        )
    )
    charts = cluster.graph.of("kubernetes:helm.sh/*:Release").any(
        lambda release: release["chart"].matches(r"(.*/)?(cilium|calico|tigera-operator)", "a chart of a policy engine")
    )
    setting = cluster.graph.of("kubernetes:core/*:ConfigMap").any(
        lambda one: (
            one["metadata.name"].is_("amazon-vpc-cni") & one["data"].key("enable-network-policy-controller").is_true()
        )
    )
    return addon | charts | (cluster["computeConfig.enabled"].is_true() & setting)


@rule(
    "eks-pod-identity",
    title="Pods can have an identity of their own",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix='aws.eks.Addon("pod-identity", cluster_name=cluster.name, addon_name="eks-pod-identity-agent")',
)
def eks_pod_identity(cluster: Resource) -> Truth:
    """Without Pod Identity or an OIDC provider every pod of a node shares the node's role, and so each other's data."""
    agent = cluster.attached(ADDON, at="clusterName").any(lambda one: one["addonName"].is_("eks-pod-identity-agent"))
    associations = cluster.attached("aws:eks/podIdentityAssociation:PodIdentityAssociation", at="clusterName")
    oidc = cluster.attached("aws:iam/openIdConnectProvider:OpenIdConnectProvider", at="url")
    return agent | associations.exist() | oidc.exist() | cluster["computeConfig.enabled"].is_true()


@rule(
    "eks-guardduty",
    title="GuardDuty watches the audit log of clusters",
    severity=Severity.MEDIUM,
    types=("aws:guardduty/detector:Detector",),
    fix='aws.guardduty.DetectorFeature("eks", detector_id=detector.id, name="EKS_AUDIT_LOGS", status="ENABLED")',
)
def eks_guardduty(detector: Resource) -> Truth:
    """Anonymous calls, stolen service accounts and crypto miners on GPU nodes show in the audit log first."""
    feature = detector.attached("aws:guardduty/detectorFeature:DetectorFeature", at="detectorId").any(
        lambda one: one["name"].is_("EKS_AUDIT_LOGS") & one["status"].is_("ENABLED")
    )
    return only_if(
        detector.graph.of(CLUSTER).exist(),
        feature | detector["datasources.kubernetes.auditLogs.enable"].is_true(),
    )


@rule(
    "eks-addons-pinned",
    title="Add-ons have a version and keep what was changed in them",
    severity=Severity.LOW,
    types=(ADDON,),
    fix='addon_version="v1.20.4-eksbuild.1", resolve_conflicts_on_update="PRESERVE"',
)
def eks_addons_pinned(addon: Resource) -> Truth:
    """Without a version two deployments of one program differ; OVERWRITE undoes hardening of the add-on without a word."""
    return addon["addonVersion"].present() & ~addon["resolveConflictsOnUpdate"].is_("OVERWRITE")


@rule(
    "eks-no-aws-auth",
    title="No program writes the aws-auth ConfigMap",
    severity=Severity.MEDIUM,
    types=("kubernetes:core/*:ConfigMap",),
    fix="aws.eks.AccessEntry(name, cluster_name=cluster.name, principal_arn=role.arn) in its place",
)
def eks_no_aws_auth(config: Resource) -> Truth:
    """Replacing it takes the nodes' own entry away and locks everybody out; access entries cannot."""
    return ~(config["metadata.name"].is_("aws-auth") & config["metadata.namespace"].is_("kube-system"))


RULES: Final = (
    eks_private_endpoint,
    eks_public_cidr,
    eks_secrets_kms,
    eks_log_group,
    eks_logs,
    eks_auth_api,
    eks_no_creator_admin,
    eks_access_entry_admin,
    eks_deletion_protection,
    eks_network_policy,
    eks_pod_identity,
    eks_guardduty,
    eks_addons_pinned,
    eks_no_aws_auth,
)
