"""Data that teams share, and where they keep what they make."""

import re
from typing import Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Classification


class BucketStore(Args):
    """A bucket, or a folder of one."""

    bucket_arn: pulumi.Input[str]
    """The bucket's ARN, a `DataBucket`'s."""
    prefix: str = ""
    """The folder, such as imagenet/. Default: the whole bucket."""
    mounted: bool = True
    """Whether data sets are directories of pods (Mountpoint for Amazon S3), for which the cluster's storage needs
    `bucket_mounts`; without, programs read S3 themselves. What jobs write they always write to S3. Default: true."""

    _bucket = field_validator("bucket_arn")(references.bucket_arn)

    @field_validator("prefix")
    @classmethod
    def _folder(cls, value: str) -> str:
        if value and not re.fullmatch(r"([\w.=+-]+/)+", value):
            raise Invalid("not a folder", fix="end it with a slash and leave wildcards out, as in imagenet/")
        return value


class LustreStore(Args):
    """A file system for training that pods mount: Amazon FSx for Lustre."""

    file_system_id: pulumi.Input[str]
    """The file system's id, a `LustreFileSystem`'s."""
    mount_source: pulumi.Input[str]
    """What is mounted, a `LustreFileSystem`'s mount_source: <name>@tcp:/<mount name>."""
    size_gib: int
    """Its size in GiB, as Kubernetes shall show it."""


class TrainingStore(Args):
    """A place for data: a bucket, or a file system."""

    classification: Classification
    """How sensitive the data are: internal, confidential or restricted."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts them."""
    bucket: Optional[BucketStore] = None
    """The bucket. Default: a file system instead."""
    lustre: Optional[LustreStore] = None
    """The file system. Default: a bucket instead."""

    _key = field_validator("key_arn")(references.key_arn)

    @model_validator(mode="after")
    def _one(self) -> "TrainingStore":
        if (self.bucket is None) == (self.lustre is None):
            reason = "it is no place" if self.bucket is None else "it is two places"
            raise Invalid(reason, fix="give one of bucket and lustre", argument="bucket")
        return self
