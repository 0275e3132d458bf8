"""A fast file system for training: Amazon FSx for Lustre."""

import re
from enum import IntEnum
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.args import Args
from mlinfra.components.component import Component
from mlinfra.components.mount_groups import Ports, mount_groups
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Classification, Profile, log_days
from mlinfra.components.training.stores import LustreStore, TrainingStore

# Amazon FSx for Lustre user guide, "File system access control with Amazon VPC".
LUSTRE: Final = (Ports(988, 988, "Lustre"), Ports(1018, 1023, "Lustre"))
SMALLEST_GIB, STEP_GIB = 1200, 2400  # of PERSISTENT_2 on SSD: 1200, 2400 and its multiples (its API reference)
MAX_BACKUP_DAYS: Final = 90
VERSION: Final = "2.15"  # the first with PERSISTENT_2 and clients for current kernels that is not near its end
MAINTENANCE: Final = "7:03:00"  # Sunday, 03:00 UTC


class Throughput(IntEnum):
    """Megabytes a second for every tebibyte of storage."""

    MB_125 = 125
    MB_250 = 250
    MB_500 = 500
    MB_1000 = 1000


class BucketLinkArgs(Args):
    """A bucket behind a directory of the file system: objects are files there, in both directions."""

    bucket_name: pulumi.Input[str]
    """The bucket's name, a `DataBucket`'s."""
    prefix: str = ""
    """What the objects' keys begin with, such as imagenet/. Default: the whole bucket."""
    directory: str = "/data"
    """The directory of the file system. Default: /data."""
    write_back: bool = False
    """Whether files that are written become objects. Default: no, the bucket is only read."""

    _bucket = field_validator("bucket_name")(references.bucket_name)

    @field_validator("directory")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not re.fullmatch(r"(/[\w.-]+)+", value):
            raise Invalid("not a directory below the root", fix="write it as /data or /data/images")
        return value

    @field_validator("prefix")
    @classmethod
    def _relative(cls, value: str) -> str:
        if value and not re.fullmatch(r"([\w.=-]+/)+", value):
            raise Invalid("not a prefix of whole folders", fix="write it as images/ or images/2026/, with the slash")
        return value


