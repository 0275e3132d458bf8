"""Buckets for data, by purpose and classification."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Optional

import pulumi
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.buckets import (
    BucketArn,
    Lifecycle,
    Lock,
    endpoints_only,
    right_key_only,
    secure_bucket,
)
from mlinfra.components.component import Component
from mlinfra.components.documents import Statement
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import POSTURES, Classification, Profile, at_least
from mlinfra.components.training.stores import BucketStore, TrainingStore


class BucketPurpose(StrEnum):
    """What a bucket holds; its lifecycle follows from it."""

    DATASETS = "datasets"
    """Raw and prepared data. Moves to cheaper tiers by itself when nobody reads it."""
    FEATURES = "features"
    """Offline feature stores. As datasets."""
    MODELS = "models"
    """Trained models. Kept; infrequent access after 90 days."""
    CHECKPOINTS = "checkpoints"
    """Training checkpoints. Overwritten versions go after a week."""
    ARTIFACTS = "artifacts"
    """Everything else that runs produce. As models."""

    @property
    def key(self) -> KeyPurpose:
        """The purpose of the key that encrypts such a bucket."""
        return KeyPurpose.DATA if self in (BucketPurpose.DATASETS, BucketPurpose.FEATURES) else KeyPurpose.ARTIFACTS


_TIERING: Final = Lifecycle(noncurrent_days=90, colder=("INTELLIGENT_TIERING", 30))
_COLDER: Final = Lifecycle(noncurrent_days=90, colder=("STANDARD_IA", 90))
LIFECYCLES: Final[Mapping[BucketPurpose, Lifecycle]] = MappingProxyType(
    {
        BucketPurpose.DATASETS: _TIERING,
        BucketPurpose.FEATURES: _TIERING,
        BucketPurpose.MODELS: _COLDER,
        BucketPurpose.CHECKPOINTS: Lifecycle(noncurrent_days=7, colder=("INTELLIGENT_TIERING", 30)),
        BucketPurpose.ARTIFACTS: _COLDER,
    }
)


class DataBucketArgs(Args):
    """Arguments of `DataBucket`."""

    purpose: BucketPurpose
    """What the bucket holds: datasets, features, models, checkpoints or artifacts."""
    classification: Classification
    """How sensitive it is: internal, confidential or restricted."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts it; uploads under any other key are denied."""
    access_log_bucket: pulumi.Input[str]
    """The name of the bucket that takes its access logs, an `AccessLogBucket`."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    vpc_endpoint_ids: Sequence[pulumi.Input[str]] = ()
    """Endpoints through which alone objects can be read and written. Required for restricted data and in the isolated
    profile. Default: anywhere."""
    lock_days: Optional[int] = None
    """Days for which Object Lock keeps every version from deletion (COMPLIANCE mode in the regulated and isolated
    profiles: nobody can shorten it). It holds for versions written from then on. Default: no lock."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the bucket. When false, destroying the stack erases its objects."""

    _key = field_validator("key_arn")(references.key_arn)
    _logs = field_validator("access_log_bucket")(references.bucket_name)
    _endpoints = field_validator("vpc_endpoint_ids")(references.each(references.endpoint_id))

    @model_validator(mode="after")
    def _consistent(self) -> "DataBucketArgs":
        self.lock()
        closed = "restricted data" if self.classification is Classification.RESTRICTED else ""
        closed = closed or ("the isolated profile" if self.profile is Profile.ISOLATED else "")
        if closed and not self.vpc_endpoint_ids:
            raise Invalid(
                f"{closed} needs the endpoints through which the bucket can be reached",
                fix="give the ids of S3 endpoints, such as network.endpoint_ids['s3']",
                argument="vpc_endpoint_ids",
            )
        return self

    def lock(self) -> Optional[Lock]:
        """Object Lock's default retention, if any."""
        posture = POSTURES[self.profile]
        if self.lock_days is None:
            return None
        return Lock(posture.lock_mode, at_least(posture.lock_days, self.lock_days, self.profile, "lock_days"))


class DataBucket(Component[DataBucketArgs]):
    """A private bucket under a customer-managed key: versioned, TLS only, right key only, logged, tiered by purpose.

    Restricted data, and all data of an isolated platform, is reached through the VPC endpoints given and in no other
    way. Object Lock keeps every version for as long as it is told to. A `TrainingCluster` takes its `store`.

        datasets = ml.DataBucket("datasets", ml.DataBucketArgs(
            purpose=ml.BucketPurpose.DATASETS,
            classification=ml.Classification.RESTRICTED,
            key_arn=keys.arn(ml.KeyPurpose.DATA),
            access_log_bucket=access_logs.bucket_name,
            vpc_endpoint_ids=[network.endpoint_ids["s3"]]))
    """

    bucket_name: pulumi.Output[str]
    """The bucket's name, known once its policy is in place."""
    bucket_arn: pulumi.Output[str]
    """The bucket's ARN."""

    _args_type = DataBucketArgs

    def __init__(self, name: str, args: DataBucketArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        made = secure_bucket(
            self,
            f"{name}-bucket",
            key_arn=args.key_arn,
            statements=self._statements,
            lifecycle=LIFECYCLES[args.purpose],
            access_log_bucket=args.access_log_bucket,
            lock=args.lock(),
            deletion_protection=args.deletion_protection,
            classification=args.classification,
        )
        self.bucket_name, self.bucket_arn = made.name, made.arn
        self.store = TrainingStore(
            classification=args.classification, key_arn=args.key_arn, bucket=BucketStore(bucket_arn=made.arn)
        )
        self.finish()

    def _statements(self, bucket_arn: BucketArn) -> list[Statement]:
        args = self._args
        guarded = [endpoints_only(bucket_arn, args.vpc_endpoint_ids)] if args.vpc_endpoint_ids else []
        return [*right_key_only(bucket_arn, args.key_arn), *guarded]
