"""Rules about what identity policies allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.escalations import escalations
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth
from mlinfra.policies.components import ROLE_ACCESS
from mlinfra.policies.escalation import administers, joined, ways
from mlinfra.policies.grants import IDENTITY, ROLE, Policy, every_identity_policy, no_statement, role_documents
from mlinfra.policies.statements import Known, Statement, all3, any3, not3

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

HOLDERS: Final = (*IDENTITY, ROLE)
READS: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
SECRET_READS: Final = (
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)
DECRYPTS: Final = ("kms:Decrypt", "kms:ReEncryptFrom", "kms:CreateGrant")
"""Source: docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-1"""
NAMES_KEYS: Final = ("kms:resourcealiases", "kms:requestalias", "aws:resourcetag/")


def _beyond(statement: Statement, *answers: Known) -> Known:
    """A question about a statement that allows less than everything: those that allow everything have a rule of their own."""
    return all3((statement.allows, *answers, not3(administers(statement))))


@rule(
    "iam-no-admin",
    title="No policy allows everything",
    severity=Severity.HIGH,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix="name the actions that are needed, and the resources that they are needed on",
)
def iam_no_admin(holder: Resource) -> Truth:
    """Whoever takes over one job with such a role has taken over the account, its backups and its logs."""
    return no_statement(holder, administers, "actions and resources by name")


@rule(
    "iam-no-service-wildcard",
    title="No policy allows everything in a service",
    severity=Severity.LOW,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Action": ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", …] instead of "sagemaker:*"',
)
def iam_no_service_wildcard(holder: Resource) -> Truth:
    """`s3:*` also deletes buckets and rewrites their policies, and grows with every feature that AWS adds."""

    def whole(one: Statement) -> Known:
        star = one.actions.any(lambda text: text.endswith(":*") and text != "*:*")
        return _beyond(one, star, one.everything())

    return no_statement(holder, whole, "actions by name, or resources by name")


@rule(
    "iam-no-not-action",
    title="No policy allows all actions but some",
    severity=Severity.MEDIUM,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Action" with what is needed; NotAction belongs into statements that deny',
)
def iam_no_not_action(holder: Resource) -> Truth:
    """Allow with NotAction grants every service that nobody thought of, and all those to come."""

    def all_but(one: Statement) -> Known:
        return _beyond(one, True if one.not_actions is not None else _unknown_statement(one), one.everything())

    return no_statement(holder, all_but, "Action instead of NotAction")


@rule(
    "iam-pass-role",
    title="Roles are passed by name, to one service",
    severity=Severity.HIGH,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='{"Action": "iam:PassRole", "Resource": role_arn, "Condition": {"StringEquals": {"iam:PassedToService": '
    '"sagemaker.amazonaws.com"}}}',
)
def iam_pass_role(holder: Resource) -> Truth:
    """Who may hand any role to a job that they write themselves has the rights of every role in the account."""

    def loose(one: Statement) -> Known:
        unscoped = any3((one.everything("iam"), not3(one.requires("iam:passedtoservice"))))
        return _beyond(one, one.covers("iam:PassRole"), unscoped)

    return no_statement(holder, loose, "a role by ARN and a condition on iam:PassedToService")


@rule(
    "iam-no-escalation",
    title="No policy lets its holder become more powerful",
    severity=Severity.HIGH,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix="take one of the actions away, or name the roles, users and policies that it may reach",
)
def iam_no_escalation(holder: Resource) -> Truth:
    """Some actions, alone or together, are as good as administration: write a policy, pass a role to code of one's own."""

    def closed(policy: Policy) -> Truth:
        return _closed(policy, ways(policy.document))

    return every_identity_policy(holder, closed)


@rule(
    "iam-no-joint-escalation",
    title="The policies of a role do not make it more powerful together",
    severity=Severity.HIGH,
    types=(ROLE,),
    arguments=ROLE_ACCESS,
    fix="take one of the actions away, or name the roles, users and policies that it may reach",
)
def iam_no_joint_escalation(role: Resource) -> Truth:
    """One policy passes roles, another runs code: each is harmless, and the role that has both is not."""
    policies = list(role_documents(role))
    if not policies:
        return NOT_APPLICABLE
    alone: set[str] = {name for one in policies for name, opens in ways(one.document).items() if opens}
    together = {
        name: opens for name, opens in ways(joined(one.document for one in policies)).items() if name not in alone
    }
    return _closed(policies[0], together)


@rule(
    "iam-data-scope",
    title="Policies name the buckets whose objects they open",
    severity=Severity.HIGH,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Resource": bucket.arn + "/*"',
)
def iam_data_scope(holder: Resource) -> Truth:
    """A notebook that may read every bucket leaks every dataset, those of other teams included."""
    return _scoped(holder, "s3", READS, "buckets by name")


@rule(
    "iam-secret-scope",
    title="Policies name the secrets that they open",
    severity=Severity.HIGH,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Resource": secret.arn',
)
def iam_secret_scope(holder: Resource) -> Truth:
    """One policy for all secrets makes every role that has it as powerful as all of them together."""
    return _scoped(holder, "*", SECRET_READS, "secrets and parameters by name")


@rule(
    "iam-decrypt-scope",
    title="Policies name the keys that they decrypt with",
    severity=Severity.MEDIUM,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Action": ["kms:Decrypt"], "Resource": key.arn',
)
def iam_decrypt_scope(holder: Resource) -> Truth:
    """Decrypting with every key undoes the separation that several keys are there for; a grant gives that to others."""

    def loose(one: Statement) -> Known:
        named = one.tests(lambda test: test.names() if test.key.startswith(NAMES_KEYS) else False)
        return _beyond(one, any3(map(one.covers, DECRYPTS)), one.everything("kms"), not3(named))

    return no_statement(holder, loose, "keys by ARN")


@rule(
    "iam-assume-scope",
    title="Policies name the roles that they assume",
    severity=Severity.MEDIUM,
    types=HOLDERS,
    arguments=ROLE_ACCESS,
    fix='"Action": "sts:AssumeRole", "Resource": role.arn',
)
def iam_assume_scope(holder: Resource) -> Truth:
    """Every role whose trust is a little too wide, in this account and in others, would be one call away."""
    return _scoped(holder, "iam", ("sts:AssumeRole",), "roles by ARN")


def _scoped(holder: Resource, service: str, actions: tuple[str, ...], wanted: str) -> Truth:
    def loose(one: Statement) -> Known:
        return _beyond(one, any3(map(one.covers, actions)), one.everything(service))

    return no_statement(holder, loose, wanted)


def _closed(policy: Policy, found: dict[str, Known]) -> Truth:
    sure = [name for name, opens in found.items() if opens]
    if not found:
        return policy.value.says(True, "no way to more power")
    ways_there = ", ".join(" + ".join(escalations()[name].actions) for name in (sure or list(found))[:3])
    return policy.value.says(False if sure else None, f"not {ways_there}")


def _unknown_statement(one: Statement) -> Known:
    return None if one.allows is None and one.denies is None and one.actions.more else False


RULES: Final = (
    *(iam_no_admin, iam_no_service_wildcard, iam_no_not_action, iam_pass_role, iam_no_escalation),
    *(iam_no_joint_escalation, iam_data_scope, iam_secret_scope, iam_decrypt_scope, iam_assume_scope),
)
