"""A file system that many can mount at once: Amazon EFS."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import pulumi
import pulumi_aws as aws
from pydantic import field_validator, model_validator

from mlinfra.components import references
from mlinfra.components.account import Account
from mlinfra.components.addresses import letter
from mlinfra.components.args import Args
from mlinfra.components.component import Component, together
from mlinfra.components.documents import EVERYONE, Condition, Document, Effect, Operator, Principals, Statement
from mlinfra.components.mount_groups import Ports, mount_groups
from mlinfra.components.network_checks import check_zones
from mlinfra.components.problems import ArgumentError, Invalid, Problem, shown
from mlinfra.components.profiles import Classification

NFS: Final = Ports(2049, 2049, "NFS")
# What EFS knows as AFTER_<n>_DAY(S) (LifecyclePolicy in its API reference, 2026-11-22).
TRANSITIONS: Final = (1, 7, 14, 30, 60, 90, 180, 270, 365)
CLIENT_ACTIONS: Final = (
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",
)
MAX_ID: Final = 2**32 - 1  # of POSIX users and groups, as EFS takes them
_ACCESS_POINT: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PERMISSIONS: Final = re.compile(r"[0-7]{3,4}")


class AccessPointArgs(Args):
    """A directory of a file system, and as whom everybody reads and writes in it."""

    uid: int
    """The POSIX user that everybody acts as, from 1; 0 is root and refused."""
    gid: Optional[int] = None
    """The POSIX group that everybody acts as, from 1. Default: the number of the user."""
    path: Optional[str] = None
    """The directory, made when it is not there. Default: the access point's name."""
    permissions: str = "0750"
    """The directory's permissions when it is made, in octal; writable by everybody is refused. Default: 0750."""

    @field_validator("uid", "gid")
    @classmethod
    def _not_root(cls, value: Optional[int]) -> Optional[int]:
        if value is not None and not 1 <= value <= MAX_ID:
            raise Invalid("not an ordinary user or group", fix=f"give a number from 1 to {MAX_ID}, such as 1000")
        return value

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: Optional[str]) -> Optional[str]:
        if value is not None and not re.fullmatch(r"(/[\w.-]+){1,4}", value):
            raise Invalid("not a directory below the root", fix="write it as /home or /teams/vision, four deep at most")
        return value

    @field_validator("permissions")
    @classmethod
    def _octal(cls, value: str) -> str:
        if not _PERMISSIONS.fullmatch(value):
            raise Invalid("not permissions in octal", fix="write them as text, such as '0750'")
        if int(value[-1]) & 0o2:
            raise Invalid("writable by everybody", fix="end it with 0 or 5, such as '0750'")
        return value


