"""Rules about how narrowly identity policies and trust are drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, only_if
from mlinfra.policies.components import ROLE_ACCESS
from mlinfra.policies.escalation import administers, joined
from mlinfra.policies.grants import IDENTITY, ROLE, Policy, no_statement, policy, resource_policy, role_documents
from mlinfra.policies.statements import Known, Statement, all3, any3, not3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.compliance.resource import Resource
    from mlinfra.policies.documents import Document

HOLDERS: Final = (*IDENTITY, ROLE)
_CHANGES: Final = re.compile(
    r"(?!(?:ecr:GetAuthorizationToken|logs:StopQuery|cloudwatch:PutMetricData|xray:Put.*)$)[\w-]+:(?:"
    r"(?:Add|Approve|Attach|Cancel|Complete|Create|Delete|Deploy|Detach|Disable|Enable|Initiate|Invoke|Modify|Publish|Put|"
    r"Reboot|Register|Remove|Replace|Run|Send|Set|Start|Stop|Suspend|Terminate|Update|Upload)\w*\*?)",
    re.IGNORECASE,
)
_SHOWS: Final = re.compile(
    r"logs:(?:GetLogEvents|FilterLogEvents)|glue:Get(?:Table|Partition|Database)s?|athena:Get\w+|s3:List(?:Bucket|\*)|"
    r"ecr:(?:BatchGetImage|GetDownloadUrlForLayer)|eks:AccessKubernetesApi|lambda:GetFunction",
    re.IGNORECASE,
)
WHOSE: Final = ("aws:resourceaccount", "aws:resourceorgid", "aws:multifactorauthpresent", "aws:requestedregion")
"""Condition keys that leave every resource of the account."""
BOUND: Final[Mapping[str, tuple[str, ...]]] = {
    "s3:GetObject": ("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"),
    "s3:PutObject": ("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"),
    "s3:DeleteObject": ("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"),
    "s3:ListBucket": ("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"),
    "kms:Decrypt": ("kms:viaservice", "kms:encryptioncontext:"),
    "kms:CreateGrant": ("kms:viaservice", "kms:grant", "kms:encryptioncontext:"),
    "kms:GenerateDataKey": ("kms:viaservice", "kms:encryptioncontext:"),
    "cloudwatch:PutMetricData": ("cloudwatch:namespace",),
    "ec2:CreateNetworkInterface": ("ec2:subnet", "ec2:vpc"),
    "elasticfilesystem:ClientMount": ("elasticfilesystem:accesspointarn", "elasticfilesystem:accessedviamounttarget"),
}
"""Actions whose resource alone says too little, and what the condition keys that bind them begin with."""
GUARDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sagemaker:CreateTrainingJob": ("sagemaker:vpcsubnets", "sagemaker:volumekmskey"),
    "sagemaker:CreateProcessingJob": ("sagemaker:vpcsubnets", "sagemaker:volumekmskey"),
    "sagemaker:CreateModel": ("sagemaker:vpcsubnets",),
    "sagemaker:CreateEndpointConfig": ("sagemaker:volumekmskey",),
}
"""What each of SageMaker's actions must be held to, by condition key."""
OPERATIONS: Final = (
    "ec2:RebootInstances",
    "ec2:TerminateInstances",
    "ssm:StartSession",
    "autoscaling:SetDesiredCapacity",
)
WIDE_READERS: Final = r"(?:arn:[^:]*:iam::aws:policy/(?:[\w-]+/)*)?(?:ReadOnlyAccess|SecurityAudit|ViewOnlyAccess)"
KEPT_FROM: Final = ("secretsmanager:GetSecretValue", "dynamodb:GetItem", "ssm:StartSession")


@rule(
    "iam-resources-named",
    title="Policies name what they change, and what they show",
    severity=Severity.LOW,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Resource": f"arn:aws:sagemaker:{region}:{account}:training-job/team-*"',
    profiles=STRICT,
)
def iam_resources_named(holder: Resource) -> Truth:
    """`*` is every resource of the account in every region, and those that other accounts share with it."""

    def wide(one: Statement) -> Known:
        everything = one.resources.any(lambda text: text == "*")
        acts = one.actions.any(lambda text: bool(_CHANGES.fullmatch(text) or _SHOWS.fullmatch(text)))
        narrowed = one.tests(lambda test: False if test.key in WHOSE else test.names())
        return all3((one.allows, everything, acts, not3(administers(one)), not3(narrowed)))

    return no_statement(holder, wide, "resources by name, or a condition that narrows them")


@rule(
    "iam-bound-conditions",
    title="Policies bind buckets to accounts, keys to services, file systems to access points",
    severity=Severity.LOW,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Condition": {"StringEquals": {"aws:ResourceAccount": account}} for buckets, kms:ViaService for keys, '
    "cloudwatch:namespace for metrics, ec2:SubnetID for network interfaces, elasticfilesystem:AccessPointArn for file systems",
    profiles=STRICT,
)
def iam_bound_conditions(holder: Resource) -> Truth:
    """The name of a deleted bucket is anybody's to take, with all that is written to it; a key opens more than one thing."""

    def loose(one: Statement) -> Known:
        def unbound(action: str, keys: tuple[str, ...]) -> Known:
            return all3((one.covers(action), not3(one.tests(lambda test: test.key.startswith(keys)))))

        return all3((one.allows, not3(administers(one)), any3(unbound(action, keys) for action, keys in BOUND.items())))

    return no_statement(holder, loose, "a condition that binds it")


