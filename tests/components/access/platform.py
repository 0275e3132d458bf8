"""The platform whose roles are judged: every persona, and workloads of every kind."""

from __future__ import annotations

import functools
from typing import Any

import mlinfra as ml
from mlinfra.graph import Node, ResourceGraph
from mlinfra.testing import plan

ACCOUNT, REGION = "123456789012", "us-east-1"  # the planned account's
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/company"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/EXAMPLE"
EMERGENCY = f"arn:aws:iam::{ACCOUNT}:user/emergency"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/serving"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tracking-a1b2c3"
FILE_SYSTEM = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/fs-0123456789abcdef0"
ACCESS_POINT = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-0123456789abcdef0"
TRAINING_LOG = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:training"
CLUSTER = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/platform"


def platform() -> None:
    ml.tag_everything({"owner": "ml", "cost-center": "ml", "environment": "dev", "data-classification": "confidential"})
    account = ml.Account(id=ACCOUNT, region=REGION)
    keys = ml.KeyRing("platform", ml.KeyRingArgs(account=account))
    logs = ml.AccessLogBucket("platform", ml.AccessLogBucketArgs(account=account))
    buckets = {
        purpose: ml.DataBucket(
            purpose.value,
            ml.DataBucketArgs(
                purpose=purpose,
                classification=ml.Classification.CONFIDENTIAL,
                key_arn=keys.arn(purpose.key),
                access_log_bucket=logs.bucket_name,
            ),
        )
        for purpose in (ml.BucketPurpose.DATASETS, ml.BucketPurpose.MODELS)
    }
    recorded = {"account": account, "logs_key_arn": keys.arn(ml.KeyPurpose.LOGS), "access_log_bucket": logs.bucket_name}
    audit = ml.AuditTrail(
        "audit",
        ml.AuditTrailArgs(**recorded, data_bucket_arns=[bucket.bucket_arn for bucket in buckets.values()]),
    )
    config = ml.ConfigRecorder("config", ml.ConfigRecorderArgs(**recorded))
    topic = ml.AuditAlarms(
        "alarms",
        ml.AuditAlarmsArgs(
            account=account,
            log_group_name=audit.log_group_name,
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            emails=["security@example.com"],
        ),
    ).topic_arn
    ml.ThreatDetection("detection", ml.ThreatDetectionArgs(account=account, alarm_topic_arn=topic))
    ml.AccountBaseline("baseline", ml.AccountBaselineArgs(account=account, volume_key_arn=keys.arn(ml.KeyPurpose.DATA)))
    archives = [arn for arn in (audit.archive_bucket_arn, config.history_bucket_arn) if arn]
    boundary = ml.PermissionsBoundary(
        "platform", ml.PermissionsBoundaryArgs(account=account, archive_bucket_arns=archives)
    )
    bounded: dict[str, Any] = {"account": account, "boundary_arn": boundary.policy_arn}

    def use(purpose: ml.BucketPurpose, mode: ml.Mode, prefix: str = "") -> ml.BucketAccess:
        arn, key = buckets[purpose].bucket_arn, keys.arn(purpose.key)
        return ml.BucketAccess(bucket_arn=arn, key_arn=key, mode=mode, prefix=prefix)

    training = ml.ServiceRole(
        "training",
        ml.ServiceRoleArgs(
            **bounded,
            service="sagemaker",
            access=ml.Access(
                buckets=[
                    use(ml.BucketPurpose.DATASETS, ml.Mode.READ),
                    use(ml.BucketPurpose.MODELS, ml.Mode.WRITE, "team-a/"),
                ],
                secrets=[ml.SecretAccess(secret_arn=SECRET, key_arn=keys.arn(ml.KeyPurpose.SECRETS))],
                file_systems=[ml.FileSystemAccess(file_system_arn=FILE_SYSTEM, access_point_arn=ACCESS_POINT)],
                pull_from=[REPOSITORY],
                log_to=[TRAINING_LOG],
                metrics_in=["Platform/Training"],
                vpc=ml.Attachment(subnet_ids=["subnet-0123456789abcdef0"], security_group_ids=["sg-0123456789abcdef0"]),
            ),
        ),
    )
    function = ml.ServiceRole("function", ml.ServiceRoleArgs(**bounded, service="lambda"))
    pods = {"namespace": "training", "service_account": "trainer"}
    ml.PodRole("trainer", ml.PodRoleArgs(**bounded, **pods, cluster_arn=CLUSTER))
    pods = {"namespace": "kube-system", "service_account": "operator"}
    ml.ServiceAccountRole("operator", ml.ServiceAccountRoleArgs(**bounded, **pods, provider_arn=OIDC))
    github = ml.GitHubProvider("github", ml.GitHubProviderArgs(account=account))
    deploy = ml.Permission(
        sid="Deploy",
        actions=["lambda:UpdateFunctionCode"],
        resources=[f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:serving"],
    )
    hand_on = ml.PassRole(role_arn=function.role_arn, service="lambda")
    ml.GitHubRole(
        "release",
        ml.GitHubRoleArgs(
            **bounded,
            provider_arn=github.provider_arn,
            repository="my-company/models",
            environment="production",
            access=ml.Access(push_to=[REPOSITORY], pass_roles=[hand_on], permissions=[deploy]),
        ),
    )
    for name, sign_in in (
        ("people", ml.SignIn(saml_provider_arn=SAML)),
        ("sso", ml.SignIn(permission_sets={"auditor": "Auditor"})),
    ):
        ml.Personas(
            name,
            ml.PersonasArgs(
                **bounded,
                emergency_boundary_arn=boundary.emergency_policy_arn,
                sign_in=sign_in,
                break_glass_principals=[EMERGENCY],
                logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
                log_group_name=audit.log_group_name,
                alarm_topic_arn=topic,
                archive_bucket_arns=archives,
                data_scientist_buckets=[use(ml.BucketPurpose.DATASETS, ml.Mode.READ_WRITE)],
                ml_engineer_buckets=[use(ml.BucketPurpose.MODELS, ml.Mode.READ_WRITE)],
                workload_roles=[ml.PassRole(role_arn=training.role_arn, service="sagemaker"), hand_on],
            ),
        )


@functools.cache
def graph() -> ResourceGraph:
    return plan(platform, stack="dev", project="platform")


def one(type_: str, name: str) -> Node:
    (found,) = [node for node in graph().of_type(type_) if node.name == name]
    return found