class FileSystemArgs(Args):
    """Arguments of `FileSystem`."""

    account: Account
    """Where the file system lives."""
    key_arn: pulumi.Input[str]
    """The ARN of the key that encrypts it. Another key is another file system."""
    vpc_id: pulumi.Input[str]
    """The VPC from which it is mounted."""
    zones: Sequence[str]
    """The availability zones that mount it, those of the subnets."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """A subnet for each zone, in the order of the zones: a `Network`'s data subnets."""
    access_points: Mapping[str, AccessPointArgs]
    """The directories that can be mounted, by name; there is no other way in."""
    classification: Classification = Classification.CONFIDENTIAL
    """How sensitive its files are: internal, confidential or restricted. A tag. Default: confidential."""
    infrequent_access_days: int = 30
    """Days without access after which files move to cheaper storage (1, 7, 14, 30, 60, 90, 180, 270 or 365); they move
    back when they are read. Default: 30."""
    deletion_protection: bool = True
    """Whether Pulumi refuses to delete the file system."""

    _key = field_validator("key_arn")(references.key_arn)
    _vpc = field_validator("vpc_id")(references.vpc_id)

    @field_validator("infrequent_access_days")
    @classmethod
    def _transition(cls, value: int) -> int:
        if value not in TRANSITIONS:
            raise Invalid(f"EFS moves nothing after {value} days", fix=f"choose {', '.join(map(str, TRANSITIONS))}")
        return value

    @field_validator("access_points")
    @classmethod
    def _named(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if not value:
            raise Invalid("without an access point nobody can mount it", fix="name one, such as home: {uid: 1000}")
        for name in value:
            if not _ACCESS_POINT.fullmatch(name):
                raise Invalid(f"{name!r} cannot name an access point", fix="use lower-case letters, digits and hyphens")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "FileSystemArgs":
        check_zones(self.zones, self.account.region)
        references.one_for_each(self.subnet_ids, self.zones, "subnet_ids")
        return self


class FileSystem(Component[FileSystemArgs]):
    """An Amazon EFS file system under a customer-managed key, mounted over TLS through access points and no other way.

    Every access point has a directory and an ordinary user of its own, so that no client acts as root. Only members of
    its clients' group reach it, only principals whose IAM policies say so mount it, and AWS Backup keeps daily copies.

        shared = ml.FileSystem("shared", ml.FileSystemArgs(
            account=account,
            key_arn=keys.arn(ml.KeyPurpose.DATA),
            vpc_id=network.vpc_id,
            zones=["eu-central-1a", "eu-central-1b"],
            subnet_ids=network.data_subnet_ids,
            access_points={"home": ml.AccessPointArgs(uid=1000)}))
    """

    file_system_id: pulumi.Output[str]
    """The file system's id, known once it can be mounted in every zone."""
    file_system_arn: pulumi.Output[str]
    """The file system's ARN, for policies that allow elasticfilesystem:ClientMount and ClientWrite."""
    access_point_arns: pulumi.Output[Mapping[str, str]]
    """The access points' ARNs by name."""
    client_security_group_id: pulumi.Output[str]
    """The security group whose members can reach the file system."""

    _args_type = FileSystemArgs

    def __init__(self, name: str, args: FileSystemArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
        args = self._args
        made = self._file_system(name)
        # Mount targets of one file system are in one VPC: to move, all of them go before the first comes. What waits for
        # their group does so in either direction.
        groups = mount_groups(self, name, vpc_id=args.vpc_id, ports=[NFS], delete_before_replace=True)
        targets = [
            aws.efs.MountTarget(
                f"{name}-{letter(zone)}",
                file_system_id=made.id,
                subnet_id=pulumi.Output.all(self._subnet(position), groups.servers.id).apply(lambda both: both[0]),
                security_groups=[groups.servers.id],
                opts=self.child(depends_on=[policy]),
            )
            for policy in [self._policy(name, made)]
            for position, zone in enumerate(args.zones)
        ]
        points = {role: self._access_point(name, role, point, made) for role, point in args.access_points.items()}
        mounted = pulumi.Output.all(made.id, *[target.id for target in targets])
        self.file_system_id = mounted.apply(lambda known: str(known[0]))
        self.file_system_arn = made.arn
        self.access_point_arns = together({role: point.arn for role, point in points.items()})
        self.client_security_group_id = groups.clients.id
        self.finish()

    def _subnet(self, position: int) -> pulumi.Output[str]:
        """The subnet of a zone, known even where another zone's is not; what another stack says is checked only here."""

        def chosen(subnet_ids: Any) -> Any:
            try:
                references.one_for_each(subnet_ids, self._args.zones, "subnet_ids")
            except Invalid as error:
                problem = Problem("subnet_ids", shown(subnet_ids), error.reason, error.fix)
                raise ArgumentError(f'FileSystem "{self._name}"', [problem]) from None
            return subnet_ids[position]

        return pulumi.Output.from_input(self._args.subnet_ids).apply(chosen, run_with_unknowns=True)

    def _file_system(self, name: str) -> aws.efs.FileSystem:
        args = self._args
        days = args.infrequent_access_days
        made = aws.efs.FileSystem(
            f"{name}-files",
            encrypted=True,
            kms_key_id=args.key_arn,
            throughput_mode="elastic",
            lifecycle_policies=[
                aws.efs.FileSystemLifecyclePolicyArgs(transition_to_ia=f"AFTER_{days}_DAY{'S' if days > 1 else ''}"),
                aws.efs.FileSystemLifecyclePolicyArgs(transition_to_primary_storage_class="AFTER_1_ACCESS"),
            ],
            tags={"Name": f"{name}-files", "data-classification": args.classification.value},
            opts=self.child(protect=args.deletion_protection),
        )
        aws.efs.BackupPolicy(
            f"{name}-backup",
            file_system_id=made.id,
            backup_policy=aws.efs.BackupPolicyBackupPolicyArgs(status="ENABLED"),
            opts=self.child(),
        )
        return made

    def _policy(self, name: str, made: aws.efs.FileSystem) -> aws.efs.FileSystemPolicy:
        """Leaves it to the account's IAM policies who mounts, and denies what none of them may allow.

        Source: Amazon EFS user guide, "Using IAM to control file system data access".
        """
        denied = {
            "DenyPlaintext": (["*"], Condition(Operator.BOOL, "aws:SecureTransport", "false")),
            "DenyOutsideMountTargets": (
                CLIENT_ACTIONS,
                Condition(Operator.BOOL, "elasticfilesystem:AccessedViaMountTarget", "false"),
            ),
            "DenyOutsideAccessPoints": (
                CLIENT_ACTIONS,
                Condition(Operator.NULL, "elasticfilesystem:AccessPointArn", "true"),
            ),
        }
        statements = [
            Statement(
                sid="OwnAccount",
                principals=Principals.arns([self._args.account.root]),
                actions=CLIENT_ACTIONS[:2],
                resources=[made.arn],
            ),
            *(
                Statement(
                    sid=sid,
                    effect=Effect.DENY,
                    principals=EVERYONE,
                    actions=actions,
                    resources=[made.arn],
                    conditions=[condition],
                )
                for sid, (actions, condition) in denied.items()
            ),
        ]
        return aws.efs.FileSystemPolicy(
            f"{name}-policy", file_system_id=made.id, policy=Document(statements).json(), opts=self.child()
        )

    def _access_point(
        self, name: str, role: str, point: AccessPointArgs, made: aws.efs.FileSystem
    ) -> aws.efs.AccessPoint:
        gid = point.uid if point.gid is None else point.gid
        return aws.efs.AccessPoint(
            f"{name}-{role}",
            file_system_id=made.id,
            posix_user=aws.efs.AccessPointPosixUserArgs(uid=point.uid, gid=gid),
            root_directory=aws.efs.AccessPointRootDirectoryArgs(
                path=point.path or f"/{role}",
                creation_info=aws.efs.AccessPointRootDirectoryCreationInfoArgs(
                    owner_uid=point.uid, owner_gid=gid, permissions=point.permissions
                ),
            ),
            tags={"Name": f"{name}-{role}"},
            opts=self.child(),
        )
