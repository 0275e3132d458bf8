"""What a role may reach: data, secrets, images, logs and other roles, each as narrowly as AWS can say it."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.catalog.trusted_services import trusted_services
from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.problems import Invalid

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z*]+")
_PREFIX = re.compile(r"([\w.=+-]+/)+")


class Mode(StrEnum):
    """What may be done with data."""

    READ = "read"
    """Reading."""
    WRITE = "write"
    """Adding and overwriting, without reading."""
    READ_WRITE = "read-write"
    """Reading, adding, overwriting and deleting."""

    @property
    def reads(self) -> bool:
        """Whether it includes reading."""
        return self is not Mode.WRITE

    @property
    def writes(self) -> bool:
        """Whether it includes writing."""
        return self is not Mode.READ


class BucketAccess(Args):
    """A bucket that a role may use, with the key of its objects."""

    bucket_arn: pulumi.Input[str]
    """The bucket's ARN."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts its objects; used through S3 and for this bucket alone."""
    mode: Mode = Mode.READ
    """read, write or read-write. Default: read."""
    prefix: str = ""
    """The only folder that may be used, such as team-a/. Default: the whole bucket."""

    _bucket = field_validator("bucket_arn")(references.bucket_arn)
    _key = field_validator("key_arn")(references.key_arn)

    @field_validator("prefix")
    @classmethod
    def _folder(cls, value: str) -> str:
        if value and not _PREFIX.fullmatch(value):
            raise Invalid("not a folder", fix="end it with a slash and leave wildcards out, as in team-a/")
        return value


class FileSystemAccess(Args):
    """A directory of a file system that a role may mount."""

    file_system_arn: pulumi.Input[str]
    """The file system's ARN."""
    access_point_arn: pulumi.Input[str]
    """The ARN of the access point through which it is mounted."""
    mode: Mode = Mode.READ
    """read or read-write; nobody writes without reading here. Default: read."""

    _arn = field_validator("file_system_arn")(references.file_system_arn)
    _access_point = field_validator("access_point_arn")(references.access_point_arn)

    @field_validator("mode")
    @classmethod
    def _mountable(cls, value: Mode) -> Mode:
        if not value.reads:
            raise Invalid("a file system that is mounted can be read", fix="give read or read-write")
        return value


class SecretAccess(Args):
    """A secret that a role may read."""

    secret_arn: pulumi.Input[str]
    """The secret's ARN."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts it."""

    _secret = field_validator("secret_arn")(references.secret_arn)
    _key = field_validator("key_arn")(references.key_arn)


class PassRole(Args):
    """A role that may be handed to a service, which then acts with it."""

    role_arn: pulumi.Input[str]
    """The role's ARN."""
    service: str
    """The service that may be handed it, such as sagemaker, lambda or glue."""

    _role = field_validator("role_arn")(references.role_arn)

    @field_validator("service")
    @classmethod
    def _known(cls, value: str) -> str:
        return trusted_service(value)


class Permission(Args):
    """Actions that the other kinds of access do not cover."""

    sid: str
    """A name for the statement, letters and digits; Also is put in front of it."""
    actions: Sequence[str]
    """The actions, such as sagemaker:CreateTrainingJob; a whole service (sagemaker:*) is refused, and kms:CreateGrant is for
    AWS's services alone."""
    resources: Sequence[pulumi.Input[str]] = ()
    """The ARNs on which; * alone is refused."""
    on_every_resource: bool = False
    """Whether the actions are allowed on everything, for those that AWS cannot limit to a resource. Default: no."""

    @field_validator("sid")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9]{1,64}", value):
            raise Invalid("not a statement id", fix="use letters and digits, as in StartTraining")
        return value

    @field_validator("actions")
    @classmethod
    def _narrow(cls, value: Sequence[str]) -> Sequence[str]:
        if not value:
            raise Invalid("there is no action", fix="name the actions, such as sagemaker:CreateTrainingJob")
        for action in value:
            if not _ACTION.fullmatch(action):
                raise Invalid(f"{action!r} is not an action", fix="write service:Action, as in s3:GetObject")
            if action.partition(":")[2].startswith("*"):
                raise Invalid(f"{action!r} allows a whole service", fix="name the actions that the role needs")
            if action.startswith(("iam:", "sts:AssumeRole")):
                raise Invalid(f"{action!r} is how roles gain permissions", fix="use pass_roles to hand a role on")
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> "Permission":
        if bool(self.resources) == self.on_every_resource:
            reason = "says resources and every resource" if self.resources else "does not say on which resources"
            raise Invalid(reason, fix="give ARNs, or on_every_resource=True instead", argument="resources")
        if "*" in [resource for resource in self.resources if isinstance(resource, str)]:
            raise Invalid("allows the actions on everything", fix="give ARNs", argument="resources")
        return self


