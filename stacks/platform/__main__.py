"""The foundation of an ML platform: keys, network, buckets and the audit trail. README.md explains the settings."""

import pulumi
import pulumi_aws as aws

import mlinfra as ml

settings = ml.PlatformSettings.load()
ml.tag_everything(settings.tags)
account = ml.Account(id=aws.get_caller_identity_output().account_id, region=settings.region)

keys = ml.KeyRing(
    "platform",
    ml.KeyRingArgs(
        account=account,
        administrators=settings.key_administrators,
        deletion_protection=settings.deletion_protection,
    ),
)
network = ml.Network(
    "platform",
    ml.NetworkArgs(
        account=account,
        profile=settings.profile,
        cidr=settings.cidr,
        zones=settings.zones,
        pods_cidr=settings.pods_cidr,
        egress=settings.egress,
        endpoints=settings.endpoints,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        log_retention_days=settings.log_retention_days,
    ),
)
access_logs = ml.AccessLogBucket(
    "platform",
    ml.AccessLogBucketArgs(
        account=account,
        profile=settings.profile,
        retention_days=settings.log_retention_days,
        deletion_protection=settings.deletion_protection,
    ),
)
endpoint = network.endpoint_ids["s3"]
buckets = {
    purpose: ml.DataBucket(
        f"platform-{purpose}",
        ml.DataBucketArgs(
            profile=settings.profile,
            purpose=purpose,
            classification=classification,
            key_arn=keys.arn(purpose.key),
            access_log_bucket=access_logs.bucket_name,
            vpc_endpoint_ids=[endpoint] if settings.closed(classification) else [],
            lock_days=settings.lock_days,
            deletion_protection=settings.deletion_protection,
        ),
    )
    for purpose, classification in settings.buckets.items()
}
audit = ml.AuditTrail(
    "platform",
    ml.AuditTrailArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        access_log_bucket=access_logs.bucket_name,
        data_bucket_arns=[bucket.bucket_arn for bucket in buckets.values()],
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
pulumi.export("bucketNames", {purpose.value: bucket.bucket_name for purpose, bucket in buckets.items()})
pulumi.export("trailArn", audit.trail_arn)
pulumi.export("logArchive", audit.archive_bucket_name)