@rule(
    "iam-sagemaker-guards",
    title="Whoever starts jobs and models is held to a network and a key",
    severity=Severity.LOW,
    types=(ROLE,),
    fix='{"Effect": "Deny", "Action": ["sagemaker:CreateTrainingJob", …], "Resource": "*", "Condition": {"Null": '
    '{"sagemaker:VpcSubnets": "true"}}}, and the like for sagemaker:VolumeKmsKey',
    profiles=STRICT,
)
def iam_sagemaker_guards(role: Resource) -> Truth:
    """A job outside the network, or on disks under no key, is one argument left out; the policy can refuse it.

    Who proposes models and does not approve them must not approve them by proposing them as approved.
    """
    policies = list(role_documents(role))
    if not policies:
        return NOT_APPLICABLE
    together = joined(one.document for one in policies)

    def held(action: str, key: str) -> Truth:
        def closes(one: Statement) -> Known:
            return all3((one.denies, one.covers(action), one.tests(lambda test: test.key == key)))

        return policies[0].value.says(together.any(closes), f"{action} denied without {key}")

    jobs = [
        only_if(policies[0].value.says(_allows(together, action), action), all_of(held(action, key) for key in keys))
        for action, keys in GUARDS.items()
    ]
    proposes = all3(
        (_allows(together, "sagemaker:CreateModelPackage"), not3(_allows(together, "sagemaker:UpdateModelPackage")))
    )
    approval = held("sagemaker:CreateModelPackage", "sagemaker:modelapprovalstatus")
    return all_of((*jobs, only_if(policies[0].value.says(proposes, "proposes models"), approval)))


@rule(
    "iam-wide-readers",
    title="Whoever reads the whole account is kept from secrets, data and shells",
    severity=Severity.LOW,
    types=(ROLE,),
    fix='{"Effect": "Deny", "Action": ["secretsmanager:GetSecretValue", "dynamodb:GetItem", "ssm:StartSession", …], '
    '"Resource": "*"} beside the policy of AWS',
    profiles=STRICT,
)
def iam_wide_readers(role: Resource) -> Truth:
    """ReadOnlyAccess and its like grow with every service; an auditor needs settings, not what is inside."""
    attached = role.attached("aws:iam/rolePolicyAttachment:RolePolicyAttachment", at="role")
    wide = attached.any(lambda one: one["policyArn"].matches(WIDE_READERS)) | role["managedPolicyArns"].any(
        lambda one: one.matches(WIDE_READERS)
    )
    together = joined(one.document for one in role_documents(role))

    def kept(action: str) -> Truth:
        return role.says(together.takes_away(action), f"{action} denied")

    def denies(one: Statement, action: str) -> Known:
        return all3((one.denies, one.covers(action)))

    def partly(action: str) -> Truth:
        return role.says(together.any(lambda one: denies(one, action)), f"{action} denied beyond what is named")

    return only_if(wide, all_of((*map(kept, KEPT_FROM), partly("s3:GetObject"), partly("kms:Decrypt"))))


@rule(
    "iam-operators-no-data",
    title="People who operate machines are kept from the data on them",
    severity=Severity.LOW,
    types=(ROLE,),
    fix='{"Effect": "Deny", "Action": ["s3:GetObject*", "kms:Decrypt", …], "Resource": "*"} among the policies of the role',
    profiles=STRICT,
)
def iam_operators_no_data(role: Resource) -> Truth:
    """Who may restart every node needs to read no dataset; with both, one stolen session is enough."""
    together = joined(one.document for one in role_documents(role))
    operates = any3(_allows(together, action) for action in OPERATIONS)
    denied = all3(map(together.takes_away, ("s3:GetObject", "kms:Decrypt")))
    asked = is_for_people(role) & role.says(operates, "operates machines")
    return only_if(asked, role.says(denied, "s3:GetObject and kms:Decrypt denied"))


@rule(
    "iam-trust-actions",
    title="Trust names how a role is assumed",
    severity=Severity.LOW,
    types=(ROLE,),
    fix='"Action": "sts:AssumeRole"',
)
def iam_trust_actions(role: Resource) -> Truth:
    """With a wildcard whoever is trusted also sets session tags and source identities: what other policies decide by."""

    def says(held: Policy) -> Truth:
        def wild(one: Statement) -> Known:
            return all3((one.allows, any3((one.actions.any(lambda text: "*" in text), one.not_actions is not None))))

        return held.none(wild, "actions of sts by name")

    return resource_policy(role, "assumeRolePolicy", says)


def is_for_people(role: Resource) -> Truth:
    """Whether people assume a role: from an account, or by signing in."""

    def people(one: Statement) -> Known:
        return all3((one.allows, any3((one.accounts().any(bool), one.federated().any(lambda x: ":saml-" in x)))))

    return policy(role["assumeRolePolicy"]).some(people, "people")


def _allows(document: Document, action: str) -> Known:
    return document.allows(action, lambda one: not3(administers(one)))


RULES: Final = (
    *(iam_resources_named, iam_bound_conditions, iam_sagemaker_guards, iam_wide_readers, iam_operators_no_data),
    iam_trust_actions,
)
