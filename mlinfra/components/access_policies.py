"""The identity policy that says what a role may reach. Pure but for ids and ARNs."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pulumi

from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components.access import (
    Access,
    Attachment,
    BucketAccess,
    FileSystemAccess,
    PassRole,
    Permission,
    SecretAccess,
)
from mlinfra.components.account import Account
from mlinfra.components.documents import Condition, Operator, Statement, Text, arn_like, equals, like

READ_OBJECTS: Final = ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging")
WRITE_OBJECTS: Final = ("s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH: Final = (
    *PULL,
    *("ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"),
)
VOLUME_KEYS: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*")
GRANT: Final = "kms:CreateGrant"
INTERFACES: Final = (
    *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"),
    *("ec2:DeleteNetworkInterfacePermission", "ec2:UnassignPrivateIpAddresses"),
)


def access_statements(access: Access, account: Account) -> list[Statement]:
    """One statement for every kind of access, however many things it is to."""
    return [
        *bucket_statements(access.buckets, account),
        *_file_systems(access.file_systems),
        *_secrets(access.secrets, account),
        *image_statements(access.pull_from, access.push_to),
        *_logs(access.log_to),
        *_volumes(access.volume_keys, account),
        *_metrics(access.metrics_in),
        *(_vpc(access.vpc, account) if access.vpc else ()),
        *passing(access.pass_roles),
        *(statement for given in access.permissions for statement in _also(given)),
    ]


def _also(given: Permission) -> Iterator[Statement]:
    """What a permission allows; grants of keys go to AWS's services alone."""
    sid, resources = f"Also{given.sid}", given.resources or ["*"]
    if others := [action for action in given.actions if action != GRANT]:
        yield Statement(sid=sid, actions=others, resources=resources)
    if GRANT in given.actions:
        for_aws = Condition(Operator.BOOL, "kms:GrantIsForAWSResource", "true")
        yield Statement(sid=f"{sid}Grants", actions=[GRANT], resources=resources, conditions=[for_aws])


def bucket_statements(buckets: Sequence[BucketAccess], account: Account) -> Iterator[Statement]:
    """Listing, reading, writing and deleting in the account's own buckets, and the keys that this takes."""
    own = equals("aws:ResourceAccount", account.id)
    whole = [bucket.bucket_arn for bucket in buckets if not bucket.prefix]
    if whole:
        yield Statement(sid="ListBuckets", actions=["s3:ListBucket"], resources=whole, conditions=[own])
    for number, bucket in enumerate(buckets):
        if bucket.prefix:
            only = like("s3:prefix", [bucket.prefix, f"{bucket.prefix}*"])
            sid = f"ListFolder{number}"
            yield Statement(sid=sid, actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions=[own, only])
    reads = [bucket for bucket in buckets if bucket.mode.reads]
    writes = [bucket for bucket in buckets if bucket.mode.writes]
    for sid, actions, among in (
        ("ReadObjects", READ_OBJECTS, reads),
        ("WriteObjects", WRITE_OBJECTS, writes),
        ("DeleteObjects", ("s3:DeleteObject",), [bucket for bucket in writes if bucket.mode.reads]),
    ):
        if among:
            objects = [_objects(bucket) for bucket in among]
            yield Statement(sid=sid, actions=actions, resources=objects, conditions=[own])
    yield from _with_keys(reads, writes, account)


