"""Rules about S3: buckets and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
PUBLIC_ACCESS_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
KEY: Final = "aws:kms/key:Key"
FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


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
    arguments={"mlinfra:storage:DataBucket": "key_arn"},
)
def s3_kms(bucket: Resource) -> Truth:
    """Only a customer managed key can be closed to somebody who may read the bucket, and its use is on record."""

    def own_key(configuration: Resource) -> Truth:
        return configuration["rules"].any(
            lambda one: (
                one["applyServerSideEncryptionByDefault.sseAlgorithm"].is_("aws:kms", "aws:kms:dsse")
                & (
                    one["applyServerSideEncryptionByDefault.kmsMasterKeyId"].present()
                    | one["applyServerSideEncryptionByDefault.kmsMasterKeyId"].resources(KEY).exist()
                )
            )
        )

    return bucket.attached(*ENCRYPTION, at="bucket").any(own_key)


RULES: Final = (s3_block_public, s3_kms)
