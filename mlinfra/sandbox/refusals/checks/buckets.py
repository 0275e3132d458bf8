"""S3: access control lists, versioning, lifecycle, replication, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.policies.document import read
from mlinfra.sandbox.refusals.policies.meaning import Request, allows

Item = Mapping[str, Any]
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html, read 2026-11-22:
# objects move down this list only, and stay 30 days before and in the infrequent access classes.
COLDER: Final = (
    "STANDARD",
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)
INFREQUENT: Final = ("STANDARD_IA", "ONEZONE_IA")
INFREQUENT_DAYS: Final = 30
NOTIFIED: Final = (  # kind of configuration, where its ARN stands, what S3 must be allowed to do
    ("QueueConfigurations", "QueueArn", "sqs:SendMessage"),
    ("TopicConfigurations", "TopicArn", "sns:Publish"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda:InvokeFunction"),
)


def acl(call: Call) -> None:
    """A bucket takes an access control list only when its ownership controls allow them."""
    found = call.account.ask("s3", "get_bucket_ownership_controls", Bucket=call.params["Bucket"])
    rules = found["OwnershipControls"]["Rules"] if found else [{"ObjectOwnership": "BucketOwnerEnforced"}]
    if rules[0]["ObjectOwnership"] == "BucketOwnerEnforced" and call.params.get("ACL") != "private":
        raise Refused("AccessControlListNotSupported", "The bucket does not allow ACLs")


def versioning(call: Call) -> None:
    """Versioning stays on under object lock."""
    if call.first("VersioningConfiguration.Status") != "Suspended":
        return
    if call.account.ask("s3", "get_object_lock_configuration", Bucket=call.params["Bucket"]):
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise Refused("InvalidBucketState", message, status=409)


def lifecycle(call: Call) -> None:
    """Lifecycle rules cool objects down step by step, and expire them last."""
    for rule in call.values("LifecycleConfiguration.Rules[]"):
        _cooling(rule, "Transitions", "Expiration", "Days")
        _cooling(rule, "NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "NoncurrentDays")


def replication(call: Call) -> None:
    """Objects are replicated into versioned buckets."""
    for destination in call.values("ReplicationConfiguration.Rules[].Destination"):
        target = destination["Bucket"].removeprefix("arn:aws:s3:::")
        if destination.get("Account", call.account.id) != call.account.id:
            continue
        if not call.account.bucket_exists(target):
            raise Refused("InvalidRequest", f"Destination bucket must exist: {target}")
        if not call.account.versioned(target):
            raise Refused("InvalidRequest", f"Destination bucket must have versioning enabled: {target}")


def notifications(call: Call) -> None:
    """No two notifications overlap, and what is notified lets the bucket in."""
    given = call.params["NotificationConfiguration"]
    items = [(item, str(item[arn]), action) for kind, arn, action in NOTIFIED for item in given.get(kind, [])]
    if any(_overlap(one, other) for (one, *_), (other, *_) in combinations(items, 2)):
        message = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
        raise Refused("InvalidArgument", message)
    for _, arn, action in items:
        if (
            not call.params.get("SkipDestinationValidation")
            and call.account.owns(arn)
            and not _lets_in(call, arn, action)
        ):
            message = f"Unable to validate the following destination configurations: {arn} is missing or does not allow {action} to s3.amazonaws.com"
            raise Refused("InvalidArgument", message, transient=True)


def _cooling(rule: Item, transitions: str, expiration: str, days: str) -> None:
    steps = sorted((step[days], step["StorageClass"]) for step in rule.get(transitions, []) if days in step)
    end = rule.get(expiration, {}).get(days)
    for day, storage in steps:
        if storage in INFREQUENT and day < INFREQUENT_DAYS:
            message = f"'{days}' in Transition action must be greater than or equal to {INFREQUENT_DAYS} for storageClass '{storage}'"
            raise Refused("InvalidArgument", message)
        if end is not None and end <= day:
            message = f"'{days}' in the {expiration} action must be greater than '{days}' in the Transition action"
            raise Refused("InvalidArgument", message)
    for (earlier, warm), (later, cold) in pairwise(steps):
        if COLDER.index(cold) <= COLDER.index(warm):
            raise Refused(
                "InvalidArgument", f"Objects in {warm} cannot be moved to {cold}: they only move to colder classes"
            )
        if warm in INFREQUENT and later - earlier < INFREQUENT_DAYS:
            message = f"'{days}' in the Transition action with StorageClass '{cold}' must be {INFREQUENT_DAYS} days more than with StorageClass '{warm}'"
            raise Refused("InvalidArgument", message)


def _overlap(one: Item, other: Item) -> bool:
    def end(item: Item, name: str) -> str:
        rules = item.get("Filter", {}).get("Key", {}).get("FilterRules", [])
        return next((str(rule["Value"]) for rule in rules if rule["Name"].lower() == name), "")

    def nested(first: str, second: str) -> bool:
        return first.startswith(second) or second.startswith(first)

    def same(first: str, second: str) -> bool:
        wide = "*" in first + second
        return first == second or (wide and nested(first.removesuffix("*"), second.removesuffix("*")))

    events = any(same(first, second) for first in one["Events"] for second in other["Events"])
    suffixes = nested(end(one, "suffix")[::-1], end(other, "suffix")[::-1])
    return events and suffixes and nested(end(one, "prefix"), end(other, "prefix"))


def _lets_in(call: Call, arn: str, action: str) -> bool:
    policy = call.account.resource_policy(arn)
    context = {"aws:sourcearn": f"arn:aws:s3:::{call.params['Bucket']}", "aws:sourceaccount": call.account.id}
    request = Request(action, (("Service", "s3.amazonaws.com"),), context=context)
    return policy is not None and allows(read(policy), request)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("s3", "PutBucketAcl"): (acl,),
    ("s3", "PutBucketVersioning"): (versioning,),
    ("s3", "PutBucketLifecycleConfiguration"): (lifecycle,),
    ("s3", "PutBucketReplication"): (replication,),
    ("s3", "PutBucketNotificationConfiguration"): (notifications,),
}