class Attachment(Args):
    """Where in the VPC the workload is attached, by SageMaker, Lambda, Glue or Batch in its name."""

    subnet_ids: pulumi.Input[Sequence[str]]
    """The subnets, such as a `Network`'s workload_subnet_ids."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """The security groups."""

    @field_validator("subnet_ids", "security_group_ids")
    @classmethod
    def _some(cls, value: Any) -> Any:
        if isinstance(value, Sequence) and not value:
            raise Invalid("there is none", fix="give one at least, or leave vpc out")
        return value


class Access(Args):
    """What a role may reach. Nothing unless it is named here."""

    buckets: Sequence[BucketAccess] = ()
    """Buckets with their keys. Default: none."""
    file_systems: Sequence[FileSystemAccess] = ()
    """File systems (Amazon EFS) by access point. Default: none."""
    secrets: Sequence[SecretAccess] = ()
    """Secrets with their keys. Default: none."""
    pull_from: Sequence[pulumi.Input[str]] = ()
    """ARNs of image repositories to pull from. Default: none."""
    push_to: Sequence[pulumi.Input[str]] = ()
    """ARNs of image repositories to push to. Default: none."""
    log_to: Sequence[pulumi.Input[str]] = ()
    """ARNs of log groups to write to. Default: none."""
    volume_keys: Sequence[pulumi.Input[str]] = ()
    """ARNs of keys under which to make volumes (Amazon EBS); used through EC2 alone. Default: none."""
    metrics_in: Sequence[str] = ()
    """CloudWatch namespaces to publish metrics in. Default: none."""
    vpc: Optional[Attachment] = None
    """Subnets and security groups to attach to. Default: none."""
    pass_roles: Sequence[PassRole] = ()
    """Roles to hand to services. Default: none."""
    permissions: Sequence[Permission] = ()
    """Whatever else. Default: nothing."""

    _repositories = field_validator("pull_from", "push_to")(references.each(references.repository_arn))
    _keys = field_validator("volume_keys")(references.each(references.key_arn))
    _groups = field_validator("log_to")(references.each(references.log_group_arn))

    @field_validator("metrics_in")
    @classmethod
    def _namespaces(cls, value: Sequence[str]) -> Sequence[str]:
        for namespace in value:
            if not re.fullmatch(r"[\w.#:/-]{1,255}", namespace) or namespace.startswith("AWS/"):
                raise Invalid(f"{namespace!r} is not a namespace of your own", fix="use one such as Platform/Training")
        return value

    @field_validator("permissions")
    @classmethod
    def _distinct(cls, value: Sequence[Permission]) -> Sequence[Permission]:
        sids = [permission.sid for permission in value]
        if len(set(sids)) < len(sids):
            raise Invalid("two have the same sid", fix="give every permission a sid of its own")
        return value


def trusted_service(name: str) -> str:
    """The service's short name, when the catalog has it."""
    if name not in trusted_services():
        raise Invalid("not a service of the catalog", fix=f"choose one of {', '.join(trusted_services())}")
    return name
