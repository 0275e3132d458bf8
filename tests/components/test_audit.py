"""The audit trail and its archive."""

from __future__ import annotations

from typing import Any

import pytest

import mlinfra as ml

KEY = "arn:aws:kms:eu-central-1:123456789012:key/logs"
TRAIL = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/dev-audit"


def audit(declare, **arguments: Any):
    args = {
        "account": ml.Account(id="123456789012", region="eu-central-1"),
        "logs_key_arn": KEY,
        "access_log_bucket": "access-logs",
        **arguments,
    }
    return declare(lambda: ml.AuditTrail("audit", ml.AuditTrailArgs(**args)))


def trail(graph):
    return graph.one("aws:cloudtrail/trail:Trail")


def test_the_trail_is_whole_validated_and_encrypted(declare) -> None:
    made = trail(audit(declare))
    for setting in ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging"):
        assert made.inputs[setting] is True
    assert made.inputs["kmsKeyId"] == KEY
    assert made.inputs["name"] == "dev-audit"
    assert {s["insightType"] for s in made.inputs["insightSelectors"]} == {"ApiCallRateInsight", "ApiErrorRateInsight"}


def test_the_trail_waits_for_what_admits_it(declare) -> None:
    declared = audit(declare, notify=True)
    made = {(node.type.rpartition(":")[2], node.name) for node in declared.graph.dependencies(trail(declared))}
    wanted = {
        ("BucketPolicy", "audit-archive-policy"),
        ("RolePolicy", "audit-trail"),
        ("TopicPolicy", "audit-deliveries"),
    }
    assert wanted <= made


def test_management_events_always_and_object_access_in_the_buckets_given(declare) -> None:
    (management,) = trail(audit(declare)).inputs["advancedEventSelectors"]
    assert management["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]
    made = trail(audit(declare, data_bucket_arns=["arn:aws:s3:::datasets"]))
    _, data = made.inputs["advancedEventSelectors"]
    fields = {selector["field"]: selector for selector in data["fieldSelectors"]}
    assert fields["resources.type"]["equals"] == ["AWS::S3::Object"]
    assert fields["resources.ARN"]["startsWiths"] == ["arn:aws:s3:::datasets/"]


def test_the_archive_admits_this_trail_alone(declare, statements) -> None:
    declared = audit(declare)
    archive = declared.one("aws:s3/bucket:Bucket").outputs["arn"]
    policy = statements(declared.one("aws:s3/bucketPolicy:BucketPolicy"))
    check, write = [s for s in policy if s["Sid"].startswith("CloudTrail")]
    assert check == {
        "Sid": "CloudTrailCheck",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:GetBucketAcl",
        "Resource": archive,
        "Condition": {"StringEquals": {"aws:SourceArn": TRAIL}},
    }
    assert write["Resource"] == f"{archive}/AWSLogs/123456789012/*"
    assert write["Condition"] == {"StringEquals": {"aws:SourceArn": TRAIL, "s3:x-amz-acl": "bucket-owner-full-control"}}


def test_digests_are_not_kept_out_by_a_right_key_rule(declare, statements) -> None:
    policy = statements(audit(declare).one("aws:s3/bucketPolicy:BucketPolicy"))
    assert not [s for s in policy if "x-amz-server-side-encryption" in str(s)]


@pytest.mark.parametrize(
    ("profile", "mode", "days"),
    [("baseline", "GOVERNANCE", 90), ("regulated", "COMPLIANCE", 365), ("isolated", "COMPLIANCE", 365)],
)
def test_the_archive_is_locked_as_the_profile_wants(declare, profile: str, mode: str, days: int) -> None:
    graph = audit(declare, profile=profile)
    lock = graph.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock.inputs["rule"]["defaultRetention"] == {"mode": mode, "days": days}


@pytest.mark.parametrize(
    ("profile", "days"), [("baseline", None), ("baseline", 91), ("regulated", None), ("regulated", 2557)]
)
def test_logs_expire_after_the_lock_and_never_before_they_moved(declare, profile: str, days: int | None) -> None:
    graph = audit(declare, profile=profile, archive_days=days)
    (rule,) = graph.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    lock = graph.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert rule["expiration"]["days"] == lock.inputs["rule"]["defaultRetention"]["days"]
    assert all(move["days"] < rule["expiration"]["days"] for move in rule.get("transitions", []))


def test_the_archive_itself_is_watched(declare) -> None:
    assert audit(declare).one("aws:s3/bucketLogging:BucketLogging").inputs["targetBucket"] == "access-logs"


def test_the_trail_can_be_searched_through_a_role_that_admits_it_alone(declare, statements) -> None:
    graph = audit(declare)
    group = graph.one("aws:cloudwatch/logGroup:LogGroup")
    assert (group.inputs["kmsKeyId"], group.inputs["retentionInDays"]) == (KEY, 365)
    assert trail(graph).inputs["cloudWatchLogsGroupArn"] == f"{group.outputs['arn']}:*"
    (assume,) = statements(graph.one("aws:iam/role:Role"), "assumeRolePolicy")
    assert assume["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012", "aws:SourceArn": TRAIL}}
    (write,) = statements(graph.one("aws:iam/rolePolicy:RolePolicy"))
    assert write["Resource"] == f"{group.outputs['arn']}:log-stream:123456789012_CloudTrail_eu-central-1*"


def test_deliveries_are_announced_on_an_encrypted_topic_when_asked_for(declare, statements) -> None:
    assert not audit(declare).of("aws:sns/topic:Topic")
    graph = audit(declare, notify=True)
    assert graph.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == KEY
    publish, plaintext = statements(graph.one("aws:sns/topicPolicy:TopicPolicy"))
    assert publish["Condition"] == {"StringEquals": {"aws:SourceArn": TRAIL}}
    assert (plaintext["Effect"], plaintext["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    topic = graph.one("aws:sns/topic:Topic").outputs["arn"]
    assert graph.one("mlinfra:audit:AuditTrail").outputs["topicArn"] == topic


def test_an_organisations_trail_is_used_as_it_is(declare) -> None:
    trail_arn = "arn:aws:cloudtrail:eu-central-1:999999999999:trail/organisation"
    existing = {"trail_arn": trail_arn, "archive_bucket_name": "organisation-trail", "log_group_name": "organisation"}
    declared = audit(declare, existing=existing)
    assert not declared.graph.resources()
    outputs = declared.one("mlinfra:audit:AuditTrail").outputs
    assert outputs["trailArn"] == trail_arn
    assert outputs["archiveBucketArn"] == "arn:aws:s3:::organisation-trail"
    assert outputs["logGroupArn"] == "arn:aws:logs:eu-central-1:123456789012:log-group:organisation"
