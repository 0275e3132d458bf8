"""Key policies: who administers a key, who uses it and through which services. Pure but for the account's id."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from mlinfra.components.account import Account
from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Operator,
    Principals,
    Statement,
    Text,
    arn_like,
    equals,
)


class KeyPurpose(StrEnum):
    """What a key protects. Keys are never shared between purposes."""

    DATA = "data"
    """Datasets, features, file systems and volumes."""
    ARTIFACTS = "artifacts"
    """Models, checkpoints and container images."""
    LOGS = "logs"
    """Audit trails, flow logs and every other log."""
    SECRETS = "secrets"
    """Secrets and parameters."""
    CLUSTER = "cluster"
    """Kubernetes secrets and node volumes."""


# The services through which a key may be used (kms:ViaService; AWS KMS developer guide, 2026-11-22).
SERVICES: Final[Mapping[KeyPurpose, tuple[str, ...]]] = {
    KeyPurpose.DATA: ("s3", "ec2", "elasticfilesystem", "fsx", "dynamodb", "sagemaker"),
    KeyPurpose.ARTIFACTS: ("s3", "ecr", "sagemaker"),
    KeyPurpose.LOGS: ("s3", "logs", "sns", "sqs"),
    KeyPurpose.SECRETS: ("secretsmanager", "ssm"),
    KeyPurpose.CLUSTER: ("eks", "ec2"),
}

LAUNCHERS: Final[Mapping[str, str]] = {
    "autoscaling": "AWSServiceRoleForAutoScaling",
    "ec2fleet": "AWSServiceRoleForEC2Fleet",
    "spot": "AWSServiceRoleForEC2Spot",
}

USE: Final = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
READ: Final = ("kms:Describe*", "kms:Get*", "kms:List*")
ADMINISTER: Final = (
    *READ,
    *(
        "kms:Enable*",
        "kms:Disable*",
        "kms:Put*",
        "kms:Update*",
        "kms:CreateAlias",
        "kms:DeleteAlias",
        "kms:RevokeGrant",
    ),
    *("kms:TagResource", "kms:UntagResource", "kms:RotateKeyOnDemand"),
    *("kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
)


def key_policy(
    purpose: KeyPurpose, account: Account, administrators: Sequence[Text] = (), users: Sequence[Text] = ()
) -> Document:
    """The key policy of a purpose.

    Administrators cannot use the key for cryptography by this policy, users cannot administer it. Where nobody is
    named, the account's IAM policies decide. The account can always repair the policy, so that losing an
    administrator role never locks anybody out.
    """
    statements = [
        Statement(
            sid="Administer",
            principals=Principals.arns([*administrators] or [account.root]),
            actions=ADMINISTER,
            resources=["*"],
        ),
        *_use(purpose, account, users),
    ]
    if administrators:
        actions = [*READ, "kms:PutKeyPolicy"]
        repair = Statement(sid="Repair", principals=Principals.arns([account.root]), actions=actions, resources=["*"])
        statements.insert(0, repair)
    if purpose is KeyPurpose.LOGS:
        statements += _log_services(account)
    if purpose is KeyPurpose.CLUSTER:
        statements += _launchers(account)
    return Document(statements)


def _use(purpose: KeyPurpose, account: Account, users: Sequence[Text]) -> list[Statement]:
    principals = Principals.arns([*users] or [account.root])
    services = [f"{service}.{account.region}.amazonaws.com" for service in SERVICES[purpose]]
    through = [equals("kms:CallerAccount", account.id), equals("kms:ViaService", services)]
    for_aws = Condition(Operator.BOOL, "kms:GrantIsForAWSResource", "true")
    return [
        Statement(sid="Use", principals=principals, actions=USE, resources=["*"], conditions=through),
        Statement(
            sid="GrantToServices",
            principals=principals,
            actions=["kms:CreateGrant"],
            resources=["*"],
            conditions=[equals("kms:CallerAccount", account.id), for_aws],
        ),
    ]


def _launchers(account: Account) -> list[Statement]:
    """The roles with which EC2 launches nodes itself: their own policies say nothing of keys.

    They are named in a condition, since a key policy that names a role which is not there yet is refused, and AWS makes
    these on first use. Amazon EC2 Auto Scaling user guide, "Required AWS KMS key policy"; EC2 user guide, "EC2 Fleet".
    """
    roles = [
        account.arn("iam", f"role/aws-service-role/{service}.amazonaws.com/{role}", region="")
        for service, role in LAUNCHERS.items()
    ]
    launcher = [equals("kms:CallerAccount", account.id), arn_like("aws:PrincipalArn", roles)]
    through = equals("kms:ViaService", f"ec2.{account.region}.amazonaws.com")
    for_aws = Condition(Operator.BOOL, "kms:GrantIsForAWSResource", "true")
    return [
        Statement(
            sid="LaunchNodes",
            principals=EVERYONE,
            actions=USE,
            resources=["*"],
            conditions=[*launcher, through],
        ),
        Statement(
            sid="GrantToNodes",
            principals=EVERYONE,
            actions=["kms:CreateGrant"],
            resources=["*"],
            conditions=[*launcher, for_aws],
        ),
    ]


def _log_services(account: Account) -> list[Statement]:
    """Whoever writes logs, records and alarms of this account, and nobody on another's behalf."""
    from_trail = [
        equals("aws:SourceAccount", account.id),
        arn_like("aws:SourceArn", account.arn("cloudtrail", "trail/*")),
    ]
    context = "kms:EncryptionContext:aws"
    cloudtrail = Principals.services("cloudtrail.amazonaws.com")
    return [
        Statement(
            sid="CloudWatchLogs",
            principals=Principals.services(f"logs.{account.region}.amazonaws.com"),
            actions=USE,
            resources=["*"],
            conditions=[arn_like(f"{context}:logs:arn", account.arn("logs", "log-group:*"))],
        ),
        Statement(
            sid="CloudTrailEncrypt",
            principals=cloudtrail,
            actions=["kms:GenerateDataKey*"],
            resources=["*"],
            conditions=[
                *from_trail,
                Condition(
                    Operator.STRING_LIKE, f"{context}:cloudtrail:arn", account.arn("cloudtrail", "trail/*", region="*")
                ),
            ],
        ),
        Statement(
            sid="CloudTrailDescribe",
            principals=cloudtrail,
            actions=["kms:DescribeKey"],
            resources=["*"],
            conditions=from_trail,
        ),
        Statement(
            sid="CloudTrailNotify",
            principals=cloudtrail,
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions=[*from_trail, arn_like(f"{context}:sns:topicArn", account.arn("sns", "*"))],
        ),
        Statement(
            sid="ConfigDeliver",
            principals=Principals.services("config.amazonaws.com"),
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions=[equals("aws:SourceAccount", account.id)],
        ),
        *(
            Statement(
                sid=sid,
                principals=Principals.services(service),
                actions=["kms:Decrypt", "kms:GenerateDataKey*", *more],
                resources=["*"],
                conditions=[arn_like("aws:SourceArn", source)],
            )
            for sid, service, source, *more in (
                ("AlarmsPublish", "cloudwatch.amazonaws.com", account.arn("cloudwatch", "alarm:*")),
                ("EventsPublish", "events.amazonaws.com", account.arn("events", "rule/*")),
                ("GuardDutyDeliver", "guardduty.amazonaws.com", account.arn("guardduty", "detector/*")),
                ("MacieDeliver", "macie.amazonaws.com", account.arn("macie2", "*"), "kms:Encrypt"),
            )
        ),
    ]
