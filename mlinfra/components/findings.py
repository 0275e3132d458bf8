"""Where findings are kept for longer than the services keep them: an encrypted bucket that they deliver to."""

from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.buckets import BucketArn, Lifecycle, SecureBucket, objects, right_key_only, secure_bucket
from mlinfra.components.component import Component
from mlinfra.components.documents import Principals, Statement, Text, arn_like, equals
from mlinfra.components.profiles import POSTURES, Classification, Profile, at_least

GUARDDUTY: Final = "guardduty.amazonaws.com"
MACIE: Final = "macie.amazonaws.com"
COLDER: Final = ("GLACIER_IR", 90)
NONCURRENT_DAYS: Final = 30


class FindingsArchive(Args):
    """Where findings are kept; GuardDuty, Security Hub and Macie forget theirs after ninety days."""

    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts them; its policy admits GuardDuty and Macie, as `KeyRing`'s does."""
    access_log_bucket: pulumi.Input[str]
    """The name of the bucket that records who reads them, an `AccessLogBucket`."""
    retention_days: Optional[int] = None
    """Days that they are kept. Default: the profile's floor (90, 365, 365)."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete them. When false, destroying the stack erases them."""

    _key = field_validator("logs_key_arn")(references.key_arn)
    _logs = field_validator("access_log_bucket")(references.bucket_name)

    def days(self, profile: Profile) -> int:
        """Days that findings are kept."""
        return at_least(POSTURES[profile].archive_days, self.retention_days, profile, "retention_days")


def findings_bucket(
    parent: Component[Any], name: str, *, archive: FindingsArchive, account: Account, profile: Profile
) -> SecureBucket:
    """The bucket, which takes what GuardDuty and Macie find in this account, under the key given."""
    days = archive.days(profile)
    return secure_bucket(
        parent,
        name,
        key_arn=archive.logs_key_arn,
        statements=lambda arn: [*_deliver(arn, account), *right_key_only(arn, archive.logs_key_arn)],
        lifecycle=Lifecycle(
            noncurrent_days=NONCURRENT_DAYS, colder=COLDER if days > COLDER[1] else None, expire_days=days
        ),
        access_log_bucket=archive.access_log_bucket,
        deletion_protection=archive.deletion_protection,
        classification=Classification.CONFIDENTIAL,
    )


def keep_guardduty(
    parent: Component[Any], name: str, *, bucket: SecureBucket, detector_id: Text, archive: FindingsArchive
) -> None:
    """Delivers GuardDuty's findings, at the pace at which it publishes them."""
    aws.guardduty.PublishingDestination(
        name,
        detector_id=detector_id,
        destination_arn=_ready(bucket),
        kms_key_arn=archive.logs_key_arn,
        opts=parent.child(),
    )


def keep_macie(
    parent: Component[Any], name: str, *, bucket: SecureBucket, macie: pulumi.Resource, archive: FindingsArchive
) -> None:
    """Delivers what Macie finds in objects."""
    aws.macie2.ClassificationExportConfiguration(
        name,
        s3_destination=aws.macie2.ClassificationExportConfigurationS3DestinationArgs(
            bucket_name=bucket.name, key_prefix="macie/", kms_key_arn=archive.logs_key_arn
        ),
        opts=parent.child(depends_on=[macie]),
    )


def _deliver(bucket_arn: BucketArn, account: Account) -> list[Statement]:
    """What the services ask for (GuardDuty user guide, "Exporting findings"; Macie user guide, "Storing results")."""
    statements = []
    for sid, service, source in (
        ("GuardDuty", GUARDDUTY, account.arn("guardduty", "detector/*")),
        ("Macie", MACIE, account.arn("macie2", "*")),
    ):
        conditions = [equals("aws:SourceAccount", account.id), arn_like("aws:SourceArn", source)]
        for doing, action, on in (
            ("Find", "s3:GetBucketLocation", bucket_arn),
            ("Write", "s3:PutObject", objects(bucket_arn)),
        ):
            statements.append(
                Statement(
                    sid=f"{sid}{doing}",
                    principals=Principals.services(service),
                    actions=[action],
                    resources=[on],
                    conditions=conditions,
                )
            )
    return statements


def _ready(bucket: SecureBucket) -> pulumi.Output[str]:
    """The bucket's ARN, known only when its policy is in place."""
    return pulumi.Output.all(bucket.arn, bucket.name).apply(lambda known: str(known[0]))
