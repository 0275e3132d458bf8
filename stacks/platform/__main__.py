"""The foundation of an ML platform: keys, network, storage, audit, identity. README.md explains the settings."""

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
        allowed_domains=settings.allowed_domains,
        endpoints=settings.private_services,
        block_public_access=settings.block_public_access,
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
file_systems = {
    name: ml.FileSystem(
        f"platform-{name}",
        ml.FileSystemArgs(
            account=account,
            key_arn=keys.arn(ml.KeyPurpose.DATA),
            vpc_id=network.vpc_id,
            zones=settings.zones,
            subnet_ids=network.data_subnet_ids,
            access_points=wanted.access_points,
            classification=wanted.classification,
            deletion_protection=settings.deletion_protection,
        ),
    )
    for name, wanted in settings.file_systems.items()
}
lustre = {
    name: ml.LustreFileSystem(
        f"platform-{name}",
        ml.LustreFileSystemArgs(
            profile=settings.profile,
            key_arn=keys.arn(ml.KeyPurpose.DATA),
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            vpc_id=network.vpc_id,
            subnet_id=network.data_subnet_ids[settings.zones.index(wanted.zone or settings.zones[0])],
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
        "platform",
        ml.ImageRepositoryArgs(
            account=account,
            key_arn=keys.arn(ml.KeyPurpose.ARTIFACTS),
            repositories=settings.repositories,
            deletion_protection=settings.deletion_protection,
        ),
    )
    if settings.repositories
    else None
)
secrets = {
    name: ml.Secret(
        f"platform-{name}",
        ml.SecretArgs(
            account=account,
            profile=settings.profile,
            description=description,
            key_arn=keys.arn(ml.KeyPurpose.SECRETS),
            deletion_protection=settings.deletion_protection,
        ),
    )
    for name, description in settings.secrets.items()
}
trail = settings.organization.trail
audit = ml.AuditTrail(
    "platform",
    ml.AuditTrailArgs(
        account=account,
        profile=settings.profile,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        access_log_bucket=access_logs.bucket_name,
        data_bucket_arns=[] if trail else [bucket.bucket_arn for bucket in buckets.values()],
        log_retention_days=None if trail else settings.log_retention_days,
        archive_days=None if trail else settings.archive_days,
        existing=trail,
        deletion_protection=settings.deletion_protection,
    ),
)
alarms = ml.AuditAlarms(
    "platform",
    ml.AuditAlarmsArgs(
        account=account,
        log_group_name=audit.log_group_name,
        logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
        emails=settings.alarm_emails,
        existing_topic_arn=settings.organization.alarm_topic,
    ),
)
if settings.monthly_budget:
    ml.CostWatch("platform", ml.CostWatchArgs(monthly_usd=settings.monthly_budget, emails=settings.alarm_emails))
config = ml.ConfigRecorder(
    "platform",
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
    "platform",
    ml.ThreatDetectionArgs(
        account=account,
        profile=settings.profile,
        alarm_topic_arn=alarms.topic_arn,
        central=settings.organization.detection,
    ),
)
ml.AccountBaseline(
    "platform",
    ml.AccountBaselineArgs(
        account=account,
        volume_key_arn=keys.arn(ml.KeyPurpose.DATA),
        set_centrally=settings.organization.account_settings,
    ),
)
boundary = ml.PermissionsBoundary(
    "platform", ml.PermissionsBoundaryArgs(account=account, archive_bucket_arns=[audit.archive_bucket_arn])
)
used = {
    purpose: ml.BucketAccess(
        bucket_arn=bucket.bucket_arn,
        key_arn=keys.arn(purpose.key),
        mode=ml.Mode.READ if purpose.key is ml.KeyPurpose.DATA else ml.Mode.READ_WRITE,
    )
    for purpose, bucket in buckets.items()
}
clients = [made.client_security_group_id for made in (*file_systems.values(), *lustre.values())]
training = ml.ServiceRole(
    "platform-training",
    ml.ServiceRoleArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        service="sagemaker",
        access=ml.Access(
            buckets=[*used.values()],
            pull_from=[images.repository_arns[name] for name in settings.repositories] if images else [],
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
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            log_group_name=audit.log_group_name,
            alarm_topic_arn=alarms.topic_arn,
            archive_bucket_arns=[audit.archive_bucket_arn],
            data_scientist_buckets=[access for purpose, access in used.items() if purpose.key is ml.KeyPurpose.DATA],
            ml_engineer_buckets=[access for purpose, access in used.items() if purpose.key is ml.KeyPurpose.ARTIFACTS],
            workload_roles=[ml.PassRole(role_arn=training.role_arn, service="sagemaker")],
        ),
    ).roles
    if settings.sign_in
    else {}
)
if settings.cluster:
    shared = [
        ml.FileSystemAccess(
            file_system_arn=made.file_system_arn,
            access_point_arn=made.access_point_arns[point],
            mode=ml.Mode.READ_WRITE,
        )
        for name, made in file_systems.items()
        for point in settings.file_systems[name].access_points
    ]
    access = {persona.value: ml.persona_access(persona, role_arn) for persona, role_arn in people.items()}
    cluster = ml.Cluster(
        "platform",
        ml.ClusterArgs(
            account=account,
            profile=settings.profile,
            boundary_arn=boundary.policy_arn,
            vpc_id=network.vpc_id,
            zones=settings.zones,
            subnet_ids=network.workload_subnet_ids,
            control_subnet_ids=network.control_subnet_ids,
            pod_subnet_ids=network.pod_subnet_ids if settings.pods_cidr else None,
            key_arn=keys.arn(ml.KeyPurpose.CLUSTER),
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            log_retention_days=settings.log_retention_days,
            deletion_protection=settings.deletion_protection,
            client_security_group_ids=clients,
            storage=ml.ClusterStorage(file_systems=shared, lustre=bool(lustre), bucket_mounts=bool(settings.training)),
            **{**settings.cluster.arguments, "access": {**access, **settings.cluster.access}},
        ),
    )
    inside = pulumi.ResourceOptions(provider=cluster.kubernetes)
    wanted = {name: pool.on(cluster.reference) for name, pool in settings.pools.items()}
    elastic = any(pool.shape().provisioner is ml.Provisioner.KARPENTER for pool in wanted.values())
    karpenter = (
        ml.Karpenter(
            "platform-karpenter",
            ml.KarpenterArgs(
                cluster=cluster.reference,
                boundary_arn=boundary.policy_arn,
                queue_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            ),
            inside,
        )
        if elastic and not settings.cluster.auto_mode
        else None
    )
    beside = pulumi.ResourceOptions(provider=cluster.kubernetes, depends_on=[karpenter] if karpenter else [])
    pools = [
        (ml.GpuNodePool if settings.pools[name].accelerated else ml.NodePool)(
            f"platform-{name}", args, beside
        ).reference
        for name, args in wanted.items()
    ]
    if any(pool.devices for pool in pools):
        ml.DeviceLayer(
            "platform-devices",
            ml.DeviceLayerArgs(cluster=cluster.reference, pools=[pool for pool in pools if pool.devices]),
            inside,
        )
    spaces = {
        name: ml.TeamSpace(
            f"platform-{name}",
            {"cluster": cluster.reference, "namespace": name, "pools": pools, **team.arguments},
            inside,
        )
        for name, team in settings.teams.items()
    }
    if settings.training:
        ml.TrainingCluster(
            "platform",
            ml.TrainingClusterArgs(
                cluster=cluster.reference,
                boundary_arn=boundary.policy_arn,
                pools=pools,
                teams={
                    name: ml.TrainingTeam(namespace=spaces[name].namespace, **team.in_pools("platform-"))
                    for name, team in settings.training.teams.items()
                },
                stores={
                    **{purpose.value: bucket.store for purpose, bucket in buckets.items()},
                    **{name: made.store for name, made in lustre.items()},
                },
                networks=[settings.cidr, *settings.training.networks],
                **settings.training.arguments,
            ),
            inside,
        )
    pulumi.export("clusterName", cluster.cluster_name)
    pulumi.export("clusterAdministratorArn", cluster.administrator_role_arn)

