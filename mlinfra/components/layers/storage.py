"""Where a platform keeps data, models, images and secrets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

import pulumi

from mlinfra.components.access import BucketAccess, FileSystemAccess, Mode
from mlinfra.components.component import Component, together
from mlinfra.components.file_system import FileSystem
from mlinfra.components.images import ImageRepository
from mlinfra.components.key_policies import KeyPurpose
from mlinfra.components.layers import planned
from mlinfra.components.layers.storage_arguments import StorageArgs, TrainingFiles
from mlinfra.components.lustre import LustreFileSystem
from mlinfra.components.problems import Problem
from mlinfra.components.secret import Secret
from mlinfra.components.storage import BucketPurpose, DataBucket
from mlinfra.components.training.stores import TrainingStore


class Storage(Component[StorageArgs]):
    """Where a platform keeps what it works on: data buckets, file systems, image repositories and secrets.

    Each is a `DataBucket`, `FileSystem`, `LustreFileSystem`, `ImageRepository` or `Secret` under the key of its purpose, named
    after the layer and what it holds. Lustre file systems show a bucket and are as sensitive as it is. Plain attributes say what
    others need: `stores` for a `TrainingCluster`, `data_access` and `artifact_access` for roles, `mounts` and
    `client_security_group_ids` for a `Cluster`, and the components themselves by name.

        storage = ml.Storage("storage", ml.StorageArgs(
            account=account,
            zones=["eu-central-1a", "eu-central-1b"],
            key_arns={purpose: keys.arn(purpose) for purpose in ml.KeyPurpose},
            access_log_bucket=access_logs.bucket_name,
            vpc_id=network.vpc_id,
            subnet_ids=network.data_subnet_ids,
            buckets={"datasets": ml.Classification.CONFIDENTIAL, "models": ml.Classification.INTERNAL},
            lustre={"scratch": ml.TrainingFiles(bucket=ml.BucketPurpose.DATASETS)},
            repositories=["training"]))
    """

    bucket_names: pulumi.Output[Mapping[str, str]]
    """The names of the data buckets by purpose."""
    file_system_ids: pulumi.Output[Mapping[str, str]]
    """The ids of the EFS file systems by name."""
    lustre_mounts: pulumi.Output[Mapping[str, str]]
    """What mount -t lustre mounts, by name."""
    repository_urls: pulumi.Output[Mapping[str, str]]
    """What image names begin with, by repository."""
    secret_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the secrets by name."""

    _args_type = StorageArgs

    def _refusals(self, name: str, args: StorageArgs) -> Iterator[Problem]:
        for path in ("buckets", "file_systems", "lustre", "secrets"):
            yield from planned.misnamed(name, path, getattr(args, path))

    def __init__(self, name: str, args: StorageArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args, opts = self._args, self.part()
        self.buckets = {
            purpose: DataBucket(f"{name}-{purpose.value}", args.bucket(purpose), opts)
            for purpose in map(BucketPurpose, args.buckets)
        }
        self.file_systems = {
            key: FileSystem(f"{name}-{key}", args.shared_files(files), opts) for key, files in args.file_systems.items()
        }
        self.lustre = {
            key: LustreFileSystem(
                f"{name}-{key}",
                args.training_files(
                    files, self._subnet(files), self.buckets[files.bucket].bucket_name if files.bucket else None
                ),
                opts,
            )
            for key, files in args.lustre.items()
        }
        self.images = ImageRepository(name, args.images(), opts) if args.repositories else None
        self.secrets = {key: Secret(f"{name}-{key}", args.secret(said), opts) for key, said in args.secrets.items()}
        self.bucket_names = together({purpose.value: one.bucket_name for purpose, one in self.buckets.items()})
        self.file_system_ids = together({key: one.file_system_id for key, one in self.file_systems.items()})
        self.lustre_mounts = together({key: one.mount_source for key, one in self.lustre.items()})
        self.repository_urls = self.images.repository_urls if self.images else together({})
        self.secret_arns = together({key: one.secret_arn for key, one in self.secrets.items()})
        self.finish()

    def _subnet(self, files: TrainingFiles) -> pulumi.Output[str]:
        args = self._args
        subnets: pulumi.Output[Any] = pulumi.Output.from_input(args.subnet_ids)
        return subnets[args.zones.index(files.zone or args.zones[0])]

    @property
    def stores(self) -> Mapping[str, TrainingStore]:
        """Where training finds data: the buckets by purpose, and the Lustre file systems by name."""
        buckets = {purpose.value: one.store for purpose, one in self.buckets.items()}
        return {**buckets, **{key: one.store for key, one in self.lustre.items()}}

    @property
    def data_access(self) -> Sequence[BucketAccess]:
        """Reading the buckets of data: datasets and features."""
        return self._access(KeyPurpose.DATA, Mode.READ)

    @property
    def artifact_access(self) -> Sequence[BucketAccess]:
        """Reading and writing the buckets of what is made from data: models, checkpoints and artifacts."""
        return self._access(KeyPurpose.ARTIFACTS, Mode.READ_WRITE)

    def _access(self, key: KeyPurpose, mode: Mode) -> Sequence[BucketAccess]:
        return [
            BucketAccess(bucket_arn=one.bucket_arn, key_arn=self._args.key_arns[key], mode=mode)
            for purpose, one in self.buckets.items()
            if purpose.key is key
        ]

    @property
    def mounts(self) -> Sequence[FileSystemAccess]:
        """Every directory of the EFS file systems, to read and write."""
        return [
            FileSystemAccess(
                file_system_arn=one.file_system_arn,
                access_point_arn=one.access_point_arns[point],
                mode=Mode.READ_WRITE,
            )
            for key, one in self.file_systems.items()
            for point in self._args.file_systems[key].access_points
        ]

    @property
    def client_security_group_ids(self) -> Sequence[pulumi.Output[str]]:
        """The security groups whose members can reach the file systems."""
        shared = [one.client_security_group_id for one in self.file_systems.values()]
        return [*shared, *(one.client_security_group_id for one in self.lustre.values())]

    @property
    def repository_arns(self) -> Sequence[pulumi.Output[str]]:
        """The ARNs of the image repositories."""
        return [self.images.repository_arns[name] for name in self._args.repositories] if self.images else []
