"""Rules about trails, log groups and the alarms on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT, Profile
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.compliance.truth import all_of, any_of, only_if
from mlinfra.policies.components import KEPT, LOG_DAYS
from mlinfra.policies.references import holds_where_it_leads, names_a_key
from mlinfra.policies.s3 import BUCKETS, FLAGS, LOGGING, PUBLIC_ACCESS_BLOCK
from mlinfra.policies.shared import account_stack, production, protected

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

TRAIL: Final = "aws:cloudtrail/trail:Trail"
LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
FILTER: Final = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
AUDIT_TRAIL: Final = "mlinfra:audit:AuditTrail"
LEAST_DAYS: Final = {Profile.BASELINE: 90, Profile.REGULATED: 365, Profile.ISOLATED: 365}
WATCHED: Final = {
    "calls that were denied": "AccessDenied",
    "sign-in without a second factor": "MFAUsed",
    "use of the root user": "Root",
    "changes of IAM policies": "PutRolePolicy",
    "changes of trails": "StopLogging",
    "failed sign-in": "Failed authentication",
    "deletion of keys": "ScheduleKeyDeletion",
    "changes of bucket policies": "PutBucketPolicy",
    "changes of AWS Config": "StopConfigurationRecorder",
    "changes of security groups": "AuthorizeSecurityGroupIngress",
    "changes of access lists": "CreateNetworkAclEntry",
    "changes of gateways": "AttachInternetGateway",
    "changes of routes": "ReplaceRoute",
    "changes of VPCs": "DeleteVpc",
    "changes of the organisation": "organizations.amazonaws.com",
}
"""What the monitoring chapter of the CIS AWS Foundations Benchmark asks alarms for, and a word of each of its filters."""


@rule(
    "trail-multi-region",
    title="Trails record every region, and global services",
    severity=Severity.HIGH,
    types=(TRAIL,),
    fix="aws.cloudtrail.Trail(name, is_multi_region_trail=True, include_global_service_events=True, enable_logging=True)",
)
def trail_multi_region(trail: Resource) -> Truth:
    """Whoever has a stolen key starts GPUs in the region that nobody looks at."""
    flags = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogging")
    return all_of(trail[flag].is_true() for flag in flags)


@rule(
    "trail-management-events",
    title="Trails record all management events",
    severity=Severity.HIGH,
    types=(TRAIL,),
    fix='advanced_event_selectors=[{"field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]}, …]',
)
def trail_management_events(trail: Resource) -> Truth:
    """Selectors take the place of the default: with one for data events alone, who changed what is no longer recorded."""

    def whole(selector: Value) -> Truth:
        fields = selector["fieldSelectors"]
        other = fields.any(lambda one: ~one["field"].is_("eventCategory"))
        return _category(selector, "Management") & ~other

    advanced, classic = trail["advancedEventSelectors"], trail["eventSelectors"]
    chosen = advanced.any(whole) | classic.any(
        lambda one: one["includeManagementEvents"].is_true() & one["readWriteType"].is_("All")
    )
    return (~advanced.present() & ~classic.present()) | chosen


@rule(
    "trail-data-events",
    title="Trails record who reads and writes objects",
    severity=Severity.MEDIUM,
    types=(TRAIL,),
    fix='{"field_selectors": [{"field": "eventCategory", "equals": ["Data"]}, {"field": "resources.type", "equals": '
    '["AWS::S3::Object"]}]} among the advanced_event_selectors',
    arguments={AUDIT_TRAIL: "data_bucket_arns"},
    profiles=STRICT,
)
def trail_data_events(trail: Resource) -> Truth:
    """Which datasets left, and which model was replaced by whom, stands in data events and nowhere else."""

    def objects(selector: Value) -> Truth:
        kind = selector["fieldSelectors"].any(
            lambda one: one["field"].is_("resources.type") & one["equals"].contains("AWS::S3::Object")
        )
        one_way = selector["fieldSelectors"].any(lambda one: one["field"].is_("readOnly"))
        return _category(selector, "Data") & kind & ~one_way

    classic = trail["eventSelectors"].any(
        lambda one: (
            one["dataResources"].any(lambda item: item["type"].is_("AWS::S3::Object")) & one["readWriteType"].is_("All")
        )
    )
    return trail["advancedEventSelectors"].any(objects) | classic


@rule(
    "trail-validation",
    title="Trails sign their log files",
    severity=Severity.LOW,
    types=(TRAIL,),
    fix="aws.cloudtrail.Trail(name, enable_log_file_validation=True)",
)
def trail_validation(trail: Resource) -> Truth:
    """Without the digests nobody can show that a log was not changed, or that none is missing."""
    return trail["enableLogFileValidation"].is_true()


@rule(
    "trail-kms",
    title="Trails are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(TRAIL,),
    fix="aws.cloudtrail.Trail(name, kms_key_id=key.arn)",
    profiles=STRICT,
)
def trail_kms(trail: Resource) -> Truth:
    """Reading the record of everything that anybody did takes the key then, and is itself recorded."""
    return names_a_key(trail["kmsKeyId"])


@rule(
    "trail-cloudwatch",
    title="Trails write to CloudWatch Logs",
    severity=Severity.LOW,
    types=(TRAIL,),
    fix='cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"), cloud_watch_logs_role_arn=role.arn',
)
def trail_cloudwatch(trail: Resource) -> Truth:
    """Alarms need it: in the bucket the events arrive minutes later, and nobody looks."""
    group = trail["cloudWatchLogsGroupArn"]
    return (group.resources(LOG_GROUP).exist() if group.is_unknown else group.present()).wanted("a log group")


@rule(
    "trail-insights",
    title="Trails look for what is unusual",
    severity=Severity.LOW,
    types=(TRAIL,),
    fix='insight_selectors=[{"insight_type": "ApiCallRateInsight"}, {"insight_type": "ApiErrorRateInsight"}]',
    profiles=STRICT,
)
def trail_insights(trail: Resource) -> Truth:
    """A burst of calls, or of errors, is how a stolen credential shows itself first."""

    def looks_for(kind: str) -> Truth:
        return trail["insightSelectors"].any(lambda one: one["insightType"].is_(kind))

    return looks_for("ApiCallRateInsight") & looks_for("ApiErrorRateInsight")


@rule(
    "trail-bucket",
    title="The bucket of a trail is private, logged and protected",
    severity=Severity.CRITICAL,
    types=(TRAIL,),
    arguments=KEPT,
    fix="a bucket with aws.s3.BucketPublicAccessBlock, aws.s3.BucketLogging and pulumi.ResourceOptions(protect=True)",
)
def trail_bucket(trail: Resource) -> Truth:
    """It shows what is where in the account, and it is what an intruder deletes. A bucket of another stack is judged there."""

    def safe(bucket: Resource) -> Truth:
        block = bucket.attached(PUBLIC_ACCESS_BLOCK, at="bucket")
        private = block.any(lambda one: all_of(one[flag].is_true() for flag in FLAGS))
        logged = bucket.attached(*LOGGING, at="bucket").exist() | bucket["logging.targetBucket"].present()
        kept = protected(bucket) & ~bucket["forceDestroy"].is_true()
        return private & logged & (~production(bucket) | kept)

    return holds_where_it_leads(trail["s3BucketName"], BUCKETS, safe)


@rule(
    "account-trail",
    title="The account has a trail",
    severity=Severity.HIGH,
    types=(STACK,),
    fix="aws.cloudtrail.Trail; where the organisation's trail records the account, a waiver that says so",
)
def account_trail(stack: Resource) -> Truth:
    """Nothing that happens in an account can be looked into afterwards without one."""
    trails = stack.graph.of(TRAIL)
    return account_stack(stack, trails.any(lambda one: one["isMultiRegionTrail"].is_true()))


@rule(
    "logs-kms",
    title="Log groups are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(LOG_GROUP,),
    fix="aws.cloudwatch.LogGroup(name, kms_key_id=key.arn)",
    profiles=STRICT,
)
def logs_kms(group: Resource) -> Truth:
    """Prompts, records and now and then a credential end up in logs, whatever anybody intends."""
    return names_a_key(group["kmsKeyId"])


@rule(
    "logs-retention",
    title="Log groups keep logs long enough, and not for ever",
    severity=Severity.LOW,
    types=(LOG_GROUP,),
    fix="aws.cloudwatch.LogGroup(name, retention_in_days=365)",
    arguments=LOG_DAYS,
)
def logs_retention(group: Resource) -> Truth:
    """90 days in the baseline profile, a year in the others. Without an end personal data in logs is never deleted."""
    return group["retentionInDays"].at_least(LEAST_DAYS[group.graph.profile])


@rule(
    "audit-alarm-wired",
    title="Alarms on the trail tell somebody",
    severity=Severity.MEDIUM,
    types=(FILTER,),
    fix="aws.cloudwatch.MetricAlarm(name, metric_name=…, namespace=…, alarm_actions=[topic.arn])",
)
def audit_alarm_wired(metric: Resource) -> Truth:
    """A filter counts; only an alarm with an action calls. Asked of filters on the log group of a trail."""
    name = metric["metricTransformation.name"]
    group = metric["logGroupName"]
    trails = metric.graph.of(TRAIL)
    on_trail = group.resources(LOG_GROUP).any(
        lambda one: any_of(
            trail["cloudWatchLogsGroupArn"]
            .resources(LOG_GROUP)
            .any(lambda other: one.says(other is one, "that of a trail"))
            for trail in trails
        )
    )

    def calls(alarm: Resource) -> Truth:
        same = name.where(lambda raw: raw == alarm["metricName"].raw, "the metric of the alarm")
        return same & alarm["alarmActions"].present() & alarm["actionsEnabled"].is_true()

    return only_if(on_trail, metric.graph.of(ALARM).any(calls))


@rule(
    "audit-alarms",
    title="The account has alarms for what an intruder does first",
    severity=Severity.MEDIUM,
    types=(STACK,),
    fix="aws.cloudwatch.LogMetricFilter and aws.cloudwatch.MetricAlarm on the log group of the trail for each of them",
    profiles=STRICT,
)
def audit_alarms(stack: Resource) -> Truth:
    """Switching off the trail, opening a security group, scheduling the deletion of a key: somebody must hear of it."""
    filters = stack.graph.of(FILTER)

    def watched(what: str, word: str) -> Truth:
        return filters.any(
            lambda one: one["pattern"].where(lambda raw: isinstance(raw, str) and word in raw, f"a filter for {what}")
        )

    return account_stack(stack, all_of(watched(what, word) for what, word in WATCHED.items()))


def _category(selector: Value, category: str) -> Truth:
    return selector["fieldSelectors"].any(
        lambda one: one["field"].is_("eventCategory") & one["equals"].contains(category)
    )


RULES: Final = (
    *(trail_multi_region, trail_management_events, trail_data_events, trail_validation, trail_kms, trail_cloudwatch),
    *(trail_insights, trail_bucket, account_trail, logs_kms, logs_retention, audit_alarm_wired, audit_alarms),
)
