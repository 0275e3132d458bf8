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
security = ml.SecurityBaseline(
    "foundation",
    ml.SecurityBaselineArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        volume_key_arn=keys.arn(ml.KeyPurpose.DATA),
        access_log_bucket=access_logs.bucket_name,
        every_bucket=True,
        emails=settings.alarm_emails,
        archive_days=settings.archive_days,
        log_retention_days=settings.log_retention_days,
        central=settings.organization,
        deletion_protection=settings.deletion_protection,
    ),
)
if settings.monthly_budget is not None:
    ml.CostWatch("foundation", ml.CostWatchArgs(monthly_usd=settings.monthly_budget, emails=settings.alarm_emails))

boundary = ml.PermissionsBoundary(
    "foundation", ml.PermissionsBoundaryArgs(account=account, archive_bucket_arns=[security.archive_bucket_arn])
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
            log_group_name=security.log_group_name,
            alarm_topic_arn=security.alarm_topic_arn,
            archive_bucket_arns=[security.archive_bucket_arn],
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
pulumi.export("trailArn", security.trail_arn)
pulumi.export("logArchive", security.archive_bucket_name)
pulumi.export("alarmTopicArn", security.alarm_topic_arn)
pulumi.export("detectorId", security.detector_id)
pulumi.export("configHistory", security.history_bucket_name)
pulumi.export("boundaryArn", boundary.policy_arn)
