"""Trust policies: who may assume a role, and what keeps others from doing it in their name. Pure but for ids and ARNs."""

import json
from collections.abc import Sequence
from typing import Final

import pulumi

from mlinfra.catalog.trusted_services import TrustedService
from mlinfra.components.account import Account
from mlinfra.components.documents import (
    Condition,
    Document,
    Operator,
    Principals,
    Statement,
    Text,
    arn_like,
    equals,
    trust,
)

STS: Final = "sts.amazonaws.com"
MFA_SECONDS: Final = 3600  # since somebody showed the second factor
_SAML_AUDIENCES: Final = {
    "aws": "https://signin.aws.amazon.com/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
}


def service_trust(service: TrustedService, account: Account) -> Document:
    """One AWS service, acting for this account where the service says for whom it acts."""
    if not service.source:
        return trust(service.principal)
    return trust(
        service.principal,
        equals("aws:SourceAccount", account.id),
        arn_like("aws:SourceArn", _filled(service.source, account)),
    )


def pod_trust(account: Account, cluster_arn: Text, namespace: str, service_account: str) -> Document:
    """One Kubernetes service account of one cluster, through EKS Pod Identity.

    EKS itself tags the session with where the pod runs, the cluster's ARN and with it the account among them (EKS user
    guide, "Grant Pods access to AWS resources based on tags"); it does not promise to send aws:SourceAccount.
    """
    conditions = [
        Condition(Operator.STRING_EQUALS_IF_EXISTS, "aws:SourceAccount", account.id),
        equals("aws:RequestTag/eks-cluster-arn", cluster_arn),
        equals("aws:RequestTag/kubernetes-namespace", namespace),
        equals("aws:RequestTag/kubernetes-service-account", service_account),
    ]
    actions = ["sts:AssumeRole", "sts:TagSession"]
    principals = Principals.services("pods.eks.amazonaws.com")
    return Document([Statement(sid="AssumeFromPod", actions=actions, principals=principals, conditions=conditions)])


def web_identity_trust(provider_arn: Text, subject: str) -> pulumi.Output[str]:
    """One subject of an OIDC provider, asking AWS STS and nobody else; as JSON, known as soon as the provider is.

    The claims are tested under the issuer's name, which is the last part of the provider's ARN.
    """

    def written(provider: str) -> str:
        issuer = provider.partition(":oidc-provider/")[2]
        statement = Statement(
            sid="AssumeWithToken",
            actions=["sts:AssumeRoleWithWebIdentity"],
            principals=Principals.federated(provider),
            conditions=[equals(f"{issuer}:aud", STS), equals(f"{issuer}:sub", subject)],
        )
        return json.dumps(Document([statement]).render())

    return pulumi.Output.from_input(provider_arn).apply(written)


def saml_trust(account: Account, provider_arn: Text) -> Document:
    """Whom the organisation's SAML provider gives the role; it is the provider that asks for a second factor."""
    audience = equals("SAML:aud", _SAML_AUDIENCES[account.partition])
    principals = Principals.federated(provider_arn)
    return Document(
        [
            Statement(
                sid="SignIn",
                actions=["sts:AssumeRoleWithSAML", "sts:TagSession"],
                principals=principals,
                conditions=[audience],
            )
        ]
    )


def permission_set_trust(account: Account, permission_set: str) -> Document:
    """Whoever signed in to this account with a permission set of IAM Identity Center, which asks for a second factor."""
    path = "role/aws-reserved/sso.amazonaws.com/*"
    arn = account.arn("iam", f"{path}AWSReservedSSO_{permission_set}_*", region="")
    return Document(
        [
            Statement(
                sid="SignIn",
                actions=["sts:AssumeRole"],
                principals=Principals.arns([account.root]),
                conditions=[arn_like("aws:PrincipalArn", arn)],
            )
        ]
    )


def mfa_trust(principal_arns: Sequence[Text]) -> Document:
    """Principals by ARN, when they showed a second factor within the last hour."""
    conditions = [
        Condition(Operator.BOOL, "aws:MultiFactorAuthPresent", "true"),
        Condition(Operator.NUMERIC_AT_MOST, "aws:MultiFactorAuthAge", str(MFA_SECONDS)),
    ]
    principals = Principals.arns(principal_arns)
    return Document(
        [Statement(sid="SignInWithMfa", actions=["sts:AssumeRole"], principals=principals, conditions=conditions)]
    )


def _filled(pattern: str, account: Account) -> pulumi.Output[str]:
    before, _, after = (
        pattern.replace("{partition}", account.partition).replace("{region}", account.region).partition("{account}")
    )
    return pulumi.Output.concat(before, account.id, after)
