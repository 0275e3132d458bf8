"""Buckets: what every one of them has, and what purpose, classification and profile add."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mlinfra as ml

ACCOUNT = ml.Account(id="123456789012", region="eu-central-1")
KEY = "arn:aws:kms:eu-central-1:123456789012:key/data"
ENDPOINT = "vpce-0123456789abcdef0"


def data_bucket(declare, **arguments: Any):
    args = {"purpose": "datasets", "classification": "internal", "key_arn": KEY, "access_log_bucket": "access-logs"}
    return declare(lambda: ml.DataBucket("box", ml.DataBucketArgs(**{**args, **arguments})))


def access_logs(declare, **arguments: Any):
    return declare(lambda: ml.AccessLogBucket("logs", ml.AccessLogBucketArgs(account=ACCOUNT, **arguments)))


def audit(declare, **arguments: Any):
    args = {"account": ACCOUNT, "logs_key_arn": KEY, "access_log_bucket": "access-logs"}
    return declare(lambda: ml.AuditTrail("audit", ml.AuditTrailArgs(**{**args, **arguments})))


def statements(declared) -> dict[str, dict[str, Any]]:
    policy = json.loads(declared.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def rule(graph) -> dict[str, Any]:
    (only,) = graph.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    return only


@pytest.mark.parametrize("make", [data_bucket, access_logs, audit])
def test_every_bucket_is_private_versioned_owned_and_takes_tls_only(declare, make) -> None:
    graph = make(declare)
    private = graph.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert [
        private[flag] for flag in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ] == [True] * 4
    assert graph.one("aws:s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }
    owned = graph.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls").inputs["rule"]
    assert owned == {"objectOwnership": "BucketOwnerEnforced"}
    assert rule(graph)["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    bucket_arn = graph.one("aws:s3/bucket:Bucket").outputs["arn"]
    for sid, test in (
        ("DenyPlaintext", {"Bool": {"aws:SecureTransport": "false"}}),
        ("DenyOldTls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ):
        assert statements(graph)[sid] == {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": test,
        }


@pytest.mark.parametrize("make", [data_bucket, access_logs, audit])
def test_no_bucket_allows_anybody_without_a_condition(declare, make) -> None:
    allowing = [s for s in statements(make(declare)).values() if s["Effect"] == "Allow"]
    assert all(s["Principal"] != "*" and "aws:SourceArn" in str(s["Condition"]) for s in allowing)


@pytest.mark.parametrize("make", [data_bucket, access_logs, audit])
def test_deletion_is_refused_unless_told_otherwise(declare, make) -> None:
    bucket = make(declare).one("aws:s3/bucket:Bucket")
    assert (bucket.options.protect, bucket.inputs["forceDestroy"]) == (True, False)
    bucket = make(declare, deletion_protection=False).one("aws:s3/bucket:Bucket")
    assert (bucket.options.protect, bucket.inputs["forceDestroy"]) == (False, True)


def test_data_is_encrypted_with_the_given_key_and_no_other(declare) -> None:
    graph = data_bucket(declare)
    (encryption,) = graph.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ).inputs["rules"]
    assert encryption == {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
        "bucketKeyEnabled": True,
    }
    algorithm, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    # Only uploads that name an encryption are judged: those that name none get the bucket's.
    assert statements(graph)["DenyOtherKey"]["Condition"] == {"StringNotEquals": {key: KEY}, "Null": {key: "false"}}
    assert statements(graph)["DenyOtherEncryption"]["Condition"] == {
        "StringNotEquals": {algorithm: "aws:kms"},
        "Null": {algorithm: "false"},
    }


def test_data_buckets_say_who_accessed_them(declare) -> None:
    logging = data_bucket(declare).one("aws:s3/bucketLogging:BucketLogging")
    assert (logging.inputs["targetBucket"], logging.inputs["targetPrefix"]) == ("access-logs", "box-bucket/")


def test_restricted_data_is_reached_through_the_endpoints_alone(declare) -> None:
    graph = data_bucket(declare, classification="restricted", vpc_endpoint_ids=[ENDPOINT])
    deny = statements(graph)["DenyOutsideEndpoints"]
    assert deny["Condition"] == {
        "StringNotEquals": {"aws:SourceVpce": [ENDPOINT]},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        "ArnNotLikeIfExists": {"aws:PrincipalArn": "arn:*:iam::*:role/aws-service-role/*"},
    }
    bucket_arn = graph.one("aws:s3/bucket:Bucket").outputs["arn"]
    assert deny["Resource"] == [bucket_arn, f"{bucket_arn}/*"]
    assert {"s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*"} <= set(deny["Action"])
    assert "s3:ListBucket" not in deny["Action"], "the deploying role must be able to HeadBucket"
    assert "DenyOutsideEndpoints" not in statements(data_bucket(declare))


@pytest.mark.parametrize("classification", list(ml.Classification))
def test_the_bucket_carries_its_classification(declare, classification: ml.Classification) -> None:
    graph = data_bucket(declare, classification=classification, vpc_endpoint_ids=[ENDPOINT])
    assert graph.one("aws:s3/bucket:Bucket").inputs["tags"]["data-classification"] == classification.value


@pytest.mark.parametrize(
    ("profile", "mode"), [("baseline", "GOVERNANCE"), ("regulated", "COMPLIANCE"), ("isolated", "COMPLIANCE")]
)
def test_object_lock_is_as_strict_as_the_profile(declare, profile: str, mode: str) -> None:
    graph = data_bucket(declare, profile=profile, lock_days=100, vpc_endpoint_ids=[ENDPOINT])
    assert "objectLockEnabled" not in graph.one("aws:s3/bucket:Bucket").inputs, "it would replace a bucket in use"
    lock = graph.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock.inputs["rule"] == {"defaultRetention": {"mode": mode, "days": 100}}
    assert not data_bucket(declare).of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")


@pytest.mark.parametrize("purpose", list(ml.BucketPurpose))
def test_the_lifecycle_follows_the_purpose_and_deletes_no_current_data(declare, purpose: ml.BucketPurpose) -> None:
    made = rule(data_bucket(declare, purpose=purpose))
    assert "expiration" not in made
    assert made["transitions"][0]["days"] >= 30
    assert made["noncurrentVersionExpiration"]["noncurrentDays"] >= 7


def test_access_logs_are_delivered_by_s3_for_this_account_alone(declare) -> None:
    graph = access_logs(declare)
    deliver = statements(graph)["DeliverAccessLogs"]
    assert deliver["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert deliver["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"},
    }
    # S3 delivers neither to a bucket with a customer-managed key nor to one with default retention.
    encryption = graph.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    assert encryption.inputs["rules"][0]["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert not graph.of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert rule(graph)["expiration"] == {"days": 365}


def test_names_are_handed_out_only_once_the_policy_stands(declare) -> None:
    def program() -> None:
        logs = ml.AccessLogBucket("logs", ml.AccessLogBucketArgs(account=ACCOUNT))
        args = ml.DataBucketArgs(
            purpose="models", classification="internal", key_arn=KEY, access_log_bucket=logs.bucket_name
        )
        ml.DataBucket("box", args)

    declared = declare(program)
    logging = declared.one("aws:s3/bucketLogging:BucketLogging")
    assert "logs-access-logs-policy" in declared.needs(logging)