pulumi.export("vpcId", network.vpc_id)
pulumi.export("workloadSubnetIds", network.workload_subnet_ids)
pulumi.export("dataSubnetIds", network.data_subnet_ids)
pulumi.export("controlSubnetIds", network.control_subnet_ids)
pulumi.export("podSubnetIds", network.pod_subnet_ids)
pulumi.export("egressIps", network.egress_ips)
pulumi.export("endpointIds", network.endpoint_ids)
pulumi.export("keyArns", keys.key_arns)
pulumi.export("accessLogBucket", access_logs.bucket_name)
pulumi.export("bucketNames", {purpose.value: bucket.bucket_name for purpose, bucket in buckets.items()})
pulumi.export("fileSystemIds", {name: made.file_system_id for name, made in file_systems.items()})
pulumi.export("lustreMounts", {name: made.mount_source for name, made in lustre.items()})
pulumi.export("repositoryUrls", images.repository_urls if images else {})
pulumi.export("secretArns", {name: secret.secret_arn for name, secret in secrets.items()})
pulumi.export("trailArn", audit.trail_arn)
pulumi.export("logArchive", audit.archive_bucket_name)
pulumi.export("alarmTopicArn", alarms.topic_arn)
pulumi.export("detectorId", detection.detector_id)
pulumi.export("configHistory", config.history_bucket_name)
pulumi.export("boundaryArn", boundary.policy_arn)
pulumi.export("trainingRoleArn", training.role_arn)
