"""Checks of what arguments refer to, where it is known: ARNs, bucket names, endpoint ids. Outputs pass unseen."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from mlinfra.components.problems import Invalid

_ARN = "arn:aws[a-z-]*:{}"
_ACCOUNT = "[0-9]{12}"


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
    "arn:aws:iam::123456789012:role/admin",
)
bucket_arn = _reference(rf"{_ARN.format('s3')}:::[a-z0-9.-]{{3,63}}", "the ARN of a bucket", "arn:aws:s3:::datasets")
bucket_name = _reference(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", "platform-access-logs")
endpoint_id = _reference(r"vpce-[0-9a-f]{8,17}", "the id of a VPC endpoint", "vpce-0123456789abcdef0")


def each(check: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """The check, for every item of a list."""

    def all_of(values: Sequence[Any]) -> Sequence[Any]:
        for value in values:
            check(value)
        return values

    return all_of
