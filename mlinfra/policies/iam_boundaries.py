"""Rules about permissions boundaries: what they keep whoever is inside from doing, whatever else allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.grants import POLICY, Policy, is_boundary, policy
from mlinfra.policies.references import holds_where_it_leads
from mlinfra.policies.s3 import BUCKETS, TRAIL
from mlinfra.policies.statements import Known, Statement, all3, matches, not3

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

GUARDED: Final = (
    *("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "config:StopConfigurationRecorder", "ec2:DeleteFlowLogs"),
    *("guardduty:DeleteDetector", "guardduty:UpdateDetector", "securityhub:DisableSecurityHub"),
    *("kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy"),
    *("s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
    *("ec2:DisableEbsEncryptionByDefault", "ec2:ModifySnapshotAttribute"),
    *("iam:CreateUser", "iam:CreateAccessKey", "iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
)
"""What an intruder does first: blind the record, destroy keys, open data, and make credentials that last."""


@rule(
    "iam-boundary-guards",
    title="Boundaries protect the record, detection, keys, exposure and identity",
    severity=Severity.MEDIUM,
    types=(POLICY,),
    fix='{"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "guardduty:DeleteDetector", "kms:ScheduleKeyDeletion", …], '
    '"Resource": "*"} in the boundary',
)
def iam_boundary_guards(boundary: Resource) -> Truth:
    """A boundary that lets a workload switch off the trail, or take its own boundary away, bounds nothing."""

    def guarded(held: Policy, action: str) -> Truth:
        allowed = held.document.any(lambda one: all3((one.allows, one.covers(action))))
        open_ = all3((allowed, not3(held.document.takes_away(action))))
        return held.value.says(not3(open_), f"{action} denied")

    held = policy(boundary["policy"])
    return only_if(is_boundary(boundary), all_of(guarded(held, action) for action in GUARDED))


@rule(
    "iam-boundary-perimeter",
    title="Boundaries hold to named services, regions and accounts",
    severity=Severity.LOW,
    types=(POLICY,),
    fix='{"Effect": "Deny", "NotAction": ["iam:*", "sts:*", …], "Resource": "*", "Condition": {"StringNotEquals": '
    '{"aws:RequestedRegion": regions}}} and the like for aws:ResourceAccount and kms:GrantIsForAWSResource',
    profiles=STRICT,
)
def iam_boundary_perimeter(boundary: Resource) -> Truth:
    """GPUs in a region that nobody watches, a copy into somebody else's bucket, a grant on a key: none of it is anybody's job."""
    held = policy(boundary["policy"])

    def denied(action: str, *keys: str) -> Truth:
        def closes(one: Statement) -> Known:
            return all3((one.denies, one.covers(action), one.tests(lambda test: test.key in keys)))

        return held.some(closes, f"{action} denied by {keys[0]}")

    named = held.none(lambda one: all3((one.allows, one.all_of_service())), "services by name")
    perimeter = (
        denied("ec2:RunInstances", "aws:requestedregion"),
        denied("s3:PutObject", "aws:resourceaccount", "aws:resourceorgid"),
        denied("kms:CreateGrant", "kms:grantisforawsresource"),
    )
    return only_if(is_boundary(boundary), all_of((named, *perimeter)))


@rule(
    "iam-boundary-archives",
    title="Boundaries keep everybody from changing the archive of the trail",
    severity=Severity.LOW,
    types=(POLICY,),
    arguments={"mlinfra:boundary:PermissionsBoundary": "archive_bucket_arns"},
    fix='{"Effect": "Deny", "Action": ["s3:Delete*", "s3:Put*"], "Resource": [bucket.arn, f"{bucket.arn}/*"]} in the boundary',
    profiles=STRICT,
)
def iam_boundary_archives(boundary: Resource) -> Truth:
    """Object Lock keeps what is there; nothing but a denial keeps false records from being added."""
    held = policy(boundary["policy"])
    trails = boundary.graph.of(TRAIL)

    def closed(bucket: Resource) -> Truth:
        objects = f"{bucket.node.outputs.get('arn')}/AWSLogs/record"

        def closes(one: Statement) -> Known:
            reached = one.resources.any(lambda text: matches(text, objects))
            always = one.unconditional()
            return all3((one.denies, one.covers("s3:PutObject"), one.covers("s3:DeleteObject"), reached, always))

        return held.some(closes, f"a denial for {bucket.name}")

    archives = all_of(holds_where_it_leads(trail["s3BucketName"], BUCKETS, closed) for trail in trails)
    return only_if(is_boundary(boundary) & trails.exist(), archives)


RULES: Final = (iam_boundary_guards, iam_boundary_perimeter, iam_boundary_archives)
