"""Rules about who reaches what is in S3: bucket policies, access points and the account's own block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.grants import not_public, own_accounts, plaintext_denied, policy, resource_policy, to_strangers
from mlinfra.policies.s3 import BUCKETS, DATA_BUCKET, FLAGS, takes_access_logs, takes_audit_logs
from mlinfra.policies.shared import account_stack
from mlinfra.policies.statements import Condition, Known, Statement, all3, any3

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource

BUCKET_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
ACCESS_POINT: Final = "aws:s3/accessPoint:AccessPoint"
ACCOUNT_BLOCK: Final = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
DENIED_TO_STRANGERS: Final = (
    *("s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration"),
    "s3:PutObjectAcl",
)
"""Source: docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-6"""
OLD_TLS: Final = ("1", "1.0", "1.1")
_SENSITIVE: Final = ("confidential", "restricted")


def _some(bucket: Resource, says: Callable[[Statement], Known], wanted: str) -> Truth:
    """Whether a statement in a policy of the bucket is so."""
    policies = bucket.attached(BUCKET_POLICY, at="bucket")
    return policies.any(lambda one: policy(one["policy"]).some(says, wanted)) | policy(bucket["policy"]).some(
        says, wanted
    )


def _whole(statement: Statement) -> Known:
    """Whether it speaks of the bucket and of its objects."""
    objects = statement.resources.any(lambda one: one == "*" or one.endswith("/*"))
    itself = statement.resources.any(lambda one: one == "*" or (one.startswith("arn:") and "/" not in one))
    return all3((objects, itself))


@rule(
    "s3-no-public-policy",
    title="No bucket policy lets everybody in",
    severity=Severity.CRITICAL,
    types=(BUCKET_POLICY, *BUCKETS, ACCESS_POINT),
    fix='name the principals, or add a condition that says who: "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-…"}}',
    waivable=False,
)
def s3_no_public_policy(resource: Resource) -> Truth:
    """Allow, principal `*` and no condition on who comes from where: the data is on the internet.

    A service such as CloudFront is a principal by name, and is let in for the distribution that aws:SourceArn names.
    """
    return not_public(resource, "policy")


@rule(
    "s3-tls-only",
    title="Buckets refuse requests without TLS",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, arn + "/*"], "Condition": {"Bool": '
    '{"aws:SecureTransport": "false"}}} in the policy of the bucket',
)
def s3_tls_only(bucket: Resource) -> Truth:
    """S3 answers over plain HTTP unless the policy says no, for the bucket and for its objects."""
    return _some(
        bucket,
        lambda one: all3((plaintext_denied(one, "s3"), _whole(one))),
        "a statement that denies requests without TLS",
    )


@rule(
    "s3-tls-version",
    title="Buckets refuse TLS before 1.2",
    severity=Severity.LOW,
    types=BUCKETS,
    fix='{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, arn + "/*"], "Condition": '
    '{"NumericLessThan": {"s3:TlsVersion": "1.2"}}} in the policy of the bucket',
    profiles=STRICT,
)
def s3_tls_version(bucket: Resource) -> Truth:
    """The policy says which protocol is enough, whatever endpoint a client comes through."""

    def old(condition: Condition) -> Known:
        if condition.key != "s3:tlsversion" or not condition.operator.startswith("numericlessthan"):
            return False
        return condition.values.any(lambda one: one not in OLD_TLS)

    return _some(
        bucket,
        lambda one: all3((one.denies, one.all_of_service("s3"), one.anybody(), one.tests(old), _whole(one))),
        "a statement that denies TLS before 1.2",
    )


@rule(
    "s3-right-key-only",
    title="Sensitive buckets refuse uploads under another key",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": arn + "/*", "Condition": '
    '{"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn}, "Null": {the same key: "false"}}}',
    arguments={DATA_BUCKET: "key_arn"},
    profiles=STRICT,
)
def s3_right_key_only(bucket: Resource) -> Truth:
    """Default encryption yields to the request: an object written under a foreign key is out of the owner's hands."""
    keys = ("s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-server-side-encryption")

    def other(condition: Condition) -> Known:
        return condition.values.every(bool) if condition.key in keys and "not" in condition.operator else False

    def denied(one: Statement) -> Known:
        everywhere = one.resources.any(lambda text: text == "*" or text.endswith("/*"))
        return all3((one.denies, one.anybody(), one.covers("s3:PutObject"), everywhere, one.tests(other)))

    wanted = "a statement that denies s3:PutObject under another key"
    return only_if(
        _sensitive(bucket) & ~takes_access_logs(bucket) & ~takes_audit_logs(bucket), _some(bucket, denied, wanted)
    )


