"""Checks of what arguments refer to, where it is known: ARNs, bucket names, endpoint ids. Outputs pass unseen."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from mlinfra.components.problems import Invalid

_ARN = "arn:aws[a-z-]*:{}"
_ACCOUNT = "[0-9]{12}"
_ROLE = "arn:aws:iam::123456789012:role/admin"


def _reference(pattern: str, what: str, example: str) -> Callable[[Any], Any]:
    matches = re.compile(pattern).fullmatch

    def check(value: Any) -> Any:
        if isinstance(value, str) and not matches(value):
            raise Invalid(f"not {what}", fix=f"give one such as {example}, or an output")
        return value

    return check


key_arn = _reference(
    rf"{_ARN.format('kms')}:[a-z0-9-]+:{_ACCOUNT}:key/[A-Za-z0-9-]+",
    "the ARN of a KMS key",
    "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
principal_arn = _reference(
    rf"{_ARN.format('(?:iam|sts)')}::{_ACCOUNT}:(?:root|(?:role|user|assumed-role)/[\w+=,.@/-]+)",
    "the ARN of a role, a user or an account",
    _ROLE,
)
bucket_arn = _reference(rf"{_ARN.format('s3')}:::[a-z0-9.-]{{3,63}}", "the ARN of a bucket", "arn:aws:s3:::datasets")
bucket_name = _reference(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", "platform-access-logs")
function_arn = _reference(
    rf"{_ARN.format('lambda')}:[a-z0-9-]+:{_ACCOUNT}:function:[\w-]+(?::[\w$-]+)?",
    "the ARN of a Lambda function",
    "arn:aws:lambda:eu-central-1:123456789012:function:rotate",
)
account_id = _reference(_ACCOUNT, "an account id", "123456789012, in quotes")
vpc_id = _reference(r"vpc-[0-9a-f]{8,17}", "the id of a VPC", "vpc-0123456789abcdef0")
subnet_id = _reference(r"subnet-[0-9a-f]{8,17}", "the id of a subnet", "subnet-0123456789abcdef0")
security_group_id = _reference(r"sg-[0-9a-f]{8,17}", "the id of a security group", "sg-0123456789abcdef0")
endpoint_id = _reference(r"vpce-[0-9a-f]{8,17}", "the id of a VPC endpoint", "vpce-0123456789abcdef0")

role_arn = _reference(rf"{_ARN.format('iam')}::{_ACCOUNT}:role/[\w+=,.@/-]+", "the ARN of a role", _ROLE)
policy_arn = _reference(
    rf"{_ARN.format('iam')}::{_ACCOUNT}:policy/[\w+=,.@/-]+",
    "the ARN of a policy of the account",
    "arn:aws:iam::123456789012:policy/boundary",
)
saml_provider_arn = _reference(
    rf"{_ARN.format('iam')}::{_ACCOUNT}:saml-provider/[\w._-]+",
    "the ARN of a SAML provider",
    "arn:aws:iam::123456789012:saml-provider/company",
)
oidc_provider_arn = _reference(
    rf"{_ARN.format('iam')}::{_ACCOUNT}:oidc-provider/[\w./-]+",
    "the ARN of an OIDC provider",
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE",
)
cluster_arn = _reference(
    rf"{_ARN.format('eks')}:[a-z0-9-]+:{_ACCOUNT}:cluster/[A-Za-z0-9][A-Za-z0-9_-]*",
    "the ARN of an EKS cluster",
    "arn:aws:eks:eu-central-1:123456789012:cluster/platform",
)
reservation_group_arn = _reference(
    rf"{_ARN.format('resource-groups')}:[a-z0-9-]+:{_ACCOUNT}:group/[\w.-]+",
    "the ARN of a resource group of Capacity Reservations",
    "arn:aws:resource-groups:eu-central-1:123456789012:group/gpus",
)
repository_arn = _reference(
    rf"{_ARN.format('ecr')}:[a-z0-9-]+:{_ACCOUNT}:repository/[a-z0-9._/-]+",
    "the ARN of an image repository",
    "arn:aws:ecr:eu-central-1:123456789012:repository/training",
)
secret_arn = _reference(
    rf"{_ARN.format('secretsmanager')}:[a-z0-9-]+:{_ACCOUNT}:secret:[\w/+=.@-]+",
    "the ARN of a secret",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tracking-a1b2c3",
)
file_system_arn = _reference(
    rf"{_ARN.format('elasticfilesystem')}:[a-z0-9-]+:{_ACCOUNT}:file-system/fs-[0-9a-f]{{8,17}}",
    "the ARN of an EFS file system",
    "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0123456789abcdef0",
)
access_point_arn = _reference(
    rf"{_ARN.format('elasticfilesystem')}:[a-z0-9-]+:{_ACCOUNT}:access-point/fsap-[0-9a-f]{{8,17}}",
    "the ARN of an EFS access point",
    "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0",
)
trail_arn = _reference(
    rf"{_ARN.format('cloudtrail')}:[a-z0-9-]+:{_ACCOUNT}:trail/[\w.-]+",
    "the ARN of a trail",
    "arn:aws:cloudtrail:eu-central-1:123456789012:trail/organisation",
)
topic_arn = _reference(
    rf"{_ARN.format('sns')}:[a-z0-9-]+:{_ACCOUNT}:[\w-]+",
    "the ARN of a topic",
    "arn:aws:sns:eu-central-1:123456789012:alarms",
)
log_group_arn = _reference(
    rf"{_ARN.format('logs')}:[a-z0-9-]+:{_ACCOUNT}:log-group:[\w./#-]+",
    "the ARN of a log group, without :* at its end",
    "arn:aws:logs:eu-central-1:123456789012:log-group:training",
)
log_group_name = _reference(r"[\w./#-]{1,512}", "the name of a log group", "platform-trail-1a2b3c4")


def one_for_each(values: Any, zones: Sequence[str], argument: str) -> None:
    """Refuses a list that is known and has not as many subnets as there are zones, or what is none."""
    if not isinstance(values, Sequence):
        return
    if len(values) != len(zones):
        reason = f"{len(values)} for {len(zones)} zones"
        raise Invalid(reason, fix="give one for each zone, in the same order", argument=argument)
    try:
        each(subnet_id)(values)
    except Invalid as error:
        raise Invalid(error.reason, fix=error.fix, argument=argument) from None


def each(check: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """The check, for every item of a list."""

    def all_of(values: Sequence[Any]) -> Sequence[Any]:
        for value in values:
            check(value)
        return values

    return all_of
