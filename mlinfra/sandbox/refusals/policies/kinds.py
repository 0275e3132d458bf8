"""The kinds of policy: what each must and must not say, where it is given, and how its service refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Element = Literal["required", "forbidden", "optional"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyKind:
    """Rules of one kind of policy.

    `services` are the only prefixes its actions may have (empty: any). `says` is put before the reason where the
    service does not tell it itself. `exists` says whether principals of this account must exist.
    """

    name: str
    code: str
    principal: Element = "required"
    resource: Element = "required"
    services: tuple[str, ...] = ()
    says: str = "{reason}"
    exists: bool = True
    length: int = 0
    length_code: str = ""


IDENTITY: Final = PolicyKind(name="identity", code="MalformedPolicyDocument", principal="forbidden")
TRUST: Final = PolicyKind(name="trust", code="MalformedPolicyDocument", resource="forbidden", services=("sts",))
BUCKET: Final = PolicyKind(
    name="bucket", code="MalformedPolicy", services=("s3",), length=20_480, length_code="PolicyTooLarge"
)
KEY: Final = PolicyKind(
    name="key", code="MalformedPolicyDocumentException", length=32_768, length_code="LimitExceededException"
)
TOPIC: Final = PolicyKind(
    name="topic",
    code="InvalidParameter",
    services=("sns",),
    length=30_720,
    says="Invalid parameter: Policy Error: {reason}",
)
QUEUE: Final = PolicyKind(
    name="queue",
    code="InvalidAttributeValue",
    services=("sqs",),
    says="Invalid value for the parameter Policy. {reason}",
)
REPOSITORY: Final = PolicyKind(
    name="repository",
    code="InvalidParameterException",
    resource="forbidden",
    services=("ecr",),
    says="Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided' ({reason})",
    length=10_240,
)
FILE_SYSTEM: Final = PolicyKind(name="file system", code="InvalidPolicyException", resource="optional", length=20_000)
SECRET: Final = PolicyKind(name="secret", code="MalformedPolicyDocumentException", length=20_480)
VAULT: Final = PolicyKind(name="vault", code="InvalidParameterValueException")
ENDPOINT: Final = PolicyKind(name="endpoint", code="InvalidPolicyDocument", exists=False)
LOGS: Final = PolicyKind(
    name="log resource",
    code="InvalidParameterException",
    exists=False,
    length=5_120,
    length_code="LimitExceededException",
)

# Where policies are given: (service, operation) -> path of the text and its kind.
GIVEN: Final[dict[tuple[str, str], tuple[str, PolicyKind]]] = {
    ("iam", "CreatePolicy"): ("PolicyDocument", IDENTITY),
    ("iam", "CreatePolicyVersion"): ("PolicyDocument", IDENTITY),
    ("iam", "PutRolePolicy"): ("PolicyDocument", IDENTITY),
    ("iam", "PutUserPolicy"): ("PolicyDocument", IDENTITY),
    ("iam", "PutGroupPolicy"): ("PolicyDocument", IDENTITY),
    ("iam", "CreateRole"): ("AssumeRolePolicyDocument", TRUST),
    ("iam", "UpdateAssumeRolePolicy"): ("PolicyDocument", TRUST),
    ("s3", "PutBucketPolicy"): ("Policy", BUCKET),
    ("kms", "CreateKey"): ("Policy", KEY),
    ("kms", "PutKeyPolicy"): ("Policy", KEY),
    ("kms", "ReplicateKey"): ("Policy", KEY),
    ("sns", "CreateTopic"): ("Attributes.Policy", TOPIC),
    ("sqs", "CreateQueue"): ("Attributes.Policy", QUEUE),
    ("sqs", "SetQueueAttributes"): ("Attributes.Policy", QUEUE),
    ("ecr", "SetRepositoryPolicy"): ("policyText", REPOSITORY),
    ("efs", "PutFileSystemPolicy"): ("Policy", FILE_SYSTEM),
    ("secretsmanager", "PutResourcePolicy"): ("ResourcePolicy", SECRET),
    ("backup", "PutBackupVaultAccessPolicy"): ("Policy", VAULT),
    ("ec2", "CreateVpcEndpoint"): ("PolicyDocument", ENDPOINT),
    ("ec2", "ModifyVpcEndpoint"): ("PolicyDocument", ENDPOINT),
    ("logs", "PutResourcePolicy"): ("policyDocument", LOGS),
}