@rule(
    "s3-endpoints-only",
    title="Restricted data is reached through VPC endpoints alone",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    fix='{"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject*", "s3:PutObject*"], "Resource": [arn, arn + "/*"], '
    '"Condition": {"StringNotEquals": {"aws:SourceVpce": endpoint_id}}} in the policy of the bucket',
    arguments={DATA_BUCKET: "vpc_endpoint_ids"},
    profiles=STRICT,
)
def s3_endpoints_only(bucket: Resource) -> Truth:
    """A stolen credential is worth little when the data can be read from nowhere but the network it belongs to."""

    def elsewhere(condition: Condition) -> Known:
        place = condition.key in ("aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip")
        return condition.values.every(bool) if place and "not" in condition.operator else False

    def closed(one: Statement) -> Known:
        both = all3((one.covers("s3:GetObject"), one.covers("s3:PutObject")))
        objects = one.resources.any(lambda text: text == "*" or text.endswith("/*"))
        return all3((one.denies, one.anybody(), both, objects, one.tests(elsewhere)))

    wanted = "a statement that denies access from elsewhere than the endpoints"
    sensitive = bucket["tags"].key("data-classification").is_("restricted")
    return only_if(sensitive & ~takes_access_logs(bucket) & ~takes_audit_logs(bucket), _some(bucket, closed, wanted))


@rule(
    "s3-cross-account",
    title="No other account can change how a bucket is protected",
    severity=Severity.HIGH,
    types=(BUCKET_POLICY, *BUCKETS),
    fix="give other accounts s3:GetObject and s3:ListBucket at most, or drop the statement",
)
def s3_cross_account(resource: Resource) -> Truth:
    """Who may write the policy, the ACL or the encryption of a bucket owns it in all but name."""
    own = own_accounts(resource)

    def given_away(one: Statement) -> Known:
        return all3((one.allows, to_strangers(one, own), any3(map(one.covers, DENIED_TO_STRANGERS))))

    return resource_policy(
        resource, "policy", lambda one: one.none(given_away, "no right for another account to change the bucket")
    )


@rule(
    "s3-access-point-block",
    title="Access points block public access",
    severity=Severity.CRITICAL,
    types=(ACCESS_POINT,),
    fix='public_access_block_configuration={"block_public_acls": True, "block_public_policy": True, "ignore_public_acls": '
    'True, "restrict_public_buckets": True}',
)
def s3_access_point_block(point: Resource) -> Truth:
    """The block of an access point is its own: that of the bucket does not stand in for it, and it can never be changed."""
    return all_of(point[f"publicAccessBlockConfiguration.{flag}"].is_true() for flag in FLAGS)


@rule(
    "s3-account-block",
    title="The account blocks public access to S3",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix="aws.s3.AccountPublicAccessBlock(name, block_public_acls=True, block_public_policy=True, ignore_public_acls=True, "
    "restrict_public_buckets=True)",
)
def s3_account_block(stack: Resource) -> Truth:
    """It holds for every bucket of the account, also for those that nobody declared."""
    blocks = stack.graph.of(ACCOUNT_BLOCK)
    return account_stack(stack, blocks.any(lambda one: all_of(one[flag].is_true() for flag in FLAGS)))


def _sensitive(bucket: Resource) -> Truth:
    return bucket["tags"].key("data-classification").is_(*_SENSITIVE)


RULES: Final = (
    *(s3_no_public_policy, s3_tls_only, s3_tls_version, s3_right_key_only, s3_endpoints_only, s3_cross_account),
    *(s3_access_point_block, s3_account_block),
)
