"""The arguments of `Storage`, and those of its parts that follow from them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.args import Args
from mlinfra.components.file_system import AccessPointArgs, FileSystemArgs
from mlinfra.components.images import ImageRepositoryArgs
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.layers import planned
from mlinfra.components.lustre import (
    SMALLEST_GIB,
    BucketLinkArgs,
    LustreFileSystemArgs,
    Throughput,
)
from mlinfra.components.network_checks import check_zones
from mlinfra.components.problems import Invalid, Problem, shown
from mlinfra.components.profiles import Classification, Profile
from mlinfra.components.secret import SecretArgs
from mlinfra.components.storage import BucketPurpose, DataBucketArgs

_KEYS: Final = (KeyPurpose.DATA, KeyPurpose.ARTIFACTS, KeyPurpose.SECRETS, KeyPurpose.LOGS)


class SharedFiles(Args):
    """A file system that many mount at once (Amazon EFS)."""

    access_points: Mapping[str, AccessPointArgs]
    """The directories that can be mounted, by name, and the user that everybody is in them, such as home: {uid: 1000}."""
    classification: Classification = Classification.CONFIDENTIAL
    """How sensitive its files are. Default: confidential."""


class TrainingFiles(Args):
    """A fast file system for training (Amazon FSx for Lustre)."""

    size_gib: int = SMALLEST_GIB
    """Storage in GiB: 1200, 2400 or a multiple of 2400. Default: 1200."""
    throughput: Throughput = Throughput.MB_125
    """Megabytes a second for every TiB: 125, 250, 500 or 1000. Default: 125."""
    bucket: Optional[BucketPurpose] = None
    """The data bucket whose objects it shows as files; they are as sensitive as those. Default: none, and daily backups."""
    write_back: bool = False
    """Whether files that are written become objects of the bucket. Default: no."""
    zone: Optional[str] = None
    """The availability zone, where training runs. Default: the first."""


class StorageArgs(Args):
    """Arguments of `Storage`."""

    account: Account
    """Where everything lives."""
    zones: Sequence[str]
    """The availability zones, those of the subnets."""
    key_arns: Mapping[str, pulumi.Input[str]]
    """The ARNs of the keys by purpose: data, artifacts, secrets and logs, a `KeyRing`'s."""
    access_log_bucket: pulumi.Input[str]
    """The name of the bucket that takes the access logs, an `AccessLogBucket`."""
    vpc_id: pulumi.Input[str]
    """The VPC from which file systems are mounted."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """A subnet for file systems in each zone, in the order of the zones: a `Network`'s data_subnet_ids."""
    endpoint_id: Optional[pulumi.Input[str]] = None
    """The VPC endpoint of S3 through which alone restricted buckets, and all of the isolated profile, are reached. Default:
    there are no such buckets."""
    buckets: Mapping[str, Classification] = {}
    """The data buckets: purpose (datasets, features, models, checkpoints, artifacts) and classification (internal,
    confidential, restricted). Default: none."""
    lock_days: Optional[int] = None
    """Days for which Object Lock keeps every version that is written to the data buckets. Default: no lock."""
    file_systems: Mapping[str, SharedFiles] = {}
    """File systems that many mount at once (Amazon EFS), by name. Default: none."""
    lustre: Mapping[str, TrainingFiles] = {}
    """Fast file systems for training (Amazon FSx for Lustre), by name. Default: none."""
    repositories: Sequence[str] = ()
    """Image repositories, such as training and serving. Default: none."""
    secrets: Mapping[str, str] = {}
    """Secrets by name, and in a sentence what each is and who puts it in. Default: none."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    log_retention_days: Optional[int] = None
    """Days that logs of file systems are kept. Default: the profile's floor (90, 365, 365)."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete what is kept here. When false, destroying the stack erases it."""

    _vpc = field_validator("vpc_id")(references.vpc_id)
    _logs = field_validator("access_log_bucket")(references.bucket_name)
    _endpoint = field_validator("endpoint_id")(references.endpoint_id)

    @field_validator("key_arns")
    @classmethod
    def _keys(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        references.each(references.key_arn)([*value.values()])
        if missing := [purpose.value for purpose in _KEYS if purpose not in value]:
            fix = "give a KeyRing's: {purpose: keys.arn(purpose) for purpose in ml.KeyPurpose}"
            raise Invalid(f"there is no key for {', '.join(missing)}", fix=fix)
        return value

    @field_validator("buckets")
    @classmethod
    def _purposes(cls, value: Mapping[str, Classification]) -> Mapping[str, Classification]:
        known = [purpose.value for purpose in BucketPurpose]
        if unknown := [purpose for purpose in value if purpose not in known]:
            raise Invalid(f"{unknown[0]!r} is not a bucket's purpose", fix=f"use {', '.join(known)}")
        return value

    @model_validator(mode="after")
    def _together(self) -> "StorageArgs":
        check_zones(self.zones, self.account.region)
        references.one_for_each(self.subnet_ids, self.zones, "subnet_ids")
        planned.refuse(self._refusals())
        return self

    def _refusals(self) -> Iterator[Problem]:
        above = type(self).model_fields
        for purpose in map(BucketPurpose, self.buckets):
            path, renamed = f"buckets.{purpose.value}", {"vpc_endpoint_ids": "endpoint_id"}
            yield from planned.refusals(path, partial(self.bucket, purpose), above=above, renamed=renamed)
        for name, files in self.lustre.items():
            if files.bucket is not None and files.bucket not in self.buckets:
                fix = f"choose from {', '.join(self.buckets)}, or add it to buckets"
                yield Problem(f"lustre.{name}.bucket", shown(files.bucket), "a bucket that is not there", fix)
            elif files.zone is not None and files.zone not in self.zones:
                fix = f"choose from {', '.join(self.zones)}, or add it to zones"
                yield Problem(f"lustre.{name}.zone", shown(files.zone), "no network is there", fix)
            else:
                made = partial(self.training_files, files, planned.SUBNET_ID, planned.BUCKET)
                yield from planned.refusals(f"lustre.{name}", made, above=above)
        for name, shared in self.file_systems.items():
            yield from planned.refusals(f"file_systems.{name}", partial(self.shared_files, shared), above=above)
        if self.repositories:
            yield from planned.refusals("", self.images)
        for name, said in self.secrets.items():
            yield from planned.refusals("", partial(self.secret, said), renamed={"description": f"secrets.{name}"})

    def bucket(self, purpose: BucketPurpose) -> DataBucketArgs:
        """The arguments of the bucket of a purpose."""
        classification = self.buckets[purpose]
        closed = classification is Classification.RESTRICTED or self.profile is Profile.ISOLATED
        return DataBucketArgs(
            profile=self.profile,
            purpose=purpose,
            classification=classification,
            key_arn=self.key_arns[purpose.key],
            access_log_bucket=self.access_log_bucket,
            vpc_endpoint_ids=[self.endpoint_id] if closed and self.endpoint_id is not None else [],
            lock_days=self.lock_days,
            deletion_protection=self.deletion_protection,
        )

    def shared_files(self, files: SharedFiles) -> FileSystemArgs:
        """The arguments of a file system that many mount at once."""
        return FileSystemArgs(
            account=self.account,
            key_arn=self.key_arns[KeyPurpose.DATA],
            vpc_id=self.vpc_id,
            zones=self.zones,
            subnet_ids=self.subnet_ids,
            access_points=files.access_points,
            classification=files.classification,
            deletion_protection=self.deletion_protection,
        )

    def training_files(
        self, files: TrainingFiles, subnet_id: pulumi.Input[str], bucket_name: Optional[pulumi.Input[str]]
    ) -> LustreFileSystemArgs:
        """The arguments of a fast file system in a subnet, of a bucket."""
        link = None
        if files.bucket is not None and bucket_name is not None:
            link = BucketLinkArgs(bucket_name=bucket_name, write_back=files.write_back)
        return LustreFileSystemArgs(
            profile=self.profile,
            key_arn=self.key_arns[KeyPurpose.DATA],
            logs_key_arn=self.key_arns[KeyPurpose.LOGS],
            vpc_id=self.vpc_id,
            subnet_id=subnet_id,
            size_gib=files.size_gib,
            throughput=files.throughput,
            link=link,
            classification=self.buckets[files.bucket] if files.bucket else Classification.CONFIDENTIAL,
            log_retention_days=self.log_retention_days,
            deletion_protection=self.deletion_protection,
        )

    def images(self) -> ImageRepositoryArgs:
        """The arguments of the image repositories."""
        return ImageRepositoryArgs(
            account=self.account,
            key_arn=self.key_arns[KeyPurpose.ARTIFACTS],
            repositories=self.repositories,
            deletion_protection=self.deletion_protection,
        )

    def secret(self, description: str) -> SecretArgs:
        """The arguments of a secret."""
        return SecretArgs(
            account=self.account,
            profile=self.profile,
            description=description,
            key_arn=self.key_arns[KeyPurpose.SECRETS],
            deletion_protection=self.deletion_protection,
        )
