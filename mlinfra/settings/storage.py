"""The decisions behind buckets, file systems, repositories and secrets."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from mlinfra.components.component import MAX_NAME, NAME
from mlinfra.components.file_system import AccessPointArgs
from mlinfra.components.lustre import SMALLEST_GIB, Throughput
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import POSTURES, Classification, Profile, at_least
from mlinfra.components.storage import BucketPurpose
from mlinfra.settings.base import StackSettings
from mlinfra.settings.part import Part

_LONGEST = MAX_NAME - len("platform-")


def names(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuses names that no component of the stack can have."""
    for name in value:
        if not NAME.fullmatch(name) or len(name) > _LONGEST:
            fix = f"use lower-case letters, digits and single hyphens, {_LONGEST} characters at most"
            raise Invalid(f"{name!r} cannot be a name", fix=fix)
    return value


class FileSystemSettings(Part):
    """A shared file system (Amazon EFS)."""

    access_points: Mapping[str, AccessPointArgs]
    """The directories that can be mounted, by name, and the user that everybody is in them, such as home: {uid: 1000}."""
    classification: Classification = Classification.CONFIDENTIAL
    """How sensitive its files are. Default: confidential."""


class LustreSettings(Part):
    """A fast file system for training (Amazon FSx for Lustre)."""

    size_gib: int = SMALLEST_GIB
    """Storage in GiB: 1200, 2400 or a multiple of 2400. Default: 1200."""
    throughput: Throughput = Throughput.MB_125
    """Megabytes a second for every TiB: 125, 250, 500 or 1000. Default: 125."""
    bucket: BucketPurpose | None = None
    """The data bucket whose objects it shows as files. Default: none, and daily backups."""
    write_back: bool = False
    """Whether files that are written become objects of the bucket. Default: no."""
    zone: str | None = None
    """The availability zone, where training runs. Default: the first."""


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
        at_least(POSTURES[self.profile].lock_days, self.lock_days, self.profile, "lock_days")
        for name, wanted in self.lustre.items():
            if wanted.bucket is not None and wanted.bucket not in self.buckets:
                fix = f"choose from {', '.join(self.buckets)}, or add it to buckets"
                raise Invalid(f"{name} shows a bucket that is not there", fix=fix, argument="lustre")
            if wanted.zone is not None and wanted.zone not in self.zones:
                fix = f"choose from {', '.join(self.zones)}, or add it to zones"
                raise Invalid(f"{name} lies in {wanted.zone!r}, where no network is", fix=fix, argument="lustre")
        return self

    def closed(self, classification: Classification) -> bool:
        """Whether data of this class is to be reached through VPC endpoints alone."""
        return classification is Classification.RESTRICTED or self.profile is Profile.ISOLATED

    def classified(self, lustre: LustreSettings) -> Classification:
        """How sensitive the files of a Lustre file system are: as its bucket's objects, and confidential without one."""
        return self.buckets[lustre.bucket] if lustre.bucket else Classification.CONFIDENTIAL

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
