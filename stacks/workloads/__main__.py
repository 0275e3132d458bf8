"""Storage and roles for workloads on a foundation that another stack holds. README.md says how the two belong together."""

import pulumi
import pulumi_aws as aws

import mlinfra as ml

settings = ml.WorkloadSettings.load()
ml.tag_everything(settings.tags)
account = ml.Account(id=aws.get_caller_identity_output().account_id, region=settings.region)

foundation = pulumi.StackReference(settings.foundation)
keys = foundation.require_output("keyArns")
storage = ml.Storage(
    "workloads",
    ml.StorageArgs(
        account=account,
        profile=settings.profile,
        zones=settings.zones,
        key_arns={purpose: keys[purpose] for purpose in ml.KeyPurpose},
        access_log_bucket=foundation.require_output("accessLogBucket"),
        vpc_id=foundation.require_output("vpcId"),
        subnet_ids=foundation.require_output("dataSubnetIds"),
        endpoint_id=foundation.require_output("endpointIds")["s3"],
        buckets=settings.buckets,
        lock_days=settings.lock_days,
        file_systems=settings.file_systems,
        lustre=settings.lustre,
        repositories=settings.repositories,
        secrets=settings.secrets,
        log_retention_days=settings.log_retention_days,
        deletion_protection=settings.deletion_protection,
    ),
)
clients = storage.client_security_group_ids
training = ml.ServiceRole(
    "workloads-training",
    ml.ServiceRoleArgs(
        account=account,
        boundary_arn=foundation.require_output("boundaryArn"),
        service="sagemaker",
        access=ml.Access(
            buckets=[*storage.data_access, *storage.artifact_access],
            pull_from=storage.repository_arns,
            log_to=[account.arn("logs", "log-group:/aws/sagemaker/*")],
            metrics_in=["/aws/sagemaker/TrainingJobs"],
            vpc=ml.Attachment(subnet_ids=foundation.require_output("workloadSubnetIds"), security_group_ids=clients)
            if clients
            else None,
        ),
    ),
)

pulumi.export("bucketNames", storage.bucket_names)
pulumi.export("fileSystemIds", storage.file_system_ids)
pulumi.export("lustreMounts", storage.lustre_mounts)
pulumi.export("repositoryUrls", storage.repository_urls)
pulumi.export("secretArns", storage.secret_arns)
pulumi.export("trainingRoleArn", training.role_arn)
