"""Installs add-ons: each as the version that the catalogue pins, its service accounts with roles of their own."""

from collections.abc import Sequence
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from mlinfra.catalog import charts
from mlinfra.components.cluster.addons import NAMESPACE, AddOn, Rights
from mlinfra.components.cluster.args import ClusterArgs
from mlinfra.components.component import Component
from mlinfra.components.roles import workload_role
from mlinfra.components.trusts import pod_trust


def install(
    parent: Component[Any],
    name: str,
    add_on: AddOn,
    *,
    cluster: aws.eks.Cluster,
    args: ClusterArgs,
    values: Optional[pulumi.Input[str]],
    after: Sequence[pulumi.Resource],
    hooks: Optional[pulumi.ResourceHookBinding] = None,
) -> aws.eks.Addon:
    """The add-on, after what must be there before it and with the rights that its pods have from their start."""
    pinned = charts.addon(add_on.name, kubernetes=args.version)
    rights = [
        _association(parent, f"{name}-{one.service_account}", one, pinned.policies, cluster, args)
        for one in add_on.rights
    ]
    return aws.eks.Addon(
        f"{name}-{add_on.name}",
        cluster_name=cluster.name,
        addon_name=add_on.name,
        addon_version=pinned.version,
        configuration_values=values,
        resolve_conflicts_on_create="OVERWRITE",  # there is nothing yet that could be somebody's own
        resolve_conflicts_on_update="PRESERVE",
        opts=parent.child(depends_on=[*after, *rights], hooks=hooks),
    )


def _association(
    parent: Component[Any],
    name: str,
    rights: Rights,
    policies: Sequence[str],
    cluster: aws.eks.Cluster,
    args: ClusterArgs,
) -> aws.eks.PodIdentityAssociation:
    role_arn, role_name = workload_role(
        parent,
        f"{name}-role",
        description=f"{name}: pods of {NAMESPACE}/{rights.service_account}",
        trust=pod_trust(args.account, cluster.arn, NAMESPACE, rights.service_account).json(),
        account=args.account,
        access=rights.access,
        boundary_arn=args.boundary_arn,
    )
    attached = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.rpartition('/')[2].lower()}",
            role=role_name,
            policy_arn=f"arn:{args.account.partition}:iam::aws:policy/{policy}",
            opts=parent.child(),
        )
        for policy in (policies if rights.managed else ())
    ]
    return aws.eks.PodIdentityAssociation(
        name,
        cluster_name=cluster.name,
        namespace=NAMESPACE,
        service_account=rights.service_account,
        role_arn=role_arn,
        opts=parent.child(depends_on=attached),
    )
