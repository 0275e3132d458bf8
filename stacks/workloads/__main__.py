"""Storage and roles for workloads on a foundation that another stack holds. README.md says how the two belong together."""

import pulumi
import pulumi_aws as aws

import mlinfra as ml

settings = ml.WorkloadSettings.load()
ml.tag_everything(settings.tags)
account = ml.Account(id=aws.get_caller_identity_output().account_id, region=settings.region)

foundation = pulumi.StackReference(settings.foundation)
keys = foundation.require_output("keyArns")
vpc_id = foundation.require_output("vpcId")
data_subnets = foundation.require_output("dataSubnetIds")
endpoint = foundation.require_output("endpointIds")["s3"]
access_log_bucket = foundation.require_output("accessLogBucket")

buckets = {
    purpose: ml.DataBucket(
        f"workloads-{purpose}",
        ml.DataBucketArgs(
            profile=settings.profile,
            purpose=purpose,
            classification=classification,
            key_arn=keys[purpose.key],
            access_log_bucket=access_log_bucket,
            vpc_endpoint_ids=[endpoint] if settings.closed(classification) else [],
            lock_days=settings.lock_days,
            deletion_protection=settings.deletion_protection,
        ),
    )
    for purpose, classification in settings.buckets.items()
}
file_systems = {
    name: ml.FileSystem(
        f"workloads-{name}",
        ml.FileSystemArgs(
            account=account,
            key_arn=keys[ml.KeyPurpose.DATA],
            vpc_id=vpc_id,
            zones=settings.zones,
            subnet_ids=data_subnets,
            access_points=wanted.access_points,
            classification=wanted.classification,
            deletion_protection=settings.deletion_protection,
        ),
    )
    for name, wanted in settings.file_systems.items()
}
lustre = {
    name: ml.LustreFileSystem(
        f"workloads-{name}",
        ml.LustreFileSystemArgs(
            profile=settings.profile,
            key_arn=keys[ml.KeyPurpose.DATA],
            logs_key_arn=keys[ml.KeyPurpose.LOGS],
            vpc_id=vpc_id,
            subnet_id=data_subnets[settings.zones.index(wanted.zone or settings.zones[0])],
            size_gib=wanted.size_gib,
            throughput=wanted.throughput,
            link=ml.BucketLinkArgs(bucket_name=buckets[wanted.bucket].bucket_name, write_back=wanted.write_back)
            if wanted.bucket
            else None,
            classification=settings.classified(wanted),
            log_retention_days=settings.log_retention_days,
            deletion_protection=settings.deletion_protection,
        ),
    )
    for name, wanted in settings.lustre.items()
}
images = (
    ml.ImageRepository(
        "workloads",
        ml.ImageRepositoryArgs(
            account=account,
            key_arn=keys[ml.KeyPurpose.ARTIFACTS],
            repositories=settings.repositories,
            deletion_protection=settings.deletion_protection,
        ),
    )
    if settings.repositories
    else None
)
secrets = {
    name: ml.Secret(
        f"workloads-{name}",
        ml.SecretArgs(
            account=account,
            profile=settings.profile,
            description=description,
            key_arn=keys[ml.KeyPurpose.SECRETS],
            deletion_protection=settings.deletion_protection,
        ),
    )
    for name, description in settings.secrets.items()
}

used = {
    purpose: ml.BucketAccess(
        bucket_arn=bucket.bucket_arn,
        key_arn=keys[purpose.key],
        mode=ml.Mode.READ if purpose.key is ml.KeyPurpose.DATA else ml.Mode.READ_WRITE,
    )
    for purpose, bucket in buckets.items()
}
clients = [made.client_security_group_id for made in (*file_systems.values(), *lustre.values())]
training = ml.ServiceRole(
    "workloads-training",
    ml.ServiceRoleArgs(
        account=account,
        boundary_arn=foundation.require_output("boundaryArn"),
        service="sagemaker",
        access=ml.Access(
            buckets=[*used.values()],
            pull_from=[images.repository_arns[name] for name in settings.repositories] if images else [],
            log_to=[account.arn("logs", "log-group:/aws/sagemaker/*")],
            metrics_in=["/aws/sagemaker/TrainingJobs"],
            vpc=ml.Attachment(subnet_ids=foundation.require_output("workloadSubnetIds"), security_group_ids=clients)
            if clients
            else None,
        ),
    ),
)

pulumi.export("bucketNames", {purpose.value: bucket.bucket_name for purpose, bucket in buckets.items()})
pulumi.export("fileSystemIds", {name: made.file_system_id for name, made in file_systems.items()})
pulumi.export("lustreMounts", {name: made.mount_source for name, made in lustre.items()})
pulumi.export("repositoryUrls", images.repository_urls if images else {})
pulumi.export("secretArns", {name: secret.secret_arn for name, secret in secrets.items()})
pulumi.export("trainingRoleArn", training.role_arn)
