"""The control plane of a cluster: private, logged, with secrets under a key, and nobody its administrator unsaid."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from mlinfra.components.account import Account
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.component import Component
from mlinfra.components.documents import Document, Principals, Statement, arn_like, equals
from mlinfra.components.profiles import log_days

LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
POLICY: Final = "AmazonEKSClusterPolicy"
STANDARD, EXTENDED = "STANDARD", "EXTENDED"


def cluster_role(
    parent: Component[Any], name: str, *, args: ClusterArgs, policies: Sequence[str]
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """The role with which EKS acts for the cluster. Returns it, and what it is complete with.

    In Auto Mode EKS makes instance profiles with it, which the boundary of everyday roles denies: there its policies
    of AWS alone bound it.
    """
    role = aws.iam.Role(
        name,
        description=f"{name}: EKS acts for the cluster",
        assume_role_policy=_trust(args.account, tags=bool(args.auto_mode)).json(),
        permissions_boundary=None if args.auto_mode else args.boundary_arn,
        opts=parent.child(),
    )
    attached: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.lower()}",
            role=role.name,
            policy_arn=f"arn:{args.account.partition}:iam::aws:policy/{policy}",
            opts=parent.child(),
        )
        for policy in policies
    ]
    return role, attached


def control_plane(
    parent: Component[Any],
    name: str,
    *,
    args: ClusterArgs,
    cluster_name: str,
    role: aws.iam.Role,
    automatic: Mapping[str, Any],
    after: Sequence[pulumi.Resource],
) -> aws.eks.Cluster:
    """The cluster. Its log group is there before EKS would make one of its own, without key and retention."""
    group = aws.cloudwatch.LogGroup(
        f"{name}-logs",
        name=f"/aws/eks/{cluster_name}/cluster",
        kms_key_id=args.logs_key_arn,
        retention_in_days=log_days(args.profile, args.log_retention_days, "log_retention_days"),
        opts=parent.child(),
    )
    return aws.eks.Cluster(
        f"{name}-cluster",
        name=cluster_name,
        version=args.version,
        role_arn=role.arn,
        vpc_config=aws.eks.ClusterVpcConfigArgs(
            subnet_ids=args.control_subnet_ids,
            endpoint_private_access=True,
            endpoint_public_access=bool(args.expose_to_internet),
            public_access_cidrs=[*args.expose_to_internet] or None,
        ),
        access_config=aws.eks.ClusterAccessConfigArgs(
            authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
        ),
        bootstrap_self_managed_addons=False,
        enabled_cluster_log_types=[*LOG_TYPES],
        encryption_config=aws.eks.ClusterEncryptionConfigArgs(
            provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=args.key_arn), resources=["secrets"]
        ),
        upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type=EXTENDED if args.extended_support else STANDARD),
        deletion_protection=args.deletion_protection,
        **automatic,
        opts=parent.child(
            depends_on=[group, *after],
            protect=args.deletion_protection,
            replacement_trigger=args.vpc_id,  # EKS moves no cluster to another VPC,
            delete_before_replace=True,  # and its name is taken until it is gone
        ),
    )


def _trust(account: Account, *, tags: bool) -> Document:
    """EKS itself, for clusters of this account ("Cross-service confused deputy prevention" in the EKS user guide)."""
    statement = Statement(
        sid="AssumeFromService",
        actions=["sts:AssumeRole", *(["sts:TagSession"] if tags else [])],
        principals=Principals.services("eks.amazonaws.com"),
        conditions=[
            equals("aws:SourceAccount", account.id),
            arn_like("aws:SourceArn", account.arn("eks", "cluster/*")),
        ],
    )
    return Document([statement])
