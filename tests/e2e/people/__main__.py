"""Keys, two data buckets, audit, detection, and everybody's roles: nothing of the network."""

import pulumi
import pulumi_aws as aws

import mlinfra as ml

account = ml.Account(id=aws.get_caller_identity_output().account_id, region="us-east-1")
keys = ml.KeyRing("platform", ml.KeyRingArgs(account=account))
logs_key = keys.arn(ml.KeyPurpose.LOGS)
access_logs = ml.AccessLogBucket("platform", ml.AccessLogBucketArgs(account=account))
buckets = {
    purpose: ml.DataBucket(
        purpose.value,
        ml.DataBucketArgs(
            purpose=purpose,
            classification=ml.Classification.CONFIDENTIAL,
            key_arn=keys.arn(purpose.key),
            access_log_bucket=access_logs.bucket_name,
        ),
    )
    for purpose in (ml.BucketPurpose.DATASETS, ml.BucketPurpose.MODELS)
}
use = {
    purpose: ml.BucketAccess(bucket_arn=made.bucket_arn, key_arn=keys.arn(purpose.key), mode=ml.Mode.READ_WRITE)
    for purpose, made in buckets.items()
}
audit = ml.AuditTrail(
    "audit",
    ml.AuditTrailArgs(
        account=account,
        logs_key_arn=logs_key,
        access_log_bucket=access_logs.bucket_name,
        data_bucket_arns=[bucket.bucket_arn for bucket in buckets.values()],
    ),
)
alarms = ml.AuditAlarms(
    "alarms",
    ml.AuditAlarmsArgs(
        account=account, log_group_name=audit.log_group_name, logs_key_arn=logs_key, emails=["security@example.com"]
    ),
)
config = ml.ConfigRecorder(
    "config",
    ml.ConfigRecorderArgs(account=account, logs_key_arn=logs_key, access_log_bucket=access_logs.bucket_name),
)
ml.ThreatDetection(
    "detection",
    ml.ThreatDetectionArgs(
        account=account,
        alarm_topic_arn=alarms.topic_arn,
        archive=ml.FindingsArchive(logs_key_arn=logs_key, access_log_bucket=access_logs.bucket_name),
    ),
)
ml.AccountBaseline("baseline", ml.AccountBaselineArgs(account=account, volume_key_arn=keys.arn(ml.KeyPurpose.DATA)))
boundary = ml.PermissionsBoundary(
    "platform", ml.PermissionsBoundaryArgs(account=account, archive_bucket_arns=[audit.archive_bucket_arn])
)
training = ml.ServiceRole(
    "training",
    ml.ServiceRoleArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        service="sagemaker",
        access=ml.Access(
            buckets=[
                ml.BucketAccess(
                    bucket_arn=buckets[ml.BucketPurpose.DATASETS].bucket_arn, key_arn=keys.arn(ml.KeyPurpose.DATA)
                )
            ],
            metrics_in=["Platform/Training"],
        ),
    ),
)
github = ml.GitHubProvider("github", ml.GitHubProviderArgs(account=account))
ml.GitHubRole(
    "release",
    ml.GitHubRoleArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        provider_arn=github.provider_arn,
        repository="my-company/models",
        environment="production",
    ),
)
cluster = aws.iam.OpenIdConnectProvider(
    "cluster", url="https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE", client_id_lists=["sts.amazonaws.com"]
)
ml.ServiceAccountRole(
    "operator",
    ml.ServiceAccountRoleArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        provider_arn=cluster.arn,
        namespace="kube-system",
        service_account="operator",
    ),
)
somebody, emergency = aws.iam.User("somebody"), aws.iam.User("emergency")
people = ml.Personas(
    "people",
    ml.PersonasArgs(
        account=account,
        boundary_arn=boundary.policy_arn,
        emergency_boundary_arn=boundary.emergency_policy_arn,
        sign_in=ml.SignIn(
            principals={
                persona.value: [somebody.arn] for persona in ml.Persona if persona is not ml.Persona.BREAK_GLASS
            }
        ),
        break_glass_principals=[emergency.arn],
        logs_key_arn=logs_key,
        log_group_name=audit.log_group_name,
        alarm_topic_arn=alarms.topic_arn,
        archive_bucket_arns=[audit.archive_bucket_arn],
        data_scientist_buckets=[use[ml.BucketPurpose.DATASETS]],
        ml_engineer_buckets=[use[ml.BucketPurpose.MODELS]],
        workload_roles=[ml.PassRole(role_arn=training.role_arn, service="sagemaker")],
    ),
)

pulumi.export("roles", people.role_arns)
pulumi.export("training", training.role_arn)
pulumi.export("trail", audit.trail_arn)
pulumi.export("logGroup", audit.log_group_name)
pulumi.export("archive", audit.archive_bucket_name)
pulumi.export("buckets", {purpose.value: bucket.bucket_name for purpose, bucket in buckets.items()})
pulumi.export("keys", keys.key_arns)
