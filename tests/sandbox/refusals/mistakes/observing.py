"""Logs, CloudTrail, CloudWatch, events, Config, GuardDuty and their neighbours."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.refusals.catalogue import mistake
from tests.sandbox.refusals.cloud import ACCOUNT, Cloud, allow, for_service, name, policy

INVALID = "InvalidParameterException"
NO_KEY = "2c9d0c2e-3a9c-4b57-8f52-1f6b8e0f4f11"


@mistake("logs.CreateLogGroup", "ResourceAlreadyExistsException")
def log_group_exists(aws: Cloud) -> None:
    group = aws.log_group()
    aws.logs.create_log_group(logGroupName=group)


@mistake("logs.CreateLogGroup", INVALID, "logGroupName")
def log_group_name_with_a_colon(aws: Cloud) -> None:
    aws.logs.create_log_group(logGroupName="training:jobs")


@mistake("logs.CreateLogGroup", INVALID, "KMS key")
def log_group_key_missing(aws: Cloud) -> None:
    aws.logs.create_log_group(logGroupName=name("/group"), kmsKeyId=aws.arn("kms", f"key/{NO_KEY}"))


@mistake("logs.CreateLogGroup", INVALID + "|AccessDeniedException", "KMS key")
def log_group_key_without_grant(aws: Cloud) -> None:
    aws.logs.create_log_group(logGroupName=name("/group"), kmsKeyId=aws.key())


@mistake("logs.CreateLogGroup", INVALID + "|AccessDeniedException", "KMS key")
def log_group_key_granted_to_another_group(aws: Cloud) -> None:
    context = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": aws.arn("logs", "log-group:/other")}}
    grant = for_service("logs.us-east-1.amazonaws.com", ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"])
    aws.logs.create_log_group(logGroupName=name("/group"), kmsKeyId=aws.key({**grant, "Condition": context}))


@mistake("logs.CreateLogGroup", INVALID + "|AccessDeniedException", "KMS key")
def log_group_key_granted_in_another_region(aws: Cloud) -> None:
    actions = ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"]
    key = aws.key(for_service("logs.eu-west-1.amazonaws.com", actions))
    aws.logs.create_log_group(logGroupName=name("/group"), kmsKeyId=key)


@mistake("logs.PutRetentionPolicy", INVALID, "retention")
def log_retention_invented(aws: Cloud) -> None:
    aws.logs.put_retention_policy(logGroupName=aws.log_group(), retentionInDays=45)


@mistake("logs.PutRetentionPolicy", "ResourceNotFoundException")
def retention_of_a_missing_log_group(aws: Cloud) -> None:
    aws.logs.put_retention_policy(logGroupName=name("/nothing"), retentionInDays=30)


@mistake("logs.PutSubscriptionFilter", INVALID, "permission|Could not")
def subscription_of_a_function_that_does_not_allow_it(aws: Cloud) -> None:
    aws.logs.put_subscription_filter(
        logGroupName=aws.log_group(), filterName="all", filterPattern="", destinationArn=aws.function()
    )


@mistake("logs.PutResourcePolicy", INVALID, "")
def log_resource_policy_is_malformed(aws: Cloud) -> None:
    aws.logs.put_resource_policy(policyName=name("policy"), policyDocument=policy(allow("logs:PutLogEvents")))


@mistake("logs.PutResourcePolicy", "LimitExceededException|" + INVALID, "5120")
def log_resource_policy_too_long(aws: Cloud) -> None:
    resources = [aws.arn("logs", f"log-group:/aws/vendedlogs/a-long-log-group-name-{i}:*") for i in range(60)]
    document = policy(for_service("delivery.logs.amazonaws.com", "logs:PutLogEvents", resources))
    aws.logs.put_resource_policy(policyName=name("policy"), policyDocument=document)


def trail_bucket(aws: Cloud) -> str:
    bucket = aws.bucket()
    service = "cloudtrail.amazonaws.com"
    acl = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    objects = f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*"
    read = for_service(service, "s3:GetBucketAcl", f"arn:aws:s3:::{bucket}")
    aws.s3.put_bucket_policy(
        Bucket=bucket, Policy=policy(read, for_service(service, "s3:PutObject", objects, Condition=acl))
    )
    return bucket


def trail(aws: Cloud, **rest: Any) -> None:
    bucket = rest.pop("S3BucketName", None) or trail_bucket(aws)
    aws.cloudtrail.create_trail(**{"Name": name("trail"), "S3BucketName": bucket, **rest})


@mistake("cloudtrail.CreateTrail", "S3BucketDoesNotExistException")
def trail_bucket_missing(aws: Cloud) -> None:
    trail(aws, S3BucketName=name("nowhere"))


@mistake("cloudtrail.CreateTrail", "InsufficientS3BucketPolicyException")
def trail_bucket_without_policy(aws: Cloud) -> None:
    trail(aws, S3BucketName=aws.bucket())


@mistake("cloudtrail.CreateTrail", "InsufficientS3BucketPolicyException")
def trail_bucket_policy_for_another_prefix(aws: Cloud) -> None:
    trail(aws, S3KeyPrefix="audit")


@mistake("cloudtrail.CreateTrail", "KmsKeyDoesNotExistException|KmsKeyNotFoundException")
def trail_key_missing(aws: Cloud) -> None:
    trail(aws, KmsKeyId=aws.arn("kms", f"key/{NO_KEY}"))


@mistake("cloudtrail.CreateTrail", "InsufficientEncryptionPolicyException")
def trail_key_without_grant(aws: Cloud) -> None:
    trail(aws, KmsKeyId=aws.key())


@mistake("cloudtrail.CreateTrail", "InvalidCloudWatchLogsLogGroupArnException")
def trail_log_group_missing(aws: Cloud) -> None:
    role = aws.role("cloudtrail.amazonaws.com", actions=["logs:CreateLogStream", "logs:PutLogEvents"])
    trail(aws, CloudWatchLogsLogGroupArn=aws.arn("logs", "log-group:/nothing:*"), CloudWatchLogsRoleArn=role)


@mistake("cloudtrail.CreateTrail", "InvalidCloudWatchLogsRoleArnException")
def trail_log_role_for_another_service(aws: Cloud) -> None:
    group = aws.arn("logs", f"log-group:{aws.log_group()}:*")
    trail(aws, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=aws.role("ec2.amazonaws.com"))


@mistake("cloudtrail.CreateTrail", "InsufficientSnsTopicPolicyException|SnsTopic")
def trail_topic_without_policy(aws: Cloud) -> None:
    trail(aws, SnsTopicName=aws.topic())


@mistake("cloudtrail.CreateTrail", "InvalidTrailNameException")
def trail_name_too_short(aws: Cloud) -> None:
    trail(aws, Name="ab")


@mistake("cloudtrail.CreateTrail", "InvalidParameterCombinationException")
def trail_of_all_regions_without_global_events(aws: Cloud) -> None:
    trail(aws, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False)


def alarm(aws: Cloud, **rest: Any) -> None:
    given = {
        "AlarmName": name("alarm"),
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 5,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    full = {key: value for key, value in {**given, **rest}.items() if value is not None}
    aws.cloudwatch.put_metric_alarm(**full)


@mistake("cloudwatch.PutMetricAlarm", "ValidationError|InvalidParameterValue", "comparisonOperator")
def alarm_comparison_invented(aws: Cloud) -> None:
    alarm(aws, ComparisonOperator="GreaterThan")


@mistake("cloudwatch.PutMetricAlarm", "ValidationError|InvalidParameterValue", "eriod")
def alarm_period_invented(aws: Cloud) -> None:
    alarm(aws, Period=45)


@mistake("cloudwatch.PutMetricAlarm", "InvalidParameterCombination|ValidationError", "tatistic")
def alarm_with_two_statistics(aws: Cloud) -> None:
    alarm(aws, ExtendedStatistic="p99")


@mistake("cloudwatch.PutMetricAlarm", "ValidationError|InvalidParameterValue", "DatapointsToAlarm|datapoints")
def alarm_wants_more_points_than_periods(aws: Cloud) -> None:
    alarm(aws, DatapointsToAlarm=10)


@mistake("cloudwatch.PutMetricAlarm", "ValidationError|InvalidParameterValue", "treatMissingData|missing")
def alarm_missing_data_invented(aws: Cloud) -> None:
    alarm(aws, TreatMissingData="ok")


@mistake("cloudwatch.PutMetricAlarm", "ValidationError|InvalidParameterValue", "day")
def alarm_looks_back_too_far(aws: Cloud) -> None:
    alarm(aws, Period=300, EvaluationPeriods=1000)


@mistake("cloudwatch.PutDashboard", "InvalidParameterInput")
def dashboard_is_not_json(aws: Cloud) -> None:
    aws.cloudwatch.put_dashboard(DashboardName=name("board"), DashboardBody="widgets: []")


@mistake("events.PutRule", "ValidationException")
def schedule_misspelt(aws: Cloud) -> None:
    aws.events.put_rule(Name=name("rule"), ScheduleExpression="rate(5 minute)")


@mistake("events.PutRule", "InvalidEventPatternException")
def event_pattern_is_not_json(aws: Cloud) -> None:
    aws.events.put_rule(Name=name("rule"), EventPattern="source: aws.s3")


@mistake("events.PutRule", "InvalidEventPatternException", "")
def event_pattern_value_is_not_a_list(aws: Cloud) -> None:
    aws.events.put_rule(Name=name("rule"), EventPattern=json.dumps({"source": "aws.sagemaker"}))


@mistake("events.PutRule", "ValidationException", "")
def rule_without_pattern_or_schedule(aws: Cloud) -> None:
    aws.events.put_rule(Name=name("rule"))


@mistake("events.PutTargets", "ResourceNotFoundException")
def target_of_a_missing_rule(aws: Cloud) -> None:
    aws.events.put_targets(Rule=name("nothing"), Targets=[{"Id": "1", "Arn": aws.arn("sqs", "queue")}])


def rule(aws: Cloud) -> str:
    rule = name("rule")
    aws.events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    return rule


@mistake("events.PutTargets", "LimitExceededException", "")
def six_targets_of_a_rule(aws: Cloud) -> None:
    targets = [{"Id": str(number), "Arn": aws.arn("sqs", f"queue-{number}")} for number in range(6)]
    aws.events.put_targets(Rule=rule(aws), Targets=targets)


@mistake("events.PutTargets", "ValidationException", "assumed|role|Role")
def target_role_for_another_service(aws: Cloud) -> None:
    target = {"Id": "1", "Arn": aws.arn("states", "stateMachine:train"), "RoleArn": aws.role("states.amazonaws.com")}
    aws.events.put_targets(Rule=rule(aws), Targets=[target])


@mistake("events.PutTargets", "ValidationException", "RoleArn")
def workflow_target_without_role(aws: Cloud) -> None:
    aws.events.put_targets(Rule=rule(aws), Targets=[{"Id": "1", "Arn": aws.arn("states", "stateMachine:train")}])


@mistake("events.DeleteRule", "ValidationException", "targets")
def delete_rule_with_targets(aws: Cloud) -> None:
    made = rule(aws)
    aws.events.put_targets(Rule=made, Targets=[{"Id": "1", "Arn": aws.queue_arn()}])
    aws.events.delete_rule(Name=made)


@mistake("scheduler.CreateSchedule", "ValidationException", "role|Role")
def schedule_role_for_another_service(aws: Cloud) -> None:
    target = {"Arn": aws.queue_arn(), "RoleArn": aws.role("events.amazonaws.com")}
    aws.scheduler.create_schedule(
        Name=name("schedule"),
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )


@mistake("config.PutConfigurationRecorder", "InvalidRoleException|ValidationException", "role")
def recorder_role_missing(aws: Cloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    aws.config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})


def recorder(aws: Cloud) -> None:
    role = aws.role("config.amazonaws.com")
    aws.config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})


@mistake("config.PutConfigRule", "NoAvailableConfigurationRecorderException", "")
def config_rule_without_recorder(aws: Cloud) -> None:
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    aws.elsewhere.config.put_config_rule(ConfigRule={"ConfigRuleName": name("rule"), "Source": source})


@mistake("config.PutConfigRule", "InvalidParameterValueException", "S3_BUCKETS_VERSIONED")
def config_rule_invented(aws: Cloud) -> None:
    recorder(aws)
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKETS_VERSIONED"}
    aws.config.put_config_rule(ConfigRule={"ConfigRuleName": name("rule"), "Source": source})


@mistake("config.PutDeliveryChannel", "NoSuchBucketException")
def delivery_channel_bucket_missing(aws: Cloud) -> None:
    recorder(aws)
    aws.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": name("nowhere")})


@mistake("config.PutDeliveryChannel", "InsufficientDeliveryPolicyException")
def delivery_channel_bucket_without_policy(aws: Cloud) -> None:
    recorder(aws)
    aws.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": aws.bucket()})


@mistake("config.PutConfigurationRecorder", "MaxNumberOfConfigurationRecordersExceededException")
def second_recorder(aws: Cloud) -> None:
    recorder(aws)
    role = aws.role("config.amazonaws.com")
    aws.config.put_configuration_recorder(ConfigurationRecorder={"name": "second", "roleARN": role})


@mistake("config.StartConfigurationRecorder", "NoAvailableDeliveryChannelException")
def recorder_started_without_channel(aws: Cloud) -> None:
    recorder(aws.elsewhere)
    aws.elsewhere.config.start_configuration_recorder(ConfigurationRecorderName="default")


@mistake("guardduty.CreateDetector", "BadRequestException", "already exists")
def second_detector(aws: Cloud) -> None:
    aws.guardduty.create_detector(Enable=True)
    aws.guardduty.create_detector(Enable=True)


@mistake("guardduty.CreateDetector", "BadRequestException", "S3_LOGS|features")
def detector_feature_invented(aws: Cloud) -> None:
    aws.elsewhere.guardduty.create_detector(Enable=True, Features=[{"Name": "S3_LOGS", "Status": "ENABLED"}])


@mistake("securityhub.EnableSecurityHub", "ResourceConflictException")
def security_hub_enabled_twice(aws: Cloud) -> None:
    aws.securityhub.enable_security_hub()
    aws.securityhub.enable_security_hub()


@mistake("securityhub.BatchEnableStandards", "InvalidAccessException", "not subscribed")
def standards_without_security_hub(aws: Cloud) -> None:
    arn = "arn:aws:securityhub:eu-west-1::standards/aws-foundational-security-best-practices/v/1.0.0"
    aws.elsewhere.securityhub.batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": arn}])


@mistake("macie2.EnableMacie", "ConflictException", "already")
def macie_enabled_twice(aws: Cloud) -> None:
    aws.macie2.enable_macie()
    aws.macie2.enable_macie()


@mistake("cloudtrail.DeleteEventDataStore", "EventDataStoreTerminationProtectedException")
def delete_protected_event_data_store(aws: Cloud) -> None:
    made = aws.cloudtrail.create_event_data_store(Name=name("store"), TerminationProtectionEnabled=True)
    aws.cloudtrail.delete_event_data_store(EventDataStore=made["EventDataStoreArn"])


@mistake("secretsmanager.RotateSecret", "ResourceNotFoundException")
def rotate_secret_by_a_function_that_is_not_there(aws: Cloud) -> None:
    secret = aws.secretsmanager.create_secret(Name=name("secret"), SecretString="x")["ARN"]
    function = aws.arn("lambda", "function:nothing")
    aws.secretsmanager.rotate_secret(
        SecretId=secret, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30}
    )
