"""Logs, CloudTrail, CloudWatch, EventBridge and Config: who may write where, and how much."""

from __future__ import annotations

from typing import Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.policies.document import read
from mlinfra.sandbox.refusals.policies.meaning import Request, allows
from mlinfra.sandbox.refusals.references import usable_key

LOGS: Final = "InvalidParameterException"
CLOUDTRAIL: Final = (("Service", "cloudtrail.amazonaws.com"),)
OWNER_ACL: Final = {"s3:x-amz-acl": "bucket-owner-full-control"}
DAY: Final = 86_400
HOUR: Final = 3600


def log_group_key(call: Call) -> None:
    """A log group's key exists and lets CloudWatch Logs use it for this group."""
    key_id, account = call.params.get("kmsKeyId"), call.account
    if not key_id:
        return
    name = call.params.get("logGroupName") or str(call.params.get("resourceIdentifier", "")).split("log-group:")[-1]
    arn = f"arn:aws:logs:{account.region}:{account.id}:log-group:{name}"
    message = f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}'"
    try:
        key = usable_key(call, key_id, LOGS)
    except Refused as refused:
        raise Refused(LOGS, f"{message}: {refused.message}") from refused
    service = f"logs.{account.region}.amazonaws.com"
    context = {"kms:encryptioncontext:aws:logs:arn": arn, "aws:sourceaccount": account.id, "aws:sourcearn": arn}
    request = Request("kms:GenerateDataKey", (("Service", service),), context=context)
    if key and not allows(read(account.key_policy(key)), request):
        raise Refused(LOGS, f"{message}: its policy does not let {service} use it", transient=True)


def subscription(call: Call) -> None:
    """A function that logs are sent to lets CloudWatch Logs call it."""
    arn = call.params["destinationArn"]
    if ":lambda:" not in arn or not call.account.owns(arn):
        return
    policy = call.account.resource_policy(arn)
    principals = (("Service", "logs.amazonaws.com"), ("Service", f"logs.{call.account.region}.amazonaws.com"))
    if policy is None or not allows(read(policy), Request("lambda:InvokeFunction", principals)):
        message = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."
        raise Refused(LOGS, message, transient=True)


def trail(call: Call) -> None:
    """A trail's bucket and key let CloudTrail write."""
    account, bucket = call.account, call.params.get("S3BucketName")
    arn = f"arn:aws:cloudtrail:{account.region}:{account.id}:trail/{call.params['Name'].split('/')[-1]}"
    context = {"aws:sourcearn": arn, "aws:sourceaccount": account.id, **OWNER_ACL}
    if bucket and account.bucket_exists(bucket):
        prefix = f"{call.params['S3KeyPrefix']}/" if call.params.get("S3KeyPrefix") else ""
        objects = f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{account.id}/CloudTrail/x"
        policy = account.bucket_policy(bucket)
        statements = read(policy) if policy else ()
        wanted = (("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}"), ("s3:PutObject", objects))
        if not all(allows(statements, Request(action, CLOUDTRAIL, on, context)) for action, on in wanted):
            message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
            raise Refused("InsufficientS3BucketPolicyException", message, transient=True)
    if key_id := call.params.get("KmsKeyId"):
        key = usable_key(call, key_id, "KmsKeyNotFoundException", "KmsKeyDisabledException")
        context["kms:encryptioncontext:aws:cloudtrail:arn"] = arn
        if key and not allows(
            read(account.key_policy(key)), Request("kms:GenerateDataKey", CLOUDTRAIL, context=context)
        ):
            message = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key_id}."
            raise Refused("InsufficientEncryptionPolicyException", message, transient=True)


def trail_count(call: Call) -> None:
    """A region has few trails of its own."""
    trails = (call.account.ask("cloudtrail", "describe_trails") or {}).get("trailList", [])
    here = [item for item in trails if item.get("HomeRegion") == call.account.region]
    if len(here) >= call.quotas["trails-per-region"]:
        message = f"User: {call.account.id} already has {len(here)} trails in {call.account.region}."
        raise Refused("MaximumNumberOfTrailsExceededException", message)


def alarm(call: Call) -> None:
    """An alarm looks back a day, or a week where its periods are hours."""
    period, periods = call.params.get("Period", 0), call.params.get("EvaluationPeriods", 0)
    if period * periods > (DAY if period < HOUR else 7 * DAY):
        message = f"Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= {DAY}), or seven where Period is an hour or more"
        raise Refused("ValidationError", message)


def targets(call: Call) -> None:
    """A rule has few targets."""
    rule = {name: call.params[name] for name in ("Rule", "EventBusName") if name in call.params}
    found = (call.account.ask("events", "list_targets_by_rule", **rule) or {}).get("Targets", [])
    limit = call.quotas["targets-per-rule"]
    if len({target["Id"] for target in [*found, *call.params["Targets"]]}) > limit:
        raise Refused(
            "LimitExceededException",
            f"The requested resource exceeds the maximum number allowed: {limit} targets per rule",
        )


def delivery(call: Call) -> None:
    """A delivery channel's bucket lets Config, or the recorder's own role, write."""
    channel, account = call.params["DeliveryChannel"], call.account
    bucket = channel.get("s3BucketName", "")
    if not account.bucket_exists(bucket):
        return
    recorders = (account.ask("config", "describe_configuration_recorders") or {}).get("ConfigurationRecorders", [])
    roles = [str(item["roleARN"]) for item in recorders]
    prefix = f"{channel['s3KeyPrefix']}/" if channel.get("s3KeyPrefix") else ""
    objects = f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{account.id}/Config/x"
    principals = (("Service", "config.amazonaws.com"), *(("AWS", role) for role in roles))
    request = Request("s3:PutObject", principals, objects, {**OWNER_ACL, "aws:sourceaccount": account.id})
    policies = [account.bucket_policy(bucket)]
    policies += [document for role in roles for document in account.role_documents(role.rsplit("/", 1)[-1])]
    if not any(allows(read(policy), request) for policy in policies if policy):
        message = f"Insufficient delivery policy to s3 bucket: {bucket}, unable to write to bucket, provided s3 key prefix is '{channel.get('s3KeyPrefix')}'."
        raise Refused("InsufficientDeliveryPolicyException", message, transient=True)


def event_data_store(call: Call) -> None:
    """An event data store that is protected stays."""
    store = call.account.ask("cloudtrail", "get_event_data_store", EventDataStore=call.params["EventDataStore"]) or {}
    if store.get("TerminationProtectionEnabled"):
        message = "The event data store cannot be deleted because termination protection is enabled for it."
        raise Refused("EventDataStoreTerminationProtectedException", message)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("logs", "CreateLogGroup"): (log_group_key,),
    ("logs", "AssociateKmsKey"): (log_group_key,),
    ("logs", "PutSubscriptionFilter"): (subscription,),
    ("cloudtrail", "CreateTrail"): (trail, trail_count),
    ("cloudtrail", "UpdateTrail"): (trail,),
    ("cloudtrail", "DeleteEventDataStore"): (event_data_store,),
    ("cloudwatch", "PutMetricAlarm"): (alarm,),
    ("events", "PutTargets"): (targets,),
    ("config", "PutDeliveryChannel"): (delivery,),
}
