"""The foundation alone: keys, network, audit and identity, in a stack of its own that others read. README.md says how."""

import pulumi
import pulumi_aws as aws

import mlinfra as ml

settings = ml.FoundationSettings.load()
ml.tag_everything(settings.tags)
account = ml.Account(id=aws.get_caller_identity_output().account_id, region=settings.region)

keys = ml.KeyRing(
    "foundation",
    ml.KeyRingArgs(
        account=account,
        administrators=settings.key_administrators,
        deletion_protection=settings.deletion_protection,
    ),
)
network = ml.Network(
    "foundation",
    ml.NetworkArgs(
        account=account,
        profile=settings.profile,
        cidr=settings.cidr,
        zones=settings.zones,
        pods_cidr=settings.pods_cidr,
        egress=settings.egress,
        allowed_domains=settings.allowed_domains,
        endpoints=settings.endpoints,
        block_public_access=settings.block_public_access,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        log_retention_days=settings.log_retention_days,
    ),
)
access_logs = ml.AccessLogBucket(
    "foundation",
    ml.AccessLogBucketArgs(
        account=account,
        profile=settings.profile,
        retention_days=settings.log_retention_days,
        deletion_protection=settings.deletion_protection,
    ),
)
trail = settings.organization.trail
audit = ml.AuditTrail(
    "foundation",
    ml.AuditTrailArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        access_log_bucket=access_logs.bucket_name,
        every_bucket=trail is None,
        log_retention_days=None if trail else settings.log_retention_days,
        archive_days=None if trail else settings.archive_days,
        existing=trail,
        deletion_protection=settings.deletion_protection,
    ),
)
alarms = ml.AuditAlarms(
    "foundation",
    ml.AuditAlarmsArgs(
        account=account,
        log_group_name=audit.log_group_name,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        emails=settings.alarm_emails,
        existing_topic_arn=settings.organization.alarm_topic,
    ),
)
if settings.monthly_budget:
    ml.CostWatch("foundation", ml.CostWatchArgs(monthly_usd=settings.monthly_budget, emails=settings.alarm_emails))
config = ml.ConfigRecorder(
    "foundation",
    ml.ConfigRecorderArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        access_log_bucket=access_logs.bucket_name,
        retention_days=settings.log_retention_days,
        existing_recorder_name=settings.organization.config_recorder,
        existing_service_role=settings.organization.config_service_role,
        deletion_protection=settings.deletion_protection,
    ),
)
detection = ml.ThreatDetection(
    "foundation",
    ml.ThreatDetectionArgs(
        account=account,
        profile=settings.profile,
        alarm_topic_arn=alarms.topic_arn,
        central=settings.organization.detection,
    ),
)
ml.AccountBaseline(
    "foundation",
    ml.AccountBaselineArgs(
        account=account,
        volume_key_arn=keys.arn(ml.KeyPurpose.DATA),
        set_centrally=settings.organization.account_settings,
    ),
)
boundary = ml.PermissionsBoundary(
    "foundation", ml.PermissionsBoundaryArgs(account=account, archive_bucket_arns=[audit.archive_bucket_arn])
)
if settings.sign_in:
    ml.Personas(
        "foundation",
        ml.PersonasArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            emergency_boundary_arn=boundary.emergency_policy_arn,
            sign_in=settings.sign_in,
            break_glass_principals=settings.break_glass,
            session_hours=settings.session_hours,
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            log_group_name=audit.log_group_name,
            alarm_topic_arn=alarms.topic_arn,
            archive_bucket_arns=[audit.archive_bucket_arn],
        ),
    )

pulumi.export("vpcId", network.vpc_id)
pulumi.export("workloadSubnetIds", network.workload_subnet_ids)
pulumi.export("dataSubnetIds", network.data_subnet_ids)
pulumi.export("controlSubnetIds", network.control_subnet_ids)
pulumi.export("podSubnetIds", network.pod_subnet_ids)
pulumi.export("egressIps", network.egress_ips)
pulumi.export("endpointIds", network.endpoint_ids)
pulumi.export("keyArns", keys.key_arns)
pulumi.export("accessLogBucket", access_logs.bucket_name)
pulumi.export("trailArn", audit.trail_arn)
pulumi.export("logArchive", audit.archive_bucket_name)
pulumi.export("alarmTopicArn", alarms.topic_arn)
pulumi.export("detectorId", detection.detector_id)
pulumi.export("configHistory", config.history_bucket_name)
pulumi.export("boundaryArn", boundary.policy_arn)
