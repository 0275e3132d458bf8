"""The hardened bucket that every component builds on, and the statements of its policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws

from mlinfra.components.component import Component
from mlinfra.components.documents import (
    EVERYONE,
    Condition,
    Document,
    Effect,
    Operator,
    Statement,
    Text,
)
from mlinfra.components.profiles import LockMode

ABORT_UPLOAD_DAYS: Final = 7  # incomplete multipart uploads cost money and show up nowhere
MIN_TLS: Final = "1.2"

BucketArn = pulumi.Output[str]


@dataclass(frozen=True, slots=True)
class Lock:
    """Object Lock's default retention."""

    mode: LockMode
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What becomes of objects, in days: `colder` is a storage class and when objects move there."""

    noncurrent_days: int
    colder: Optional[tuple[str, int]] = None
    expire_days: Optional[int] = None


@dataclass(frozen=True, slots=True)
class SecureBucket:
    """The bucket and its policy, after which it is ready for use."""

    bucket: aws.s3.Bucket
    policy: aws.s3.BucketPolicy

    @property
    def name(self) -> pulumi.Output[str]:
        """The bucket's name, known to dependants only when the policy is in place."""
        return pulumi.Output.all(self.bucket.bucket, self.policy.id).apply(lambda known: str(known[0]))

    @property
    def arn(self) -> pulumi.Output[str]:
        """The bucket's ARN, for policies: known before its own policy is in place."""
        return self.bucket.arn


def secure_bucket(
    parent: Component[Any],
    name: str,
    *,
    key_arn: Optional[Text],
    lifecycle: Lifecycle,
    statements: Callable[[BucketArn], Sequence[Statement]] = lambda _: (),
    access_log_bucket: Optional[Text] = None,
    lock: Optional[Lock] = None,
    deletion_protection: bool = True,
    classification: str,
) -> SecureBucket:
    """A private, versioned, encrypted bucket that takes TLS only; without a key it is encrypted with S3's own.

    Its parts are set one after the other where S3 refuses to be configured twice at once. Object Lock is switched on by
    its configuration and not when the bucket is made, so that a bucket in use can get one without being replaced.
    """
    bucket = aws.s3.Bucket(
        name,
        force_destroy=not deletion_protection,
        tags={"data-classification": classification},
        opts=parent.child(protect=deletion_protection),
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.bucket,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=parent.child(),
    )
    private = aws.s3.BucketPublicAccessBlock(
        f"{name}-private",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=parent.child(),
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.bucket,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=parent.child(),
    )
    _encryption(parent, name, bucket, key_arn)
    _lifecycle(parent, name, versioning, lifecycle)
    if lock is not None:
        _lock(parent, name, versioning, lock)
    if access_log_bucket is not None:
        aws.s3.BucketLogging(
            f"{name}-access-log",
            bucket=bucket.bucket,
            target_bucket=access_log_bucket,
            target_prefix=f"{name}/",
            opts=parent.child(),
        )
    policy = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=Document([*tls_only(bucket.arn), *statements(bucket.arn)]).json(),
        opts=parent.child(depends_on=[private]),
    )
    return SecureBucket(bucket, policy)


def objects(bucket_arn: BucketArn) -> pulumi.Output[str]:
    """Every object of the bucket."""
    return pulumi.Output.concat(bucket_arn, "/*")


def tls_only(bucket_arn: BucketArn) -> list[Statement]:
    """Denies requests without TLS, or with a version below 1.2."""
    everything = [bucket_arn, objects(bucket_arn)]
    insecure = Condition(Operator.BOOL, "aws:SecureTransport", "false")
    outdated = Condition(Operator.NUMERIC_LESS, "s3:TlsVersion", MIN_TLS)
    return [
        Statement(
            sid=sid, effect=Effect.DENY, principals=EVERYONE, actions=["s3:*"], resources=everything, conditions=[test]
        )
        for sid, test in (("DenyPlaintext", insecure), ("DenyOldTls", outdated))
    ]


def right_key_only(bucket_arn: BucketArn, key_arn: Text) -> list[Statement]:
    """Denies uploads that ask for another encryption or another key; those that ask for none get the bucket's."""
    algorithm, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    return [
        Statement(
            sid=sid,
            effect=Effect.DENY,
            principals=EVERYONE,
            actions=["s3:PutObject"],
            resources=[objects(bucket_arn)],
            conditions=[
                Condition(Operator.STRING_NOT_EQUALS, header, value),
                Condition(Operator.NULL, header, "false"),
            ],
        )
        for sid, header, value in (("DenyOtherEncryption", algorithm, "aws:kms"), ("DenyOtherKey", key, key_arn))
    ]


def endpoints_only(bucket_arn: BucketArn, endpoint_ids: Sequence[Text]) -> Statement:
    """Denies reading and writing objects other than through the endpoints; the bucket stays manageable from outside.

    AWS services acting for themselves are let through: service principals and service-linked roles, which nobody can
    assume (FSx for Lustre imports with one). Listing names is left to IAM: Pulumi reads a bucket with HeadBucket, which
    is the same action (s3:ListBucket).
    """
    return Statement(
        sid="DenyOutsideEndpoints",
        effect=Effect.DENY,
        principals=EVERYONE,
        actions=["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:RestoreObject", "s3:ListBucketVersions"],
        resources=[bucket_arn, objects(bucket_arn)],
        conditions=[
            Condition(Operator.STRING_NOT_EQUALS, "aws:SourceVpce", endpoint_ids),
            Condition(Operator.BOOL_IF_EXISTS, "aws:PrincipalIsAWSService", "false"),
            Condition(Operator.ARN_NOT_LIKE, "aws:PrincipalArn", "arn:*:iam::*:role/aws-service-role/*"),
        ],
    )


def _encryption(parent: Component[Any], name: str, bucket: aws.s3.Bucket, key_arn: Optional[Text]) -> None:
    default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="AES256" if key_arn is None else "aws:kms", kms_master_key_id=key_arn
    )
    rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default, bucket_key_enabled=key_arn is not None
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption", bucket=bucket.bucket, rules=[rule], opts=parent.child()
    )


def _lifecycle(parent: Component[Any], name: str, versioning: aws.s3.BucketVersioning, wanted: Lifecycle) -> None:
    rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="everything",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=ABORT_UPLOAD_DAYS
        ),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=wanted.noncurrent_days
        ),
        transitions=wanted.colder
        and [
            aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(storage_class=wanted.colder[0], days=wanted.colder[1])
        ],
        expiration=None
        if wanted.expire_days is None
        else aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=wanted.expire_days),
    )
    # Rules on noncurrent versions need a versioned bucket.
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle", bucket=versioning.bucket, rules=[rule], opts=parent.child()
    )


def _lock(parent: Component[Any], name: str, versioning: aws.s3.BucketVersioning, lock: Lock) -> None:
    retention = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode=lock.mode.value, days=lock.days)
    aws.s3.BucketObjectLockConfiguration(
        f"{name}-lock",
        bucket=versioning.bucket,
        rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention),
        opts=parent.child(),
    )
