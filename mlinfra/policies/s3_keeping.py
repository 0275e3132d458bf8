"""Rules about how long S3 buckets keep what they hold, and about what they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.components import KEPT
from mlinfra.policies.s3 import BUCKETS, LIFECYCLE, WEBSITE
from mlinfra.policies.shared import production, protected

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value


@rule(
    "s3-lifecycle",
    title="Buckets let go of what nobody needs",
    severity=Severity.LOW,
    types=BUCKETS,
    fix='aws.s3.BucketLifecycleConfiguration(name, bucket=bucket.id, rules=[{"id": "old", "status": "Enabled", '
    '"noncurrent_version_expiration": {"noncurrent_days": 90}}])',
)
def s3_lifecycle(bucket: Resource) -> Truth:
    """Versioned checkpoints pile up: without a lifecycle every version of every one is kept and paid for."""
    rules = bucket.attached(*LIFECYCLE, at="bucket").any(lambda one: one["rules"].any(_is_enabled))
    return rules | bucket["lifecycleRules"].any(lambda one: one["enabled"].is_true())


@rule(
    "s3-abort-multipart",
    title="Lifecycles end uploads that were never completed",
    severity=Severity.LOW,
    types=LIFECYCLE,
    fix='rules=[{"id": "uploads", "status": "Enabled", "abort_incomplete_multipart_upload": {"days_after_initiation": 7}}]',
)
def s3_abort_multipart(lifecycle: Resource) -> Truth:
    """A checkpoint whose writer was killed leaves its parts behind: no listing shows them, and every month they are billed."""
    return lifecycle["rules"].any(
        lambda one: _is_enabled(one) & one["abortIncompleteMultipartUpload.daysAfterInitiation"].at_least(1)
    )


@rule(
    "s3-keep-in-production",
    title="Buckets in production cannot be deleted with their objects",
    severity=Severity.HIGH,
    types=BUCKETS,
    fix="aws.s3.Bucket(name, force_destroy=False, opts=pulumi.ResourceOptions(protect=True))",
    arguments=KEPT,
)
def s3_keep_in_production(bucket: Resource) -> Truth:
    """With force_destroy one mistaken `destroy` empties the bucket first, all versions included."""
    return only_if(production(bucket), ~bucket["forceDestroy"].is_true() & protected(bucket))


@rule(
    "s3-no-website",
    title="Buckets serve no website",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix="serve pages through CloudFront with origin access control, from a private bucket",
)
def s3_no_website(bucket: Resource) -> Truth:
    """A website endpoint knows neither TLS nor identities, and works only when the bucket's objects are public."""
    return ~bucket.attached(*WEBSITE, at="bucket").exist() & ~bucket["website"].present()


def _is_enabled(one: Value) -> Truth:
    return one["status"].is_("Enabled")


RULES: Final = (s3_lifecycle, s3_abort_multipart, s3_keep_in_production, s3_no_website)
