"""The decisions behind buckets, file systems, repositories and secrets."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from mlinfra.components.component import MAX_NAME, NAME
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.layers import planned
from mlinfra.components.layers.storage_arguments import SharedFiles, StorageArgs, TrainingFiles
from mlinfra.components.lustre import SMALLEST_GIB
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Classification
from mlinfra.components.storage import BucketPurpose
from mlinfra.components.training.stores import BucketStore, LustreStore, TrainingStore
from mlinfra.settings.base import StackSettings
from mlinfra.settings.derived import whole
from mlinfra.settings.part import refuse

_LONGEST = MAX_NAME - len("platform-")


def names(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuses names that no component of the stack can have."""
    for name in value:
        if not NAME.fullmatch(name) or len(name) > _LONGEST:
            fix = f"use lower-case letters, digits and single hyphens, {_LONGEST} characters at most"
            raise Invalid(f"{name!r} cannot be a name", fix=fix)
    return value


if TYPE_CHECKING:
    from mlinfra.settings.part import Part

    class FileSystemSettings(Part, SharedFiles):
        """A shared file system (Amazon EFS)."""

    class LustreSettings(Part, TrainingFiles):
        """A fast file system for training (Amazon FSx for Lustre)."""

else:
    FileSystemSettings = whole(SharedFiles, name="FileSystemSettings")
    LustreSettings = whole(TrainingFiles, name="LustreSettings")


class StorageSettings(StackSettings):
    """The decisions behind buckets, file systems, repositories and secrets."""

    buckets: Mapping[BucketPurpose, Classification] = {
        BucketPurpose.DATASETS: Classification.CONFIDENTIAL,
        BucketPurpose.MODELS: Classification.CONFIDENTIAL,
    }
    """The data buckets: purpose (datasets, features, models, checkpoints, artifacts) and classification (internal,
    confidential, restricted). Default: datasets and models, confidential."""
    lock_days: int | None = None
    """Days for which Object Lock keeps every version that is written to the data buckets. Default: no lock."""
    file_systems: Annotated[Mapping[str, FileSystemSettings], AfterValidator(names)] = {}
    """File systems that many mount at once (Amazon EFS), by name. Default: none."""
    lustre: Annotated[Mapping[str, LustreSettings], AfterValidator(names)] = {}
    """Fast file systems for training (Amazon FSx for Lustre), by name. Default: none."""
    repositories: Sequence[str] = ()
    """Image repositories, such as training and serving. Default: none."""
    secrets: Annotated[Mapping[str, str], AfterValidator(names)] = Field(default={})
    """Secrets by name, and in a sentence what each is and who puts it in. Default: none."""

    @model_validator(mode="after")
    def _storable(self) -> Self:
        refuse(planned.refusals("", self._storage))
        return self

    def _storage(self) -> StorageArgs:
        """All of it, as far as settings describe it."""
        return StorageArgs(
            account=self.planned_account,
            profile=self.profile,
            zones=self.zones,
            key_arns=dict.fromkeys(KeyPurpose, planned.KEY_ARN),
            access_log_bucket=planned.BUCKET,
            vpc_id=planned.VPC_ID,
            subnet_ids=[planned.SUBNET_ID] * len(self.zones),
            endpoint_id=planned.ENDPOINT_ID,
            buckets={purpose.value: classification for purpose, classification in self.buckets.items()},
            lock_days=self.lock_days,
            file_systems=self.file_systems,
            lustre=self.lustre,
            repositories=self.repositories,
            secrets=self.secrets,
            log_retention_days=self.log_retention_days,
        )

    @property
    def planned_stores(self) -> Mapping[str, TrainingStore]:
        """Where training will find data, before it is there: buckets by purpose, Lustre file systems by name."""
        bucket = BucketStore(bucket_arn=planned.BUCKET_ARN)
        file_system = LustreStore(file_system_id="planned", mount_source="planned", size_gib=SMALLEST_GIB)
        found = {
            purpose.value: TrainingStore(classification=kept, key_arn=planned.KEY_ARN, bucket=bucket)
            for purpose, kept in self.buckets.items()
        }
        for name, files in self.lustre.items():
            kept = self.buckets[files.bucket] if files.bucket else Classification.CONFIDENTIAL
            found[name] = TrainingStore(classification=kept, key_arn=planned.KEY_ARN, lustre=file_system)
        return found

    @property
    def components(self) -> Sequence[str]:
        """The component classes that these settings bring."""
        wanted = {
            "DataBucket": self.buckets,
            "FileSystem": self.file_systems,
            "LustreFileSystem": self.lustre,
            "ImageRepository": self.repositories,
            "Secret": self.secrets,
        }
        return [component for component, configured in wanted.items() if configured]