class LustreFileSystemArgs(Args):
    """Arguments of `LustreFileSystem`."""

    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts it. Another key is another file system."""
    logs_key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts the log of failed imports and exports."""
    vpc_id: pulumi.Input[str]
    """The VPC from which it is mounted."""
    subnet_id: pulumi.Input[str]
    """The subnet of its servers: one of a `Network`'s data subnets, in the zone where training runs."""
    size_gib: int = SMALLEST_GIB
    """Storage in GiB: 1200, 2400 or a multiple of 2400. It can grow but never shrink. Default: 1200."""
    throughput: Throughput = Throughput.MB_125
    """Megabytes a second for every TiB: 125, 250, 500 or 1000. Default: 125."""
    link: Optional[BucketLinkArgs] = None
    """The bucket whose objects it shows as files. Default: none."""
    backup_days: Optional[int] = None
    """Days that daily backups are kept, 90 at most; 0 keeps none. FSx backs up nothing that is linked to a bucket, which
    is the durable copy there. Default: 30 without a link."""
    profile: Profile = Profile.REGULATED
    """The security profile. Default: regulated."""
    log_retention_days: Optional[int] = None
    """How long its log is kept. Default: the profile's floor (90, 365, 365)."""
    classification: Classification = Classification.CONFIDENTIAL
    """How sensitive its files are: internal, confidential or restricted. A tag. Default: confidential."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the file system. When false, destroying the stack takes no last backup."""

    _keys = field_validator("key_arn", "logs_key_arn")(references.key_arn)
    _vpc = field_validator("vpc_id")(references.vpc_id)
    _subnet = field_validator("subnet_id")(references.subnet_id)

    @field_validator("size_gib")
    @classmethod
    def _size(cls, value: int) -> int:
        if value < SMALLEST_GIB or (value != SMALLEST_GIB and value % STEP_GIB):
            larger = max(STEP_GIB, -(-value // STEP_GIB) * STEP_GIB)
            raise Invalid(f"FSx makes none of {value} GiB", fix=f"give 1200, 2400 or a multiple, such as {larger}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "LustreFileSystemArgs":
        log_days(self.profile, self.log_retention_days, "log_retention_days")
        days = self.backup_days
        if days and self.link:
            reason = "FSx backs up no file system that is linked to a bucket"
            raise Invalid(reason, fix="leave it out: the bucket is the durable copy", argument="backup_days")
        if days is not None and not 0 <= days <= MAX_BACKUP_DAYS:
            fix = f"give 0 to {MAX_BACKUP_DAYS}"
            raise Invalid(f"FSx keeps no backup for {days} days", fix=fix, argument="backup_days")
        if days == 0 and self.link is None and self.profile is not Profile.BASELINE:
            reason = f"the {self.profile.value} profile keeps backups of what no bucket holds"
            raise Invalid(reason, fix="give a number of days, or link a bucket", argument="backup_days")
        return self

    def kept_days(self) -> int:
        """Days that backups are kept."""
        default = 0 if self.link else 30
        return default if self.backup_days is None else self.backup_days


class LustreFileSystem(Component[LustreFileSystemArgs]):
    """An Amazon FSx for Lustre file system (PERSISTENT_2) under a customer-managed key.

    It shows a bucket's objects as files when it is linked to one, and is backed up daily when it is not. Only members of
    its clients' group reach it; what cannot be imported or exported stands in an encrypted log group. A `TrainingCluster`
    takes its `store`.

        scratch = ml.LustreFileSystem("scratch", ml.LustreFileSystemArgs(
            key_arn=keys.arn(ml.KeyPurpose.DATA),
            logs_key_arn=keys.arn(ml.KeyPurpose.LOGS),
            vpc_id=network.vpc_id,
            subnet_id=network.data_subnet_ids[0],
            size_gib=2400,
            link=ml.BucketLinkArgs(bucket_name=datasets.bucket_name)))
    """

    file_system_id: pulumi.Output[str]
    """The file system's id."""
    file_system_arn: pulumi.Output[str]
    """The file system's ARN."""
    mount_source: pulumi.Output[str]
    """What mount -t lustre mounts: <name>@tcp:/<mount name>."""
    client_security_group_id: pulumi.Output[str]
    """The security group whose members can reach the file system."""

    _args_type = LustreFileSystemArgs

    def __init__(self, name: str, args: LustreFileSystemArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        groups = mount_groups(self, name, vpc_id=args.vpc_id, ports=LUSTRE, among_servers=True)
        log = aws.cloudwatch.LogGroup(
            f"{name}-lustre-log",
            name=f"/aws/fsx/{self.qualified_name(name)}",  # FSx writes to groups of this prefix only
            kms_key_id=args.logs_key_arn,
            retention_in_days=log_days(args.profile, args.log_retention_days, "log_retention_days"),
            opts=self.child(),
        )
        made = aws.fsx.LustreFileSystem(
            f"{name}-lustre",
            subnet_ids=args.subnet_id,
            security_group_ids=[groups.servers.id],
            kms_key_id=args.key_arn,
            deployment_type="PERSISTENT_2",
            storage_type="SSD",
            storage_capacity=args.size_gib,
            per_unit_storage_throughput=args.throughput.value,
            file_system_type_version=VERSION,
            data_compression_type="LZ4",
            automatic_backup_retention_days=args.kept_days(),
            copy_tags_to_backups=bool(args.kept_days()) or None,
            skip_final_backup=not (args.deletion_protection and args.kept_days()),
            weekly_maintenance_start_time=MAINTENANCE,
            log_configuration=aws.fsx.LustreFileSystemLogConfigurationArgs(level="WARN_ERROR", destination=log.arn),
            tags={"Name": f"{name}-lustre", "data-classification": args.classification.value},
            opts=self.child(protect=args.deletion_protection),
        )
        if args.link is not None:
            self._link(name, made, args.link)
        self.file_system_id, self.file_system_arn = made.id, made.arn
        self.mount_source = pulumi.Output.concat(made.dns_name, "@tcp:/", made.mount_name)
        self.client_security_group_id = groups.clients.id
        mounted = LustreStore(file_system_id=made.id, mount_source=self.mount_source, size_gib=args.size_gib)
        self.store = TrainingStore(classification=args.classification, key_arn=args.key_arn, lustre=mounted)
        self.finish()

    def _link(self, name: str, made: aws.fsx.LustreFileSystem, link: BucketLinkArgs) -> None:
        events = ["NEW", "CHANGED", "DELETED"]
        ways: dict[str, Any] = {
            "auto_import_policy": aws.fsx.DataRepositoryAssociationS3AutoImportPolicyArgs(events=events)
        }
        if link.write_back:
            ways["auto_export_policy"] = aws.fsx.DataRepositoryAssociationS3AutoExportPolicyArgs(events=events)
        aws.fsx.DataRepositoryAssociation(
            f"{name}-bucket",
            file_system_id=made.id,
            file_system_path=link.directory,
            data_repository_path=pulumi.Output.concat("s3://", link.bucket_name, "/", link.prefix).apply(
                lambda path: path.rstrip("/")
            ),
            batch_import_meta_data_on_create=True,
            s3=aws.fsx.DataRepositoryAssociationS3Args(**ways),
            tags={"Name": f"{name}-bucket"},
            opts=self.child(),
        )
