"""Where buckets write who accessed them."""

from typing import Optional

import pulumi
from pydantic import model_validator

from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.buckets import BucketArn, Lifecycle, objects, secure_bucket
from mlinfra.components.component import Component
from mlinfra.components.documents import Principals, Statement, arn_like, equals
from mlinfra.components.profiles import POSTURES, Classification, Profile, at_least

NONCURRENT_DAYS = 30


class AccessLogBucketArgs(Args):
    """Arguments of `AccessLogBucket`."""

    account: Account
    """Where the bucket lives; it takes logs of this account's buckets in the same region."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    retention_days: Optional[int] = None
    """Days that logs are kept. Default: the profile's floor (90, 365, 365)."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the bucket. When false, destroying the stack erases its logs."""

    @model_validator(mode="after")
    def _floor(self) -> "AccessLogBucketArgs":
        self.days()
        return self

    def days(self) -> int:
        """Days that logs are kept."""
        return at_least(POSTURES[self.profile].log_days, self.retention_days, self.profile, "retention_days")


class AccessLogBucket(Component[AccessLogBucketArgs]):
    """The bucket to which S3 delivers the server access logs of the account's other buckets.

    S3 delivers to buckets with S3-managed encryption (SSE-S3) and without default retention only, so this bucket has
    neither a customer-managed key nor Object Lock; tamper-proof records of object access are the `AuditTrail`'s.
    Source: Amazon S3 user guide, "Enabling Amazon S3 server access logging".

        access_logs = ml.AccessLogBucket("main", ml.AccessLogBucketArgs(account=account))
    """

    bucket_name: pulumi.Output[str]
    """The bucket's name, known once it takes logs."""
    bucket_arn: pulumi.Output[str]
    """The bucket's ARN."""

    _args_type = AccessLogBucketArgs

    def __init__(self, name: str, args: AccessLogBucketArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        made = secure_bucket(
            self,
            f"{name}-access-logs",
            key_arn=None,
            statements=lambda arn: [_deliver(arn, args.account)],
            lifecycle=Lifecycle(noncurrent_days=NONCURRENT_DAYS, expire_days=args.days()),
            deletion_protection=args.deletion_protection,
            classification=Classification.CONFIDENTIAL,
        )
        self.bucket_name, self.bucket_arn = made.name, made.arn
        self.finish()


def _deliver(bucket_arn: BucketArn, account: Account) -> Statement:
    return Statement(
        sid="DeliverAccessLogs",
        principals=Principals.services("logging.s3.amazonaws.com"),
        actions=["s3:PutObject"],
        resources=[objects(bucket_arn)],
        conditions=[
            equals("aws:SourceAccount", account.id),
            arn_like("aws:SourceArn", f"arn:{account.partition}:s3:::*"),
        ],
    )
