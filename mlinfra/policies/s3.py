"""Rules about S3 buckets and their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, any_of, only_if
from mlinfra.policies.references import names_a_key

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
DATA_BUCKET: Final = "mlinfra:storage:DataBucket"
PUBLIC_ACCESS_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
VERSIONING: Final = (
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketVersioningV2:BucketVersioningV2",
)
LOGGING: Final = ("aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2")
LOCK: Final = (
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2",
)
LIFECYCLE: Final = (
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
)
ACL: Final = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
OWNERSHIP: Final = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
WEBSITE: Final = (
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
    "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2",
)
TRAIL: Final = "aws:cloudtrail/trail:Trail"
CHANNEL: Final = "aws:cfg/deliveryChannel:DeliveryChannel"
LOAD_BALANCERS: Final = (
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:alb/loadBalancer:LoadBalancer",
)
RECORDS: Final = {
    "aws:guardduty/publishingDestination:PublishingDestination": "destinationArn",
    "aws:ec2/flowLog:FlowLog": "logDestination",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": "destinationArn",
}
"""What writes records of what happened into a bucket that it names, and where it names it."""
FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
PRIVATE_ACLS: Final = (
    "private",
    "log-delivery-write",
    "bucket-owner-full-control",
    "bucket-owner-read",
    "aws-exec-read",
)
LEAST_LOCK_DAYS: Final = 30
LEAST_HELD_DAYS: Final = 7


def takes_access_logs(bucket: Resource) -> Truth:
    """Whether S3 or a load balancer writes its access logs there: such a bucket can be encrypted with SSE-S3 only."""
    return (
        bucket.attached(*LOGGING, at="targetBucket").exist()
        | bucket.attached(*BUCKETS, at="logging.targetBucket").exist()
        | bucket.attached(*LOAD_BALANCERS, at="accessLogs.bucket").exist()
    )


def takes_audit_logs(bucket: Resource) -> Truth:
    """Whether a trail or AWS Config writes there."""
    return bucket.attached(TRAIL, CHANNEL, at="s3BucketName").exist()


def takes_records(bucket: Resource) -> Truth:
    """Whether what happened is recorded there: audit logs, findings of GuardDuty, flows and names looked up in a VPC."""
    written = [bucket.attached(kind, at=place).exist() for kind, place in RECORDS.items()]
    return any_of((takes_audit_logs(bucket), *written))


@rule(
    "s3-block-public",
    title="Buckets block public access",
    severity=Severity.HIGH,
    types=BUCKETS,
    fix="aws.s3.BucketPublicAccessBlock(name, bucket=bucket.id, block_public_acls=True, block_public_policy=True, "
    "ignore_public_acls=True, restrict_public_buckets=True)",
)
def s3_block_public(bucket: Resource) -> Truth:
    """One careless ACL or policy makes training data public; the block holds whatever ACLs and policies say."""
    blocks = bucket.attached(PUBLIC_ACCESS_BLOCK, at="bucket")
    return blocks.any(lambda block: all_of(block[flag].is_true() for flag in FLAGS))


@rule(
    "s3-kms",
    title="Buckets are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='aws.s3.BucketServerSideEncryptionConfiguration(name, bucket=bucket.id, rules=[{"apply_server_side_encryption_by_'
    'default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}}])',
    arguments={DATA_BUCKET: "key_arn"},
    profiles=STRICT,
)
def s3_kms(bucket: Resource) -> Truth:
    """Only a customer managed key can be closed to somebody who may read the bucket, and its use is on record.

    Buckets that take access logs are left out: S3 and load balancers can only write under keys that S3 manages.
    """

    def own_key(one: Value) -> Truth:
        default = one["applyServerSideEncryptionByDefault"]
        return default["sseAlgorithm"].is_("aws:kms", "aws:kms:dsse") & names_a_key(default["kmsMasterKeyId"])

    encrypted = bucket.attached(*ENCRYPTION, at="bucket").any(lambda found: found["rules"].any(own_key))
    return only_if(~takes_access_logs(bucket), encrypted | own_key(bucket["serverSideEncryptionConfiguration.rule"]))


@rule(
    "s3-bucket-key",
    title="Buckets under KMS use a bucket key",
    severity=Severity.LOW,
    types=ENCRYPTION,
    fix='rules=[{"bucket_key_enabled": True, …}]',
)
def s3_bucket_key(encryption: Resource) -> Truth:
    """Without it every object costs a call to KMS: a training run over millions of files is billed, and throttled."""
    return encryption["rules"].every(
        lambda one: only_if(
            one["applyServerSideEncryptionByDefault.sseAlgorithm"].is_("aws:kms"), one["bucketKeyEnabled"].is_true()
        )
    )


@rule(
    "s3-versioning",
    title="Buckets keep former versions",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='aws.s3.BucketVersioning(name, bucket=bucket.id, versioning_configuration={"status": "Enabled"})',
)
def s3_versioning(bucket: Resource) -> Truth:
    """A dataset or model that a job overwrote or deleted is gone without it, and no run on it can be repeated."""
    kept = bucket.attached(*VERSIONING, at="bucket").any(
        lambda one: one["versioningConfiguration.status"].is_("Enabled")
    )
    return kept | bucket["versioning.enabled"].is_true()


@rule(
    "s3-audit-lock",
    title="Audit logs cannot be deleted before their time",
    severity=Severity.HIGH,
    types=BUCKETS,
    fix='aws.s3.BucketObjectLockConfiguration(name, bucket=bucket.id, rule={"default_retention": {"mode": "COMPLIANCE", '
    '"days": 365}}), on a bucket made with object_lock_enabled=True',
    arguments={"mlinfra:audit:AuditTrail": "archive_days"},
    profiles=STRICT,
)
def s3_audit_lock(bucket: Resource) -> Truth:
    """Who breaks in deletes the log of it first. Under Object Lock in compliance mode not even the root user can.

    Asked of buckets of trails: AWS Config does not deliver to buckets that retain by default.
    """

    def held(lock: Resource) -> Truth:
        retention = lock["rule.defaultRetention"]
        long = retention["days"].at_least(LEAST_LOCK_DAYS) | retention["years"].at_least(1)
        return retention["mode"].is_("COMPLIANCE") & long

    return only_if(bucket.attached(TRAIL, at="s3BucketName").exist(), bucket.attached(*LOCK, at="bucket").any(held))


@rule(
    "s3-lock-retention",
    title="Object Lock retains by default, and nobody can shorten it",
    severity=Severity.MEDIUM,
    types=LOCK,
    fix='rule={"default_retention": {"mode": "COMPLIANCE", "days": 30}}',
    arguments={DATA_BUCKET: "lock_days", "mlinfra:audit:AuditTrail": "archive_days"},
    profiles=STRICT,
)
def s3_lock_retention(lock: Resource) -> Truth:
    """A lock without default retention holds nothing; in governance mode one permission undoes it."""
    retention = lock["rule.defaultRetention"]
    kept = retention["days"].at_least(LEAST_HELD_DAYS) | retention["years"].at_least(1)
    return retention["mode"].is_("COMPLIANCE") & kept


@rule(
    "s3-access-logging",
    title="Buckets write access logs",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='aws.s3.BucketLogging(name, bucket=bucket.id, target_bucket=logs.id, target_prefix="bucket/")',
    arguments={DATA_BUCKET: "access_log_bucket"},
)
def s3_access_logging(bucket: Resource) -> Truth:
    """Who read which dataset when is the first question after a leak. The bucket that takes the logs cannot log itself."""
    logged = bucket.attached(*LOGGING, at="bucket").exist() | bucket["logging.targetBucket"].present()
    return only_if(~takes_access_logs(bucket), logged)


@rule(
    "s3-acl-disabled",
    title="Buckets have no ACLs",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='aws.s3.BucketOwnershipControls(name, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})',
)
def s3_acl_disabled(bucket: Resource) -> Truth:
    """With ACLs somebody else may own an object in the bucket, and access stands in a second place that nobody reads.

    New buckets have none unless something switches them on: ownership controls, or an ACL of their own.
    """
    controls = bucket.attached(OWNERSHIP, at="bucket")
    return (
        controls.every(lambda one: one["rule.objectOwnership"].is_("BucketOwnerEnforced"))
        & ~bucket.attached(*ACL, at="bucket").exist()
        & ~bucket["acl"].present()
        & ~bucket["grants"].present()
    )


@rule(
    "s3-acl-private",
    title="No ACL opens a bucket to everybody",
    severity=Severity.CRITICAL,
    types=(*ACL, *BUCKETS),
    fix='acl="private", or better no ACL: object_ownership="BucketOwnerEnforced"',
    waivable=False,
)
def s3_acl_private(resource: Resource) -> Truth:
    """`public-read` shows the bucket to the internet, `authenticated-read` to everybody who has an AWS account."""
    everybody = r"http://acs\.amazonaws\.com/groups/global/.*"
    grants = resource["accessControlPolicy.grants" if resource.type in ACL else "grants"]
    uri = "grantee.uri" if resource.type in ACL else "uri"
    return only_if(
        resource["acl"].present() | grants.present(),
        (~resource["acl"].present() | resource["acl"].is_(*PRIVATE_ACLS))
        & ~grants.any(lambda one: one[uri].matches(everybody)),
    )


RULES: Final = (
    *(s3_block_public, s3_kms, s3_bucket_key, s3_versioning, s3_audit_lock, s3_lock_retention, s3_access_logging),
    *(s3_acl_disabled, s3_acl_private),
)
