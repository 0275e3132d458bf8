"""An ML platform: keys, network, storage, audit, people, and a cluster to work on. README.md explains the settings."""

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
logs_key = keys.arn(ml.KeyPurpose.LOGS)
network = ml.Network(
    "platform",
    ml.NetworkArgs(
        account=account,
        profile=settings.profile,
        cidr=settings.cidr,
        zones=settings.zones,
        pods_cidr=settings.pods_cidr,
        egress=settings.egress,
        allowed_domains=settings.allowed_domains,
        endpoints=settings.private_services,
        block_public_access=settings.block_public_access,
        logs_key_arn=logs_key,
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
storage = ml.Storage(
    "platform",
    ml.StorageArgs(
        account=account,
        profile=settings.profile,
        zones=settings.zones,
        key_arns={purpose: keys.arn(purpose) for purpose in ml.KeyPurpose},
        access_log_bucket=access_logs.bucket_name,
        vpc_id=network.vpc_id,
        subnet_ids=network.data_subnet_ids,
        endpoint_id=network.endpoint_ids["s3"],
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
security = ml.SecurityBaseline(
    "platform",
    ml.SecurityBaselineArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=logs_key,
        volume_key_arn=keys.arn(ml.KeyPurpose.DATA),
        access_log_bucket=access_logs.bucket_name,
        data_bucket_arns=[bucket.bucket_arn for bucket in storage.buckets.values()],
        emails=settings.alarm_emails,
        archive_days=settings.archive_days,
        log_retention_days=settings.log_retention_days,
        central=settings.organization,
        deletion_protection=settings.deletion_protection,
    ),
)
if settings.monthly_budget is not None:
    ml.CostWatch("platform", ml.CostWatchArgs(monthly_usd=settings.monthly_budget, emails=settings.alarm_emails))

boundary = ml.PermissionsBoundary(
    "platform", ml.PermissionsBoundaryArgs(account=account, archive_bucket_arns=[security.archive_bucket_arn])
)
clients = storage.client_security_group_ids
training = ml.ServiceRole(
    "platform-training",
    ml.ServiceRoleArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        service="sagemaker",
        access=ml.Access(
            buckets=[*storage.data_access, *storage.artifact_access],
            pull_from=storage.repository_arns,
            log_to=[account.arn("logs", "log-group:/aws/sagemaker/*")],
            metrics_in=["/aws/sagemaker/TrainingJobs"],
            vpc=ml.Attachment(subnet_ids=network.workload_subnet_ids, security_group_ids=clients) if clients else None,
        ),
    ),
)
people = (
    ml.Personas(
        "platform",
        ml.PersonasArgs(
            account=account,
            boundary_arn=boundary.policy_arn,
            emergency_boundary_arn=boundary.emergency_policy_arn,
            sign_in=settings.sign_in,
            break_glass_principals=settings.break_glass,
            session_hours=settings.session_hours,
            logs_key_arn=logs_key,
            log_group_name=security.log_group_name,
            alarm_topic_arn=security.alarm_topic_arn,
            archive_bucket_arns=[security.archive_bucket_arn],
            data_scientist_buckets=storage.data_access,
            ml_engineer_buckets=storage.artifact_access,
            workload_roles=[ml.PassRole(role_arn=training.role_arn, service="sagemaker")],
        ),
    ).roles
    if settings.sign_in
    else {}
)
if settings.cluster:
    access = {persona.value: ml.persona_access(persona, role_arn) for persona, role_arn in people.items()}
    compute = ml.Compute(
        "platform",
        ml.ComputeArgs(
            cluster=ml.ClusterArgs(
                account=account,
                profile=settings.profile,
                boundary_arn=boundary.policy_arn,
                vpc_id=network.vpc_id,
                zones=settings.zones,
                subnet_ids=network.workload_subnet_ids,
                control_subnet_ids=network.control_subnet_ids,
                pod_subnet_ids=network.pod_subnet_ids if settings.pods_cidr else None,
                key_arn=keys.arn(ml.KeyPurpose.CLUSTER),
                logs_key_arn=logs_key,
                log_retention_days=settings.log_retention_days,
                deletion_protection=settings.deletion_protection,
                client_security_group_ids=clients,
                storage=ml.ClusterStorage(
                    file_systems=storage.mounts,
                    lustre=bool(settings.lustre),
                    bucket_mounts=bool(settings.training),
                ),
                **{**settings.cluster.given(), "access": {**access, **settings.cluster.access}},
            ),
            pools=settings.pools,
            teams=settings.teams,
            training=settings.training.within(settings.cidr) if settings.training else None,
            stores=storage.stores,
        ),
    )
    pulumi.export("clusterName", compute.cluster_name)
    pulumi.export("clusterAdministratorArn", compute.administrator_role_arn)

pulumi.export("vpcId", network.vpc_id)
pulumi.export("workloadSubnetIds", network.workload_subnet_ids)
pulumi.export("dataSubnetIds", network.data_subnet_ids)
pulumi.export("controlSubnetIds", network.control_subnet_ids)
pulumi.export("podSubnetIds", network.pod_subnet_ids)
pulumi.export("egressIps", network.egress_ips)
pulumi.export("endpointIds", network.endpoint_ids)
pulumi.export("keyArns", keys.key_arns)
pulumi.export("accessLogBucket", access_logs.bucket_name)
pulumi.export("bucketNames", storage.bucket_names)
pulumi.export("fileSystemIds", storage.file_system_ids)
pulumi.export("lustreMounts", storage.lustre_mounts)
pulumi.export("repositoryUrls", storage.repository_urls)
pulumi.export("secretArns", storage.secret_arns)
pulumi.export("trailArn", security.trail_arn)
pulumi.export("logArchive", security.archive_bucket_name)
pulumi.export("alarmTopicArn", security.alarm_topic_arn)
pulumi.export("detectorId", security.detector_id)
pulumi.export("configHistory", security.history_bucket_name)
pulumi.export("boundaryArn", boundary.policy_arn)
pulumi.export("trainingRoleArn", training.role_arn)
