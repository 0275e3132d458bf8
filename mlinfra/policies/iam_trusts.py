"""Rules about trust policies: who may become a role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.compliance.rule import Severity, rule
from mlinfra.policies.grants import ROLE, account_of, own_accounts, resource_policy, to_strangers
from mlinfra.policies.statements import Condition, Known, Statement, all3, any3, not3

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

TRUST: Final = "assumeRolePolicy"
SOURCE: Final = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
DELIVERING: Final = {"vpc-flow-logs.amazonaws.com", "cloudtrail.amazonaws.com"}
"""Services that deliver logs through a role, and say for whom.

Source: docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html and
docs.aws.amazon.com/awscloudtrail/latest/userguide/cross-service-confused-deputy-prevention.html
"""
_COGNITO: Final = "cognito-identity.amazonaws.com"


def _none(role: Resource, says: Callable[[Statement], Known], wanted: str) -> Truth:
    return resource_policy(role, TRUST, lambda one: one.none(lambda s: all3((s.allows, says(s))), wanted))


PODS: Final = "pods.eks.amazonaws.com"
POD_ORIGIN: Final = (
    *(f"aws:requesttag/{tag}" for tag in ("eks-cluster-arn", "eks-cluster-name", "kubernetes-namespace")),
    *("aws:sourceaccount", "aws:sourcearn"),
)
"""What tells where a pod runs: tags that EKS gives its sessions (EKS user guide, "Grant Pods access … based on tags")."""


@rule(
    "iam-trust-wildcard",
    title="No role trusts everybody",
    severity=Severity.CRITICAL,
    types=(ROLE,),
    fix='"Principal": {"Service": "sagemaker.amazonaws.com"}, or the ARN of a role',
    waivable=False,
)
def iam_trust_wildcard(role: Resource) -> Truth:
    """Anybody who has an AWS account could become the role."""
    return _none(role, lambda one: one.public(), "principals by name, or a condition that says who")


@rule(
    "iam-trust-account",
    title="Trust in the whole account has a condition",
    severity=Severity.MEDIUM,
    types=(ROLE,),
    fix='"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, or the ARNs of the roles that need it',
)
def iam_trust_account(role: Resource) -> Truth:
    """The account's root stands for everybody in it who has sts:AssumeRole: then the role is as safe as their policies."""
    own = own_accounts(role)

    def whole(one: Statement) -> Known:
        root = one.accounts().any(lambda text: _is_root(text) and (not own or account_of(text) in own))
        return all3((root, one.unconditional()))

    return _none(role, whole, "roles by ARN, or a condition")


@rule(
    "iam-trust-foreign",
    title="Other accounts must show whom they act for",
    severity=Severity.HIGH,
    types=(ROLE,),
    fix='"Condition": {"StringEquals": {"sts:ExternalId": …}} for a vendor, {"aws:PrincipalOrgID": …} for an own account',
)
def iam_trust_foreign(role: Resource) -> Truth:
    """A vendor that serves many customers can be made to use the role for another of them: the external id prevents it."""
    own = own_accounts(role)
    bound = ("sts:externalid", "aws:principalorgid", "aws:principalorgpaths")

    def loose(one: Statement) -> Known:
        return all3((to_strangers(one, own), not3(one.requires(*bound))))

    return _none(role, loose, "a condition on sts:ExternalId or aws:PrincipalOrgID")


@rule(
    "iam-confused-deputy",
    title="AWS services assume roles for this account alone",
    severity=Severity.MEDIUM,
    types=(ROLE,),
    fix='"Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": …}}',
)
def iam_confused_deputy(role: Resource) -> Truth:
    """Without the condition somebody else's job in the same service can be pointed at this role.

    Asked of services that say for whom they act when they assume a role.
    """
    telling = {service.principal for service in trusted_services().values() if service.source} | DELIVERING

    def open_to_service(one: Statement) -> Known:
        return all3((one.services().any(lambda name: name in telling), not3(one.requires(*SOURCE))))

    return _none(role, open_to_service, "a condition on aws:SourceAccount or aws:SourceArn")


@rule(
    "iam-pod-trust",
    title="Roles of pods are for one cluster, namespace or account",
    severity=Severity.LOW,
    types=(ROLE,),
    fix='"Condition": {"StringEquals": {"aws:RequestTag/eks-cluster-arn": cluster.arn, "aws:RequestTag/kubernetes-namespace": …}}',
)
def iam_pod_trust(role: Resource) -> Truth:
    """EKS Pod Identity tags each session with where the pod runs: without conditions an association of any cluster will do."""

    def open_to_pods(one: Statement) -> Known:
        return all3((one.services().any(lambda name: name == PODS), not3(one.requires(*POD_ORIGIN))))

    return _none(role, open_to_pods, "a condition on aws:RequestTag/eks-cluster-arn or the like")


@rule(
    "iam-oidc-subject",
    title="Web identities are trusted by subject and audience",
    severity=Severity.HIGH,
    types=(ROLE,),
    arguments={"mlinfra:roles_github:GitHubRole": "repository"},
    fix='"Condition": {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": "system:serviceaccount:ns:name"}}',
)
def iam_oidc_subject(role: Resource) -> Truth:
    """A provider vouches for all its users: without the subject every repository of GitHub, or every pod, is let in."""

    def loose(one: Statement) -> Known:
        web = any3(
            (one.covers("sts:AssumeRoleWithWebIdentity"), one.federated().any(lambda text: "oidc-provider/" in text))
        )
        federated = one.federated().any(lambda text: ":saml-provider/" not in text)
        subject = any3((one.tests(_names_subject), one.federated().any(lambda text: text == _COGNITO)))
        audience = one.tests(lambda test: test.names() if test.key.endswith(":aud") else False)
        return all3((web, federated, not3(all3((subject, audience)))))

    return _none(role, loose, "conditions on the token's :sub and :aud")


@rule(
    "iam-saml-audience",
    title="SAML assertions are trusted for signing in to AWS alone",
    severity=Severity.MEDIUM,
    types=(ROLE,),
    fix='"Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}',
)
def iam_saml_audience(role: Resource) -> Truth:
    """An assertion that was made for another application of the same provider must not open the account."""

    def loose(one: Statement) -> Known:
        saml = one.federated().any(lambda text: ":saml-provider/" in text)
        return all3((saml, one.covers("sts:AssumeRoleWithSAML"), not3(one.requires("saml:aud"))))

    return _none(role, loose, "a condition on SAML:aud")


def _is_root(principal: str) -> bool:
    return principal.isdigit() or principal.endswith(":root")


def _names_subject(condition: Condition) -> Known:
    """Whether it is about the token's subject, and each pattern names its owner: `repo:org/…`, `…:namespace:…`."""
    if not condition.key.endswith(":sub"):
        return False
    return all3((condition.names(), condition.values.every(_has_owner)))


def _has_owner(subject: str) -> bool:
    fixed = re.match(r"[^*?]*", subject)
    known = (fixed[0] if fixed else "").removeprefix("system:serviceaccount:").removeprefix("repo:")
    return known == subject or (known != "" and re.search(r"[^:/][:/]", known) is not None)


RULES: Final = (
    *(iam_trust_wildcard, iam_trust_account, iam_trust_foreign, iam_confused_deputy, iam_oidc_subject),
    *(iam_pod_trust, iam_saml_audience),
)
