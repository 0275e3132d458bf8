"""S3: names, policies, public access, encryption, lifecycle, replication, notifications."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, ROOT, Cloud, allow, name, policy

MISSING_KEY = "2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11"
CLOSED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def put_policy(aws: Cloud, bucket: str, *statements: dict[str, Any]) -> None:
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=policy(*statements))


def lifecycle(aws: Cloud, *rules: dict[str, Any]) -> None:
    full = [{"ID": f"rule-{i}", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule} for i, rule in enumerate(rules)]
    aws.s3.put_bucket_lifecycle_configuration(Bucket=aws.bucket(), LifecycleConfiguration={"Rules": full})


def replicate(aws: Cloud, source: str, target: str, **rest: Any) -> None:
    rule = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
        **rest,
    }
    configuration = {"Role": aws.role("s3.amazonaws.com"), "Rules": [rule]}
    aws.s3.put_bucket_replication(Bucket=source, ReplicationConfiguration=configuration)


@mistake("s3.CreateBucket", "InvalidBucketName|ParamValidation")
def bucket_name_in_upper_case(aws: Cloud) -> None:
    aws.s3.create_bucket(Bucket=name("Training"))


@mistake("s3.CreateBucket", "InvalidBucketName")
def bucket_name_with_underscore(aws: Cloud) -> None:
    aws.s3.create_bucket(Bucket=name("training_data"))


@mistake("s3.CreateBucket", "InvalidBucketName")
def bucket_name_with_reserved_suffix(aws: Cloud) -> None:
    aws.s3.create_bucket(Bucket=name("data") + "-s3alias")


@mistake("s3.CreateBucket", "InvalidBucketName")
def bucket_name_like_an_address(aws: Cloud) -> None:
    aws.s3.create_bucket(Bucket="192.168.5.4")


@mistake("s3.CreateBucket", "InvalidLocationConstraint|MalformedXML", "us-east-1|location")
def bucket_location_us_east_1_spelt_out(aws: Cloud) -> None:
    aws.s3.create_bucket(Bucket=name("data"), CreateBucketConfiguration={"LocationConstraint": "us-east-1"})


@mistake("s3.CreateBucket", "InvalidBucketAclWithObjectOwnership")
def bucket_created_with_an_acl(aws: Cloud) -> None:
    aws.s3.create_bucket(Bucket=name("data"), ACL="public-read")


@mistake("s3.PutBucketAcl", "AccessControlListNotSupported")
def acl_on_a_bucket_without_acls(aws: Cloud) -> None:
    aws.s3.put_bucket_acl(Bucket=aws.bucket(), ACL="log-delivery-write")


@mistake("s3.PutBucketPolicy", "MalformedPolicy")
def bucket_policy_is_not_json(aws: Cloud) -> None:
    aws.s3.put_bucket_policy(Bucket=aws.bucket(), Policy="Version: 2012-10-17")


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "Principal")
def bucket_policy_without_principal(aws: Cloud) -> None:
    bucket = aws.bucket()
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "Resource")
def bucket_policy_without_resource(aws: Cloud) -> None:
    put_policy(aws, aws.bucket(), allow("s3:GetObject", None, Principal={"AWS": ROOT}))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "resource")
def bucket_policy_for_another_bucket(aws: Cloud) -> None:
    other = aws.bucket()
    put_policy(aws, aws.bucket(), allow("s3:GetObject", f"arn:aws:s3:::{other}/*", Principal={"AWS": ROOT}))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "Action does not apply to any resource")
def bucket_policy_lists_objects_instead_of_the_bucket(aws: Cloud) -> None:
    bucket = aws.bucket()
    statement = allow(["s3:ListBucket", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*", Principal={"AWS": ROOT})
    put_policy(aws, bucket, statement)


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "Action does not apply to any resource")
def bucket_policy_reads_the_bucket_instead_of_objects(aws: Cloud) -> None:
    bucket = aws.bucket()
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}", Principal={"AWS": ROOT}))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "rincipal")
def bucket_policy_names_a_missing_role(aws: Cloud) -> None:
    bucket = aws.bucket()
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal=principal))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "rincipal")
def bucket_policy_names_a_misspelt_service(aws: Cloud) -> None:
    bucket = aws.bucket()
    principal = {"Service": "cloudtrails.amazonaws.com"}
    put_policy(aws, bucket, allow("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", Principal=principal))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "action")
def bucket_policy_allows_an_action_of_another_service(aws: Cloud) -> None:
    bucket = aws.bucket()
    put_policy(aws, bucket, allow("kms:Decrypt", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": ROOT}))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "action")
def bucket_policy_action_misspelt(aws: Cloud) -> None:
    bucket = aws.bucket()
    put_policy(aws, bucket, allow("s3:GetObjects", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": ROOT}))


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "ondition")
def bucket_policy_condition_operator_misspelt(aws: Cloud) -> None:
    bucket = aws.bucket()
    condition = {"Boolean": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    put_policy(aws, bucket, {**deny, "Condition": condition})


@mistake("s3.PutBucketPolicy", "PolicyTooLarge|MalformedPolicy|InvalidArgument", "20")
def bucket_policy_too_long(aws: Cloud) -> None:
    bucket = aws.bucket()
    objects = [f"arn:aws:s3:::{bucket}/{'x' * 80}{number}/*" for number in range(250)]
    put_policy(aws, bucket, allow("s3:GetObject", objects, Principal={"AWS": ROOT}))


@mistake("s3.PutBucketPolicy", "AccessDenied", "BlockPublicPolicy")
def public_policy_while_blocked(aws: Cloud) -> None:
    bucket = aws.bucket()
    aws.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=CLOSED)
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))


@mistake("s3.PutBucketPolicy", "AccessDenied", "BlockPublicPolicy")
def public_policy_on_a_new_bucket(aws: Cloud) -> None:
    bucket = aws.bucket()
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": "*"}))


@mistake("s3.PutBucketPolicy", "AccessDenied", "BlockPublicPolicy")
def policy_public_but_for_encryption_in_transit(aws: Cloud) -> None:
    bucket = aws.bucket()
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*", Condition=condition))


@mistake("s3.PutBucketPolicy", "AccessDenied", "account")
def public_policy_while_the_account_blocks(aws: Cloud) -> None:
    aws.s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=CLOSED)
    try:
        bucket = aws.bucket()
        aws.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(CLOSED, False))
        put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))
    finally:
        aws.s3control.delete_public_access_block(AccountId=ACCOUNT)


def encrypt(aws: Cloud, **default: str) -> None:
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    aws.s3.put_bucket_encryption(Bucket=aws.bucket(), ServerSideEncryptionConfiguration=rules)


@mistake("s3.PutBucketEncryption", "MalformedXML", "")
def bucket_encryption_algorithm_invented(aws: Cloud) -> None:
    encrypt(aws, SSEAlgorithm="AES-256")


@mistake("s3.PutBucketEncryption", "InvalidArgument", "KMSMasterKeyID")
def bucket_encryption_key_with_aes256(aws: Cloud) -> None:
    encrypt(aws, SSEAlgorithm="AES256", KMSMasterKeyID=aws.key())


@mistake("s3.PutBucketEncryption", "KMS.NotFoundException", "key")
def bucket_encryption_key_missing(aws: Cloud) -> None:
    encrypt(aws, SSEAlgorithm="aws:kms", KMSMasterKeyID=aws.arn("kms", f"key/{MISSING_KEY}"))


@mistake("s3.PutBucketEncryption", "KMS.DisabledException", "disabled")
def bucket_encryption_key_disabled(aws: Cloud) -> None:
    key = aws.key()
    aws.kms.disable_key(KeyId=key.split("/")[1])
    encrypt(aws, SSEAlgorithm="aws:kms", KMSMasterKeyID=key)


@mistake("s3.PutBucketVersioning", "InvalidBucketState")
def versioning_suspended_under_object_lock(aws: Cloud) -> None:
    bucket = aws.bucket(ObjectLockEnabledForBucket=True)
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def lock(aws: Cloud, bucket: str, **retention: object) -> None:
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    aws.s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)


@mistake("s3.PutObjectLockConfiguration", "InvalidBucketState|InvalidRequest|BucketMustHaveLockeEnabled")
def object_lock_without_versioning(aws: Cloud) -> None:
    lock(aws, aws.bucket(), Mode="GOVERNANCE", Days=30)


@mistake("s3.PutObjectLockConfiguration", "MalformedXML")
def object_lock_in_days_and_years(aws: Cloud) -> None:
    lock(aws, aws.bucket(ObjectLockEnabledForBucket=True), Mode="COMPLIANCE", Days=30, Years=1)


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidArgument", "30")
def lifecycle_to_infrequent_access_too_early(aws: Cloud) -> None:
    lifecycle(aws, {"Transitions": [{"Days": 7, "StorageClass": "STANDARD_IA"}]})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidArgument", "30")
def lifecycle_of_old_versions_too_early(aws: Cloud) -> None:
    lifecycle(aws, {"NoncurrentVersionTransitions": [{"NoncurrentDays": 10, "StorageClass": "ONEZONE_IA"}]})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidArgument", "Expiration")
def lifecycle_expires_before_transition(aws: Cloud) -> None:
    lifecycle(aws, {"Transitions": [{"Days": 90, "StorageClass": "GLACIER"}], "Expiration": {"Days": 60}})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidArgument", "30")
def lifecycle_transitions_too_close(aws: Cloud) -> None:
    steps = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 45, "StorageClass": "GLACIER"}]
    lifecycle(aws, {"Transitions": steps})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidArgument", "")
def lifecycle_climbs_back_to_a_warmer_class(aws: Cloud) -> None:
    steps = [{"Days": 30, "StorageClass": "GLACIER"}, {"Days": 90, "StorageClass": "STANDARD_IA"}]
    lifecycle(aws, {"Transitions": steps})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidArgument", "unique")
def lifecycle_rules_share_an_id(aws: Cloud) -> None:
    lifecycle(aws, {"ID": "expire", "Expiration": {"Days": 1}}, {"ID": "expire", "Expiration": {"Days": 2}})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidRequest|MalformedXML", "")
def lifecycle_rule_without_action(aws: Cloud) -> None:
    lifecycle(aws, {})


@mistake("s3.PutBucketLifecycleConfiguration", "InvalidRequest", "Tag")
def lifecycle_aborts_uploads_by_tag(aws: Cloud) -> None:
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    lifecycle(aws, {"Filter": {"Tag": {"Key": "tier", "Value": "scratch"}}, **abort})


@mistake("s3.PutBucketReplication", "InvalidRequest")
def replication_without_versioning(aws: Cloud) -> None:
    replicate(aws, aws.bucket(), aws.versioned())


@mistake("s3.PutBucketReplication", "InvalidRequest", "estination")
def replication_to_an_unversioned_bucket(aws: Cloud) -> None:
    replicate(aws, aws.versioned(), aws.bucket())


@mistake("s3.PutBucketReplication", "InvalidRequest", "estination")
def replication_to_a_missing_bucket(aws: Cloud) -> None:
    replicate(aws, aws.versioned(), name("nowhere"))


@mistake("s3.PutBucketReplication", "InvalidRequest", "SseKmsEncryptedObjects")
def replication_with_a_key_but_no_selection(aws: Cloud) -> None:
    target = aws.versioned()
    destination = {"Bucket": f"arn:aws:s3:::{target}", "EncryptionConfiguration": {"ReplicaKmsKeyID": aws.key()}}
    replicate(aws, aws.versioned(), target, Destination=destination)


@mistake("s3.PutBucketLogging", "InvalidTargetBucketForLogging")
def access_logs_to_a_missing_bucket(aws: Cloud) -> None:
    status = {"LoggingEnabled": {"TargetBucket": name("nowhere"), "TargetPrefix": "logs/"}}
    aws.s3.put_bucket_logging(Bucket=aws.bucket(), BucketLoggingStatus=status)


def notify(aws: Cloud, **configuration: Any) -> None:
    aws.s3.put_bucket_notification_configuration(Bucket=aws.bucket(), NotificationConfiguration=configuration)


@mistake("s3.PutBucketNotificationConfiguration", "InvalidArgument", "Unable to validate")
def notification_to_a_missing_queue(aws: Cloud) -> None:
    queue = {"QueueArn": aws.arn("sqs", "nowhere"), "Events": ["s3:ObjectCreated:*"]}
    notify(aws, QueueConfigurations=[queue])


@mistake("s3.PutBucketNotificationConfiguration", "InvalidArgument", "Unable to validate")
def notification_to_a_queue_that_does_not_allow_it(aws: Cloud) -> None:
    notify(aws, QueueConfigurations=[{"QueueArn": aws.queue_arn(), "Events": ["s3:ObjectCreated:*"]}])


@mistake("s3.PutBucketNotificationConfiguration", "InvalidArgument", "Unable to validate")
def notification_to_a_function_that_does_not_allow_it(aws: Cloud) -> None:
    function = {"LambdaFunctionArn": aws.function(), "Events": ["s3:ObjectCreated:*"]}
    notify(aws, LambdaFunctionConfigurations=[function])


@mistake("s3.PutBucketNotificationConfiguration", "InvalidArgument|MalformedXML", "")
def notification_event_invented(aws: Cloud) -> None:
    notify(aws, TopicConfigurations=[{"TopicArn": aws.topic(), "Events": ["s3:ObjectWritten:*"]}])


@mistake("s3.PutBucketNotificationConfiguration", "InvalidArgument", "overlap")
def notifications_overlap(aws: Cloud) -> None:
    arn = aws.arn("sqs", name("queue"))
    document = policy(allow("sqs:SendMessage", arn, Principal={"Service": "s3.amazonaws.com"}))
    aws.sqs.create_queue(QueueName=arn.rsplit(":", 1)[1], Attributes={"Policy": document})
    queue = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    notify(aws, QueueConfigurations=[{**queue, "Id": "one"}, {**queue, "Id": "two"}])


@mistake("s3.DeleteBucket", "BucketNotEmpty")
def delete_bucket_with_objects(aws: Cloud) -> None:
    bucket = aws.bucket()
    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"b")
    aws.s3.delete_bucket(Bucket=bucket)


@mistake("s3.PutBucketPolicy", "NoSuchBucket")
def policy_of_a_missing_bucket(aws: Cloud) -> None:
    bucket = name("nowhere")
    put_policy(aws, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": ROOT}))


@mistake("s3.PutBucketTagging", "InvalidTag|InvalidArgument|ValidationException|MalformedXML")
def bucket_tags_repeat(aws: Cloud) -> None:
    tags = [{"Key": "owner", "Value": "a"}, {"Key": "owner", "Value": "b"}]
    aws.s3.put_bucket_tagging(Bucket=aws.bucket(), Tagging={"TagSet": tags})


@mistake("s3.PutBucketCors", "InvalidRequest|MalformedXML")
def cors_method_invented(aws: Cloud) -> None:
    rule = {"AllowedMethods": ["OPTIONS"], "AllowedOrigins": ["*"]}
    aws.s3.put_bucket_cors(Bucket=aws.bucket(), CORSConfiguration={"CORSRules": [rule]})


@mistake("s3control.CreateAccessPoint", "NoSuchBucket|InvalidRequest")
def access_point_of_a_missing_bucket(aws: Cloud) -> None:
    aws.s3control.create_access_point(AccountId=ACCOUNT, Name=name("point"), Bucket=name("nowhere"))


@mistake("s3.PutBucketOwnershipControls", "MalformedXML", "")
def ownership_invented(aws: Cloud) -> None:
    controls = {"Rules": [{"ObjectOwnership": "BucketOwner"}]}
    aws.s3.put_bucket_ownership_controls(Bucket=aws.bucket(), OwnershipControls=controls)


@mistake("s3.PutBucketPolicy", "MalformedPolicy", "nvalid JSON|yntax")
def bucket_policy_with_a_trailing_comma(aws: Cloud) -> None:
    bucket = aws.bucket()
    text = json.dumps({"Version": "2012-10-17", "Statement": []})[:-1] + ",}"
    aws.s3.put_bucket_policy(Bucket=bucket, Policy=text)
