"""Rules about file systems for training, and about backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.grants import not_public, plaintext_denied, policy
from mlinfra.policies.references import names_a_key
from mlinfra.policies.statements import Known, Statement, all3
from mlinfra.policies.subnets import private_subnets

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

LUSTRE: Final = "aws:fsx/lustreFileSystem:LustreFileSystem"
ASSOCIATION: Final = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"
FSX: Final = (LUSTRE, "aws:fsx/ontapFileSystem:OntapFileSystem", "aws:fsx/openZfsFileSystem:OpenZfsFileSystem")
EFS: Final = "aws:efs/fileSystem:FileSystem"
EFS_POLICY: Final = "aws:efs/fileSystemPolicy:FileSystemPolicy"
ACCESS_POINT: Final = "aws:efs/accessPoint:AccessPoint"
MOUNT_TARGET: Final = "aws:efs/mountTarget:MountTarget"
BACKUP_POLICY: Final = "aws:efs/backupPolicy:BackupPolicy"
VAULT: Final = "aws:backup/vault:Vault"
VAULT_LOCK: Final = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
VAULT_POLICY: Final = "aws:backup/vaultPolicy:VaultPolicy"
PLAN: Final = "aws:backup/plan:Plan"
LUSTRE_COMPONENT: Final = "mlinfra:lustre:LustreFileSystem"
LEAST_BACKUP_DAYS: Final = 7
LEAST_RETENTION_DAYS: Final = 35


@rule(
    "fsx-kms",
    title="FSx file systems are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=FSX,
    fix="kms_key_id=key.arn",
    profiles=STRICT,
)
def fsx_kms(files: Resource) -> Truth:
    """A copy of the training data lies there; only an own key can be closed. Scratch file systems know no key of one's own."""
    if files.type != LUSTRE:
        return names_a_key(files["kmsKeyId"])
    return only_if(files["deploymentType"].matches("PERSISTENT_.*"), names_a_key(files["kmsKeyId"]))


@rule(
    "fsx-no-scratch",
    title="Sensitive data does not lie on scratch file systems",
    severity=Severity.MEDIUM,
    types=(LUSTRE,),
    fix='deployment_type="PERSISTENT_2"',
)
def fsx_no_scratch(files: Resource) -> Truth:
    """Scratch is neither under a key of one's own nor backed up, and a failed server takes its files with it."""
    sensitive = files["tags"].key("data-classification").is_("confidential", "restricted")
    return only_if(sensitive, files["deploymentType"].matches("PERSISTENT_.*", "PERSISTENT_2"))


@rule(
    "fsx-backup",
    title="Persistent file systems are backed up, with their tags",
    severity=Severity.LOW,
    types=(LUSTRE,),
    fix="automatic_backup_retention_days=7, copy_tags_to_backups=True",
)
def fsx_backup(files: Resource) -> Truth:
    """Results that were never exported to a bucket are nowhere else. File systems that belong to a bucket are left out."""
    linked = files["importPath"].present() | files.attached(ASSOCIATION, at="fileSystemId").exist()
    kept = files["automaticBackupRetentionDays"].at_least(LEAST_BACKUP_DAYS) & files["copyTagsToBackups"].is_true()
    return only_if(files["deploymentType"].matches("PERSISTENT_.*") & ~linked, kept)


@rule(
    "fsx-private-subnet",
    title="FSx file systems stand in private subnets",
    severity=Severity.MEDIUM,
    types=FSX,
    fix="subnet_ids of subnets without a route to an internet gateway",
)
def fsx_private_subnet(files: Resource) -> Truth:
    """Lustre and NFS believe every client that reaches them."""
    return private_subnets(files["subnetIds"])


@rule(
    "efs-encrypted",
    title="EFS file systems are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(EFS,),
    fix="aws.efs.FileSystem(name, encrypted=True, kms_key_id=key.arn)",
)
def efs_encrypted(files: Resource) -> Truth:
    """It cannot be switched on later: a file system that was made without it must be copied to another."""
    return files["encrypted"].is_true() & names_a_key(files["kmsKeyId"])


@rule(
    "efs-tls",
    title="EFS refuses clients without TLS",
    severity=Severity.MEDIUM,
    types=(EFS,),
    fix='aws.efs.FileSystemPolicy with {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": {"Bool": '
    '{"aws:SecureTransport": "false"}}}',
)
def efs_tls(files: Resource) -> Truth:
    """NFS sends what it reads and writes in clear text unless the file system insists."""
    policies = files.attached(EFS_POLICY, at="fileSystemId")
    return policies.any(
        lambda one: policy(one["policy"]).some(
            lambda s: plaintext_denied(s, "elasticfilesystem"), "a statement that denies clients without TLS"
        )
    )


@rule(
    "efs-no-public",
    title="No policy of a file system lets everybody in",
    severity=Severity.HIGH,
    types=(EFS_POLICY,),
    fix='roles by ARN, or "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}',
)
def efs_no_public(files: Resource) -> Truth:
    """Without a policy EFS asks no client who they are; a public one says so in writing."""
    return not_public(files, "policy")


