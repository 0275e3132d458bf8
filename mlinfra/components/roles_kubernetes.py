"""Roles of pods: through EKS Pod Identity, and through the cluster's OIDC provider (IRSA) where that cannot be."""

import re
from typing import Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components import references
from mlinfra.components.access import Access
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.roles import named, workload_role
from mlinfra.components.trusts import pod_trust, web_identity_trust

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1123, as Kubernetes names namespaces
_namespace = named(re.compile(_LABEL).fullmatch, "the name of a namespace", "training")
_service_account = named(
    re.compile(rf"{_LABEL}(\.{_LABEL})*").fullmatch, "the name of a Kubernetes service account", "trainer"
)


class PodRoleArgs(Args):
    """Arguments of `PodRole`."""

    account: Account
    """The account and region that the role works in."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    cluster_arn: pulumi.Input[str]
    """The ARN of the EKS cluster, which runs the add-on eks-pod-identity-agent."""
    namespace: str
    """The Kubernetes namespace of the pods."""
    service_account: str
    """The Kubernetes service account of the pods."""
    access: Access = Access()
    """What the role may reach. Default: nothing."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _cluster = field_validator("cluster_arn")(references.cluster_arn)
    _namespace = field_validator("namespace")(_namespace)
    _service_account = field_validator("service_account")(_service_account)


class PodRole(Component[PodRoleArgs]):
    """The role of the pods of one Kubernetes service account, through EKS Pod Identity.

    EKS assumes it for that cluster, namespace and service account alone, and the association with the cluster comes
    with it.

        trainer = ml.PodRole("trainer", ml.PodRoleArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            cluster_arn="arn:aws:eks:eu-central-1:123456789012:cluster/platform",
            namespace="training",
            service_account="trainer",
            access=ml.Access(metrics_in=["Platform/Training"])))
    """

    role_arn: pulumi.Output[str]
    """The role's ARN, known once its policy is in place."""
    role_name: pulumi.Output[str]
    """The role's name."""
    association_id: pulumi.Output[str]
    """The id of its association with the cluster."""

    _args_type = PodRoleArgs

    def __init__(self, name: str, args: PodRoleArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        self.role_arn, self.role_name = workload_role(
            self,
            f"{name}-role",
            description=f"{name}: pods of {args.namespace}/{args.service_account}",
            trust=pod_trust(args.account, args.cluster_arn, args.namespace, args.service_account).json(),
            account=args.account,
            access=args.access,
            boundary_arn=args.boundary_arn,
        )
        association = aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=pulumi.Output.from_input(args.cluster_arn).apply(lambda arn: arn.rpartition("/")[2]),
            namespace=args.namespace,
            service_account=args.service_account,
            role_arn=self.role_arn,
            opts=self.child(),
        )
        self.association_id = association.association_id
        self.finish()


class ServiceAccountRoleArgs(Args):
    """Arguments of `ServiceAccountRole`."""

    account: Account
    """The account and region that the role works in."""
    boundary_arn: pulumi.Input[str]
    """The ARN of the permissions boundary, a `PermissionsBoundary`'s."""
    provider_arn: pulumi.Input[str]
    """The ARN of the cluster's OIDC provider."""
    namespace: str
    """The Kubernetes namespace of the pods."""
    service_account: str
    """The Kubernetes service account of the pods."""
    access: Access = Access()
    """What the role may reach. Default: nothing."""

    _boundary = field_validator("boundary_arn")(references.policy_arn)
    _provider = field_validator("provider_arn")(references.oidc_provider_arn)
    _namespace = field_validator("namespace")(_namespace)
    _service_account = field_validator("service_account")(_service_account)


class ServiceAccountRole(Component[ServiceAccountRoleArgs]):
    """The role of the pods of one Kubernetes service account, through the cluster's OIDC provider (IRSA).

    For pods on Fargate and for add-ons that do not take EKS Pod Identity; everything else uses `PodRole`. The token must
    name exactly this service account, and AWS STS as whom it is for.

        operator = ml.ServiceAccountRole("operator", ml.ServiceAccountRoleArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            provider_arn="arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE",
            namespace="kube-system",
            service_account="training-operator"))
    """

    role_arn: pulumi.Output[str]
    """The role's ARN, known once its policy is in place: the service account's annotation eks.amazonaws.com/role-arn."""
    role_name: pulumi.Output[str]
    """The role's name."""

    _args_type = ServiceAccountRoleArgs

    def __init__(self, name: str, args: ServiceAccountRoleArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        subject = f"system:serviceaccount:{args.namespace}:{args.service_account}"
        self.role_arn, self.role_name = workload_role(
            self,
            f"{name}-role",
            description=f"{name}: pods of {args.namespace}/{args.service_account}",
            trust=web_identity_trust(args.provider_arn, subject),
            account=args.account,
            access=args.access,
            boundary_arn=args.boundary_arn,
        )
        self.finish()
