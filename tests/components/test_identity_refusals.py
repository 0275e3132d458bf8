"""Wrong use of identity and audit: refused at construction, naming argument, value, reason and fix."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlinfra as ml
from mlinfra.catalog.config_rules import config_rules
from mlinfra.catalog.trusted_services import trusted_services

ACCOUNT = {"id": "123456789012", "region": "eu-central-1"}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
ROLE = "arn:aws:iam::123456789012:role/one"
USER = "arn:aws:iam::123456789012:user/emergency"
BUCKET = "arn:aws:s3:::datasets"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
SAML = "arn:aws:iam::123456789012:saml-provider/company"
OIDC = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
CLUSTER = "arn:aws:eks:eu-central-1:123456789012:cluster/platform"
BOUNDED = {"account": ACCOUNT, "boundary_arn": BOUNDARY}
POD = {"namespace": "training", "service_account": "trainer"}
RECORD = {"account": ACCOUNT, "logs_key_arn": KEY, "access_log_bucket": "logs"}
TRAIL = {
    "trail_arn": "arn:aws:cloudtrail:eu-central-1:123456789012:trail/organisation",
    "archive_bucket_name": "archive",
    "log_group_name": "trail",
}
RIGHT: dict[type, dict[str, Any]] = {
    ml.PermissionsBoundaryArgs: {"account": ACCOUNT},
    ml.ServiceRoleArgs: {**BOUNDED, "service": "sagemaker"},
    ml.PodRoleArgs: {**BOUNDED, **POD, "cluster_arn": CLUSTER},
    ml.ServiceAccountRoleArgs: {**BOUNDED, **POD, "provider_arn": OIDC},
    ml.GitHubRoleArgs: {**BOUNDED, "provider_arn": OIDC, "repository": "my-company/models", "branch": "main"},
    ml.PersonasArgs: {
        **BOUNDED,
        "emergency_boundary_arn": BOUNDARY,
        "sign_in": {"saml_provider_arn": SAML},
        "break_glass_principals": [USER],
        "logs_key_arn": KEY,
        "log_group_name": "trail",
        "alarm_topic_arn": TOPIC,
    },
    ml.AuditTrailArgs: RECORD,
    ml.AuditAlarmsArgs: {
        "account": ACCOUNT,
        "log_group_name": "trail",
        "logs_key_arn": KEY,
        "emails": ["security@example.com"],
    },
    ml.ConfigRecorderArgs: RECORD,
    ml.ThreatDetectionArgs: {"account": ACCOUNT, "alarm_topic_arn": TOPIC},
    ml.AccountBaselineArgs: {"account": ACCOUNT},
    ml.SignIn: {},
    ml.BucketAccess: {"bucket_arn": BUCKET, "key_arn": KEY},
    ml.SecretAccess: {
        "secret_arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:one-a1b2c3",
        "key_arn": KEY,
    },
    ml.FileSystemAccess: {
        "file_system_arn": "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0123456789abcdef0",
        "access_point_arn": "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0",
    },
    ml.PassRole: {"role_arn": ROLE, "service": "sagemaker"},
    ml.Permission: {"sid": "Train", "actions": ["sagemaker:CreateTrainingJob"], "resources": [ROLE]},
    ml.Attachment: {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
    ml.Access: {},
}


@pytest.mark.parametrize(
    ("args", "wrong", "argument", "reason", "fix"),
    [
        # the boundary
        (ml.PermissionsBoundaryArgs, {"regions": ["eu-wst-1"]}, "regions", "not a region", "eu-west-1"),
        (ml.PermissionsBoundaryArgs, {"regions": ["eu-west-1"] * 2}, "regions", "twice", "once"),
        (ml.PermissionsBoundaryArgs, {"archive_bucket_arns": ["archive"]}, "archive_bucket_arns", "not the ARN", "s3:::"),
        # roles of services
        (ml.ServiceRoleArgs, {"service": "sagemakr"}, "service", "not a service of the catalog", "sagemaker"),
        (ml.ServiceRoleArgs, {"service": "sagemaker.amazonaws.com"}, "service", "not a service", "sagemaker"),
        (ml.ServiceRoleArgs, {"boundary_arn": "boundary"}, "boundary_arn", "not the ARN of a policy", ":policy/"),
        (ml.ServiceRoleArgs, {"boundary_arn": None}, "boundary_arn", "must be a valid string", "permissions boundary"),
        (
            ml.ServiceRoleArgs,
            {"boundary_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "boundary_arn",
            "policy of the account",
            "123456789012",
        ),
        (ml.ServiceRoleArgs, {"access": {"bukets": []}}, "access.bukets", "not known here", "buckets"),
        # roles of pods
        (ml.PodRoleArgs, {"cluster_arn": "platform"}, "cluster_arn", "not the ARN of an EKS cluster", ":cluster/"),
        (ml.PodRoleArgs, {"namespace": "*"}, "namespace", "not the name of a namespace", "wildcards are not taken"),
        (ml.PodRoleArgs, {"service_account": "Trainer"}, "service_account", "service account", "trainer"),
        (ml.ServiceAccountRoleArgs, {"provider_arn": CLUSTER}, "provider_arn", "OIDC provider", "oidc-provider/"),
        (ml.ServiceAccountRoleArgs, {"service_account": "*"}, "service_account", "service account", "wildcards"),
        # roles of workflows
        (ml.GitHubRoleArgs, {"repository": "models"}, "repository", "not a repository", "my-company/models"),
        (ml.GitHubRoleArgs, {"repository": "my-company/*"}, "repository", "not a repository", "wildcards"),
        (ml.GitHubRoleArgs, {"branch": "*"}, "branch", "not one name", "wildcards are not taken"),
        (ml.GitHubRoleArgs, {"branch": None}, "environment", "neither a branch nor an environment", "one of them"),
        (ml.GitHubRoleArgs, {"environment": "prod"}, "environment", "beside a branch", "one of them"),
        # access
        (ml.BucketAccess, {"bucket_arn": "arn:aws:s3:::*"}, "bucket_arn", "not the ARN of a bucket", "datasets"),
        (ml.BucketAccess, {"mode": "all"}, "mode", "'read', 'write' or 'read-write'", "read"),
        (ml.BucketAccess, {"prefix": "team-a"}, "prefix", "not a folder", "team-a/"),
        (ml.BucketAccess, {"prefix": "*/"}, "prefix", "not a folder", "wildcards"),
        (ml.BucketAccess, {"key_arn": "alias/data"}, "key_arn", "not the ARN of a KMS key", "arn:aws:kms:"),
        (ml.SecretAccess, {"secret_arn": "tracking"}, "secret_arn", "not the ARN of a secret", ":secret:"),
        (ml.FileSystemAccess, {"mode": "write"}, "mode", "can be read", "read-write"),
        (ml.FileSystemAccess, {"access_point_arn": "home"}, "access_point_arn", "EFS access point", "fsap-"),
        (ml.PassRole, {"role_arn": "arn:aws:iam::123456789012:role/*"}, "role_arn", "not the ARN of a role", "role/"),
        (ml.PassRole, {"service": "*"}, "service", "not a service of the catalog", "sagemaker"),
        (ml.Permission, {"actions": ["sagemaker:*"]}, "actions", "a whole service", "name the actions"),
        (ml.Permission, {"actions": ["*"]}, "actions", "is not an action", "s3:GetObject"),
        (ml.Permission, {"actions": ["iam:CreateRole"]}, "actions", "how roles gain permissions", "pass_roles"),
        (ml.Permission, {"actions": []}, "actions", "no action", "sagemaker:CreateTrainingJob"),
        (ml.Permission, {"resources": ["*"]}, "resources", "on everything", "give ARNs"),
        (ml.Permission, {"resources": []}, "resources", "on which resources", "on_every_resource"),
        (ml.Permission, {"on_every_resource": True}, "resources", "resources and every resource", "instead"),
        (ml.Permission, {"sid": "start training"}, "sid", "not a statement id", "StartTraining"),
        (ml.Attachment, {"subnet_ids": []}, "subnet_ids", "there is none", "leave vpc out"),
        (ml.Access, {"metrics_in": ["AWS/EC2"]}, "metrics_in", "not a namespace of your own", "Platform/Training"),
        (ml.Access, {"log_to": ["arn:aws:logs:eu-central-1:123456789012:log-group:a:*"]}, "log_to", "without :*", "log-group:training"),
        (ml.Access, {"pull_from": ["training"]}, "pull_from", "image repository", ":repository/"),
        (ml.Access, {"permissions": [RIGHT[ml.Permission]] * 2}, "permissions", "the same sid", "of its own"),
        # people
        (ml.SignIn, {}, "saml_provider_arn", "no way to sign in", "permission_sets"),
        (
            ml.SignIn,
            {"saml_provider_arn": SAML, "permission_sets": {"auditor": "Auditor"}},
            "saml_provider_arn",
            "several ways",
            "one of",
        ),
        (ml.SignIn, {"permission_sets": {"boss": "Boss"}}, "permission_sets", "'boss' is not a persona", "data-scientist"),
        (ml.SignIn, {"permission_sets": {"auditor": "*"}}, "permission_sets", "name of a permission set", "DataScientist"),
        (ml.SignIn, {"principals": {"break-glass": [USER]}}, "principals", "everyday sign-in", "break_glass_principals"),
        (ml.SignIn, {"principals": {"auditor": ["*"]}}, "principals", "not the ARN", "role/admin"),
        (ml.SignIn, {"principals": {"auditor": []}}, "principals", "has nobody", "leave the persona out"),
        (ml.SignIn, {"saml_provider_arn": OIDC}, "saml_provider_arn", "not the ARN of a SAML provider", "saml-provider/"),
        (ml.PersonasArgs, {"break_glass_principals": []}, "break_glass_principals", "nobody could repair", "two users"),
        (ml.PersonasArgs, {"break_glass_principals": ["*"]}, "break_glass_principals", "not the ARN", "role/admin"),
        (ml.PersonasArgs, {"session_hours": 24}, "session_hours", "24 hours are not offered", "1 to 12"),
        (ml.PersonasArgs, {"alarm_topic_arn": "alarms"}, "alarm_topic_arn", "not the ARN of a topic", "arn:aws:sns:"),
        (ml.PersonasArgs, {"sign_in": {}}, "sign_in.saml_provider_arn", "no way to sign in", "permission_sets"),
        # audit
        (ml.AuditTrailArgs, {"existing": TRAIL, "every_bucket": True}, "every_bucket", "existing trail is not changed", "existing"),
        (ml.AuditTrailArgs, {"existing": TRAIL, "notify": True}, "notify", "existing trail is not changed", "existing"),
        (ml.AuditTrailArgs, {"existing": TRAIL, "archive_days": 400}, "archive_days", "not changed here", "leave"),
        (ml.AuditTrailArgs, {"existing": {**TRAIL, "trail_arn": "x"}}, "existing.trail_arn", "ARN of a trail", "trail/"),
        (ml.AuditAlarmsArgs, {"emails": []}, "emails", "nobody would hear", "existing_topic_arn"),
        (ml.AuditAlarmsArgs, {"emails": ["security"]}, "emails", "'security' is not an address", "@"),
        (ml.AuditAlarmsArgs, {"emails": ["a@b.example"] * 2}, "emails", "twice", "once"),
        (ml.AuditAlarmsArgs, {"existing_topic_arn": TOPIC}, "emails", "knows for itself", "leave emails out"),
        (ml.AuditAlarmsArgs, {"log_group_name": "trail:*"}, "log_group_name", "name of a log group", "platform-trail"),
        (ml.ConfigRecorderArgs, {"retention_days": 30}, "retention_days", "below the regulated profile's 365", "365"),
        (ml.ConfigRecorderArgs, {"omit_rules": ["s3"]}, "omit_rules", "'s3' is not a rule", "s3-bucket-ssl-requests-only"),
        (
            ml.ConfigRecorderArgs,
            {"existing_recorder_name": "default", "retention_days": 400},
            "retention_days",
            "existing recorder is not changed",
            "existing_recorder_name",
        ),
        (
            ml.ConfigRecorderArgs,
            {"existing_recorder_name": "default", "existing_service_role": True},
            "existing_service_role",
            "existing recorder is not changed",
            "leave",
        ),
        (ml.ThreatDetectionArgs, {"central": {"detector_id": "d-1"}}, "central.detector_id", "id of a detector", "32"),
        (ml.ThreatDetectionArgs, {"central": {"guardduty": True}}, "central.guardduty", "not known here", "remove"),
        (
            ml.ThreatDetectionArgs,
            {"archive": {"logs_key_arn": KEY, "access_log_bucket": "logs", "retention_days": 90}},
            "archive",
            "below the regulated profile's 365",
            "365 or more",
        ),
        (
            ml.ThreatDetectionArgs,
            {"archive": {"logs_key_arn": KEY, "access_log_bucket": "logs"}, "central": {"detector_id": "0" * 32}},
            "archive",
            "of the organisation is not changed",
            "central.detector_id",
        ),
        (ml.ThreatDetectionArgs, {"alarm_topic_arn": KEY}, "alarm_topic_arn", "not the ARN of a topic", "arn:aws:sns:"),
        (ml.AccountBaselineArgs, {"volume_key_arn": "data"}, "volume_key_arn", "not the ARN of a KMS key", "arn:aws:kms:"),
        (ml.AccountBaselineArgs, {"set_centrally": ["all"]}, "set_centrally[0]", "'ebs-encryption'", "organisation"),
    ],
)  # fmt: skip
def test_wrong_use_names_argument_value_reason_and_fix(
    args: type, wrong: dict[str, Any], argument: str, reason: str, fix: str
) -> None:
    with pytest.raises(ml.ArgumentError) as refused:
        args(**{**RIGHT[args], **wrong})
    (problem,) = refused.value.problems
    assert problem.argument == argument
    assert reason in problem.reason
    assert fix in problem.fix
    assert str(refused.value).startswith(f"{args.__name__}: {argument}")


@pytest.mark.parametrize("args", [args for args in RIGHT if args is not ml.SignIn], ids=lambda args: args.__name__)
def test_what_is_right_is_taken(args: type) -> None:
    args(**RIGHT[args])


names = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True)
bucket_accesses = st.builds(
    ml.BucketAccess,
    bucket_arn=names.map(lambda name: f"arn:aws:s3:::b{name}"),
    key_arn=st.just(KEY),
    mode=st.sampled_from(list(ml.Mode)),
    prefix=st.sampled_from(["", "team-a/", "team-a/runs/"]),
)
accesses = st.builds(
    ml.Access,
    buckets=st.lists(bucket_accesses, max_size=4),
    push_to=st.lists(names.map(lambda n: f"arn:aws:ecr:eu-central-1:123456789012:repository/{n}"), max_size=2),
    metrics_in=st.lists(names, max_size=2),
    pass_roles=st.lists(
        st.builds(ml.PassRole, role_arn=st.just(ROLE), service=st.sampled_from(list(trusted_services()))), max_size=4
    ),
    permissions=st.lists(
        st.builds(
            ml.Permission,
            sid=st.from_regex(r"[A-Z][A-Za-z]{1,10}", fullmatch=True),
            actions=st.just(["sagemaker:AddTags"]),
            resources=st.just([ROLE]),
        ),
        max_size=3,
        unique_by=lambda permission: permission.sid,
    ),
)


@given(access=accesses, service=st.sampled_from(list(trusted_services())))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_access_makes_a_policy_that_names_no_more_than_it_was_given(declare, statements, access, service) -> None:
    args = ml.ServiceRoleArgs(**BOUNDED, service=service, access=access)
    declared = declare(lambda: ml.ServiceRole("one", args))
    policies = declared.of("aws:iam/rolePolicy:RolePolicy")
    buckets = {str(bucket.bucket_arn) for bucket in access.buckets}
    for statement in statements(policies[0]) if policies else ():
        on = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert all(arn.partition("/")[0] in buckets for arn in on if arn.startswith("arn:aws:s3:"))
        assert statement["Effect"] == "Allow"
        if on == ["*"]:
            assert statement["Action"] in ("ecr:GetAuthorizationToken", "cloudwatch:PutMetricData")


@given(omitted=st.lists(st.sampled_from(list(config_rules())), unique=True), profile=st.sampled_from(list(ml.Profile)))
@settings(max_examples=50, deadline=None)
def test_omitting_rules_takes_these_away_and_no_other(omitted: list[str], profile: ml.Profile) -> None:
    whole = ml.ConfigRecorderArgs(**RECORD, profile=profile).rules()
    left = ml.ConfigRecorderArgs(**RECORD, profile=profile, omit_rules=omitted).rules()
    assert left == [rule for rule in whole if rule.name not in omitted]