@rule(
    "efs-root-access",
    title="No client mounts a file system as its root user",
    severity=Severity.MEDIUM,
    types=(EFS_POLICY,),
    fix="elasticfilesystem:ClientMount and elasticfilesystem:ClientWrite, without elasticfilesystem:ClientRootAccess",
)
def efs_root_access(files: Resource) -> Truth:
    """As root a container reads and changes the files of every other user."""

    def root(one: Statement) -> Known:
        return all3((one.allows, one.covers("elasticfilesystem:ClientRootAccess")))

    return policy(files["policy"]).none(root, "no elasticfilesystem:ClientRootAccess")


@rule(
    "efs-access-point",
    title="Access points enforce a directory and a user",
    severity=Severity.MEDIUM,
    types=(ACCESS_POINT,),
    fix='root_directory={"path": "/team"}, posix_user={"uid": 1000, "gid": 1000}',
)
def efs_access_point(point: Resource) -> Truth:
    """Otherwise whoever mounts it sees all of the file system, as whomever they say they are."""
    directory = point["rootDirectory.path"].present() & ~point["rootDirectory.path"].is_("/")
    user = point["posixUser.uid"].present() & point["posixUser.gid"].present()
    return directory & user & ~point["posixUser.uid"].is_(0)


@rule(
    "efs-backup",
    title="EFS file systems are backed up",
    severity=Severity.MEDIUM,
    types=(EFS,),
    fix='aws.efs.BackupPolicy(name, file_system_id=files.id, backup_policy={"status": "ENABLED"})',
)
def efs_backup(files: Resource) -> Truth:
    """Home directories and notebooks are work that is nowhere else."""
    policies = files.attached(BACKUP_POLICY, at="fileSystemId")
    selected = files.attached("aws:backup/selection:Selection", at="resources").exist()
    return policies.any(lambda one: one["backupPolicy.status"].is_("ENABLED")) | selected


@rule(
    "efs-private-subnet",
    title="Mount targets stand in private subnets",
    severity=Severity.MEDIUM,
    types=(MOUNT_TARGET,),
    fix="subnet_id of a subnet without a route to an internet gateway",
)
def efs_private_subnet(target: Resource) -> Truth:
    """NFS is made for a network in which everybody is trusted."""
    return private_subnets(target["subnetId"])


@rule(
    "files-security-group",
    title="File systems name their security groups",
    severity=Severity.LOW,
    types=(*FSX, MOUNT_TARGET),
    fix="security_group_ids=[group.id] (EFS: security_groups)",
)
def files_security_group(files: Resource) -> Truth:
    """Without one the default group of the VPC decides who mounts them: everybody in it, or nobody."""
    groups = files["securityGroups" if files.type == MOUNT_TARGET else "securityGroupIds"]
    return groups.resources().exist() if groups.is_unknown else groups.present()


@rule(
    "efs-lockout-check",
    title="EFS checks that somebody can still change a file system's policy",
    severity=Severity.MEDIUM,
    types=(EFS_POLICY,),
    fix="bypass_policy_lockout_safety_check=False",
)
def efs_lockout_check(files: Resource) -> Truth:
    """Without the check a policy can shut out everybody but the account's root user."""
    return ~files["bypassPolicyLockoutSafetyCheck"].is_true()


@rule(
    "backup-kms",
    title="Backup vaults are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(VAULT,),
    fix="aws.backup.Vault(name, kms_key_arn=key.arn)",
    profiles=STRICT,
)
def backup_kms(vault: Resource) -> Truth:
    """A vault holds everything that is worth keeping, in one place."""
    return names_a_key(vault["kmsKeyArn"])


@rule(
    "backup-lock",
    title="Backups cannot be deleted before their time",
    severity=Severity.MEDIUM,
    types=(VAULT,),
    fix="aws.backup.VaultLockConfiguration(name, backup_vault_name=vault.name, min_retention_days=35, changeable_for_days=3)",
    profiles=STRICT,
)
def backup_lock(vault: Resource) -> Truth:
    """Whoever encrypts the data for a ransom looks for the backups first."""
    locks = vault.attached(VAULT_LOCK, at="backupVaultName")
    return locks.any(lambda one: one["minRetentionDays"].at_least(1))


@rule(
    "backup-no-public",
    title="No policy of a vault lets everybody in",
    severity=Severity.HIGH,
    types=(VAULT_POLICY,),
    fix="accounts by id, or a condition on aws:PrincipalOrgID",
)
def backup_no_public(vault: Resource) -> Truth:
    """Whoever may copy a recovery point has the data."""
    return not_public(vault, "policy")


@rule(
    "backup-retention",
    title="Backups are kept for 35 days",
    severity=Severity.LOW,
    types=(PLAN,),
    fix='rules=[{"lifecycle": {"delete_after": 35}, …}]',
)
def backup_retention(plan: Resource) -> Truth:
    """What was damaged is often noticed only after the end of the month. Rules without an end keep for ever."""
    return plan["rules"].every(
        lambda one: (
            ~one["lifecycle.deleteAfter"].present() | one["lifecycle.deleteAfter"].at_least(LEAST_RETENTION_DAYS)
        )
    )


RULES: Final = (
    *(fsx_kms, fsx_no_scratch, fsx_backup, fsx_private_subnet, efs_encrypted, efs_tls, efs_no_public, efs_root_access),
    *(
        efs_access_point,
        efs_backup,
        efs_private_subnet,
        files_security_group,
        efs_lockout_check,
        backup_kms,
        backup_lock,
        backup_no_public,
        backup_retention,
    ),
)
