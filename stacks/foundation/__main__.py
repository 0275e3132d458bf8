"""The foundation alone: keys, network and audit, in a stack of its own that others read. README.md says how."""

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
audit = ml.AuditTrail(
    "foundation",
    ml.AuditTrailArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        access_log_bucket=access_logs.bucket_name,
        log_retention_days=settings.log_retention_days,
        archive_days=settings.archive_days,
        deletion_protection=settings.deletion_protection,
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
