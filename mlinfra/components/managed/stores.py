"""Where managed jobs have their data: folders of buckets, which their role alone reaches."""

import re
from collections.abc import Iterable

import pulumi
from pydantic import field_validator

from mlinfra.components import references
from mlinfra.components.access import Access, BucketAccess, Mode
from mlinfra.components.args import Args
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Classification


class ManagedStore(Args):
    """A bucket, or a folder of one."""

    bucket_arn: pulumi.Input[str]
    """The bucket's ARN, a `DataBucket`'s."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts it."""
    classification: Classification
    """How sensitive the data are: internal, confidential or restricted."""
    prefix: str = ""
    """The folder, such as imagenet/. Default: the whole bucket."""

    _bucket = field_validator("bucket_arn")(references.bucket_arn)
    _key = field_validator("key_arn")(references.key_arn)

    @field_validator("prefix")
    @classmethod
    def _folder(cls, value: str) -> str:
        if value and not re.fullmatch(r"([\w.=+-]+/)+", value):
            raise Invalid("not a folder", fix="end it with a slash and leave wildcards out, as in imagenet/")
        return value

    def url(self, folder: str = "") -> pulumi.Output[str]:
        """Where it is, or a folder of it: s3://bucket/imagenet/."""
        bucket = pulumi.Output.from_input(self.bucket_arn).apply(lambda arn: arn.rpartition(":")[2])
        return pulumi.Output.concat("s3://", bucket, "/", self.prefix, folder)

    def reached(self, mode: Mode) -> BucketAccess:
        """What a role needs to use it."""
        return BucketAccess(bucket_arn=self.bucket_arn, key_arn=self.key_arn, mode=mode, prefix=self.prefix)


def with_stores(access: Access, read: Iterable[ManagedStore], written: Iterable[ManagedStore | None]) -> Access:
    """The access with stores that are read, and stores that are read and written, added."""
    buckets = [
        *(store.reached(Mode.READ) for store in read),
        *(store.reached(Mode.READ_WRITE) for store in written if store is not None),
    ]
    return access.model_copy(update={"buckets": [*access.buckets, *buckets]})