def image_statements(pull_from: Sequence[Text], push_to: Sequence[Text]) -> Iterator[Statement]:
    """Pulling and pushing images, and the token that either begins with."""
    if pull_from or push_to:
        yield Statement(sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"])
    if pull_from:
        yield Statement(sid="PullImages", actions=PULL, resources=pull_from)
    if push_to:
        yield Statement(sid="PushImages", actions=PUSH, resources=push_to)


def passing(roles: Sequence[PassRole]) -> Iterator[Statement]:
    """Handing roles to the service that each is meant for."""
    for service in dict.fromkeys(role.service for role in roles):
        yield Statement(
            sid=f"PassTo{service.title().replace('-', '')}",
            actions=["iam:PassRole"],
            resources=[role.role_arn for role in roles if role.service == service],
            conditions=[equals("iam:PassedToService", trusted_services()[service].principal)],
        )


def _with_keys(reads: Sequence[BucketAccess], writes: Sequence[BucketAccess], account: Account) -> Iterator[Statement]:
    # S3 completes multipart uploads under a key by decrypting their parts: writing takes both.
    for sid, actions, among in (
        ("ReadWithKeys", ["kms:Decrypt"], reads),
        ("WriteWithKeys", ["kms:Decrypt", "kms:GenerateDataKey"], writes),
    ):
        if among:
            context = [pulumi.Output.concat(bucket.bucket_arn, end) for bucket in among for end in ("", "/*")]
            yield Statement(
                sid=sid,
                actions=actions,
                resources=[bucket.key_arn for bucket in among],
                conditions=[_through("s3", account), like("kms:EncryptionContext:aws:s3:arn", context)],
            )


def _file_systems(file_systems: Sequence[FileSystemAccess]) -> Iterator[Statement]:
    for number, given in enumerate(file_systems):
        write = ("elasticfilesystem:ClientWrite",) if given.mode.writes else ()
        yield Statement(
            sid=f"Mount{number}",
            actions=["elasticfilesystem:ClientMount", *write],
            resources=[given.file_system_arn],
            conditions=[arn_like("elasticfilesystem:AccessPointArn", given.access_point_arn)],
        )


def _secrets(secrets: Sequence[SecretAccess], account: Account) -> Iterator[Statement]:
    if secrets:
        arns = [secret.secret_arn for secret in secrets]
        actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        yield Statement(sid="ReadSecrets", actions=actions, resources=arns)
        yield Statement(
            sid="ReadSecretsWithKeys",
            actions=["kms:Decrypt"],
            resources=[secret.key_arn for secret in secrets],
            conditions=[_through("secretsmanager", account), equals("kms:EncryptionContext:SecretARN", arns)],
        )


def _logs(group_arns: Sequence[Text]) -> Iterator[Statement]:
    if group_arns:
        streams = [pulumi.Output.concat(arn, ":log-stream:*") for arn in group_arns]
        yield Statement(
            sid="WriteLogs", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[*group_arns, *streams]
        )


def _volumes(key_arns: Sequence[Text], account: Account) -> Iterator[Statement]:
    """What EC2 asks of whoever attaches a volume under a key (EBS user guide, "Permissions for IAM users")."""
    if key_arns:
        through = _through("ec2", account)
        for_ec2 = Condition(Operator.BOOL, "kms:GrantIsForAWSResource", "true")
        yield Statement(sid="MakeVolumesWithKeys", actions=VOLUME_KEYS, resources=key_arns, conditions=[through])
        yield Statement(
            sid="GrantVolumeKeys", actions=["kms:CreateGrant"], resources=key_arns, conditions=[through, for_ec2]
        )


def _metrics(namespaces: Sequence[str]) -> Iterator[Statement]:
    if namespaces:
        within = equals("cloudwatch:namespace", namespaces)
        yield Statement(
            sid="PublishMetrics", actions=["cloudwatch:PutMetricData"], resources=["*"], conditions=[within]
        )


def _vpc(attachment: Attachment, account: Account) -> Iterator[Statement]:
    """Network interfaces in the subnets given, permitted to AWS services, and what services look at beforehand."""
    subnets: Any = attachment.subnet_ids
    kinds = ("network-interface", "subnet", "security-group")
    yield Statement(
        sid="Attach",
        actions=["ec2:CreateNetworkInterface"],
        resources=[account.arn("ec2", f"{kind}/*") for kind in kinds],
        conditions=[
            Condition(Operator.STRING_EQUALS_IF_EXISTS, "ec2:SubnetID", subnets),  # each kind carries its own id alone
            Condition(Operator.STRING_EQUALS_IF_EXISTS, "ec2:SecurityGroupID", attachment.security_group_ids),
        ],
    )
    # Lambda refuses roles that are narrower here (Lambda developer guide, "Giving Lambda functions access to a VPC").
    yield Statement(sid="UseAttachments", actions=INTERFACES, resources=[account.arn("ec2", "*/*")])
    looks = ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
    yield Statement(sid="SeeNetwork", actions=[f"ec2:Describe{what}" for what in looks], resources=["*"])


def _through(service: str, account: Account) -> Any:
    return equals("kms:ViaService", f"{service}.{account.region}.amazonaws.com")


def _objects(bucket: BucketAccess) -> pulumi.Output[str]:
    return pulumi.Output.concat(bucket.bucket_arn, "/", bucket.prefix, "*")
