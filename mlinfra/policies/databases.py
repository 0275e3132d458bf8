"""Rules about relational databases, and about those that are made like them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

INSTANCE: Final = "aws:rds/instance:Instance"
CLUSTER: Final = "aws:rds/cluster:Cluster"
CLUSTER_INSTANCE: Final = "aws:rds/clusterInstance:ClusterInstance"
PROXY: Final = "aws:rds/proxy:Proxy"
NEPTUNE: Final = "aws:neptune/cluster:Cluster"
DOCUMENTS: Final = "aws:docdb/cluster:Cluster"
REDSHIFT: Final = "aws:redshift/cluster:Cluster"
WORKGROUP: Final = "aws:redshiftserverless/workgroup:Workgroup"
STORES: Final = (INSTANCE, CLUSTER, NEPTUNE, DOCUMENTS)
LEAST_BACKUP_DAYS: Final = 7
_PASSWORDS: Final = {
    INSTANCE: "password",
    CLUSTER: "masterPassword",
    DOCUMENTS: "masterPassword",
    REDSHIFT: "masterPassword",
}
_MANAGED: Final = {
    INSTANCE: "manageMasterUserPassword",
    CLUSTER: "manageMasterUserPassword",
    DOCUMENTS: "manageMasterUserPassword",
    REDSHIFT: "manageMasterPassword",
}


def _replica(database: Resource) -> Truth:
    """Whether it follows another database, which decides about it."""
    name = "replicateSourceDb" if database.type == INSTANCE else "replicationSourceIdentifier"
    return database[name].present() if database.type != DOCUMENTS else database.says(False, "a replica")


@rule(
    "rds-encrypted",
    title="Databases are encrypted",
    severity=Severity.HIGH,
    types=STORES,
    fix="storage_encrypted=True, kms_key_id=key.arn",
)
def rds_encrypted(database: Resource) -> Truth:
    """It can only be chosen when the database is made, and holds for its snapshots and replicas. A replica follows its source."""
    return only_if(~_replica(database), database["storageEncrypted"].is_true())


@rule(
    "rds-kms",
    title="Databases are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=STORES,
    fix="kms_key_id=key.arn",
    profiles=STRICT,
)
def rds_kms(database: Resource) -> Truth:
    """A snapshot under the key that AWS manages can neither be shared safely nor closed to anybody."""
    key = "kmsKeyArn" if database.type == NEPTUNE else "kmsKeyId"
    return only_if(~_replica(database), names_a_key(database[key]))


@rule(
    "rds-no-public",
    title="Databases have no public address",
    severity=Severity.CRITICAL,
    types=(INSTANCE, CLUSTER, CLUSTER_INSTANCE, REDSHIFT, WORKGROUP),
    fix="publicly_accessible=False",
    waivable=False,
)
def rds_no_public(database: Resource) -> Truth:
    """Only a password, and the next hole in the engine, stand between the internet and the data."""
    return ~database["publiclyAccessible"].is_true()


@rule(
    "rds-backup",
    title="Databases are backed up for a week",
    severity=Severity.MEDIUM,
    types=STORES,
    fix="backup_retention_period=7",
)
def rds_backup(database: Resource) -> Truth:
    """Experiments, features and labels are lost with the database otherwise."""
    return only_if(~_replica(database), database["backupRetentionPeriod"].at_least(LEAST_BACKUP_DAYS))


@rule(
    "rds-keep-in-production",
    title="Databases in production cannot be deleted by mistake",
    severity=Severity.MEDIUM,
    types=STORES,
    fix="deletion_protection=True, skip_final_snapshot=False, final_snapshot_identifier=…",
)
def rds_keep_in_production(database: Resource) -> Truth:
    """Deletion without a last snapshot takes the automatic backups along."""
    kept = database["deletionProtection"].is_true() & ~database["skipFinalSnapshot"].is_true()
    return only_if(production(database), kept)


@rule(
    "rds-managed-password",
    title="Passwords of databases are managed by Secrets Manager",
    severity=Severity.HIGH,
    types=tuple(_PASSWORDS),
    fix="manage_master_user_password=True (Redshift: manage_master_password=True), without a password",
)
def rds_managed_password(database: Resource) -> Truth:
    """A password that a program chooses is in its state, is never changed, and is known to whoever wrote it."""
    return database[_MANAGED[database.type]].is_true() | ~database[_PASSWORDS[database.type]].present()


@rule(
    "rds-iam",
    title="Databases take identities of IAM",
    severity=Severity.MEDIUM,
    types=(INSTANCE, CLUSTER, NEPTUNE),
    fix="iam_database_authentication_enabled=True",
    profiles=STRICT,
)
def rds_iam(database: Resource) -> Truth:
    """Jobs then need no password at all, and every connection is somebody's. Engines that cannot do it are left out."""
    able = database.says(True, "an engine that takes identities of IAM")
    if database.type != NEPTUNE:
        able = database["engine"].matches(r"(aurora-)?(mysql|postgresql|postgres|mariadb)")
    return only_if(able, database["iamDatabaseAuthenticationEnabled"].is_true())


@rule(
    "rds-logs",
    title="Databases write logs",
    severity=Severity.MEDIUM,
    types=STORES,
    fix='enabled_cloudwatch_logs_exports=["postgresql", "upgrade"]',
)
def rds_logs(database: Resource) -> Truth:
    """Failed sign-ins and slow queries are seen there and nowhere else."""
    exports = "enableCloudwatchLogsExports" if database.type == NEPTUNE else "enabledCloudwatchLogsExports"
    return database[exports].present()


@rule(
    "rds-multi-az",
    title="Databases in production stand in several zones",
    severity=Severity.MEDIUM,
    types=(INSTANCE,),
    fix="multi_az=True",
)
def rds_multi_az(database: Resource) -> Truth:
    """The tracking server, the feature store and the pipelines stop with their database."""
    return only_if(production(database) & ~_replica(database), database["multiAz"].is_true())


@rule(
    "rds-minor-upgrades",
    title="Databases take security updates by themselves",
    severity=Severity.MEDIUM,
    types=(INSTANCE, CLUSTER_INSTANCE),
    fix="auto_minor_version_upgrade=True",
)
def rds_minor_upgrades(database: Resource) -> Truth:
    """Holes in engines are closed by minor versions."""
    return database["autoMinorVersionUpgrade"].is_true()


@rule(
    "rds-proxy-tls",
    title="Proxies of databases insist on TLS",
    severity=Severity.MEDIUM,
    types=(PROXY,),
    fix="require_tls=True",
)
def rds_proxy_tls(proxy: Resource) -> Truth:
    """Otherwise a client that was set up carelessly sends its password in clear text."""
    return proxy["requireTls"].is_true()


@rule(
    "redshift-encrypted",
    title="Redshift is encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(REDSHIFT,),
    fix="encrypted=True, kms_key_id=key.arn",
)
def redshift_encrypted(cluster: Resource) -> Truth:
    """A warehouse is the data of the organisation in one place."""
    return cluster["encrypted"].is_true() & names_a_key(cluster["kmsKeyId"])


@rule(
    "redshift-vpc-routing",
    title="Redshift loads and unloads through the VPC",
    severity=Severity.MEDIUM,
    types=(REDSHIFT, WORKGROUP),
    fix="enhanced_vpc_routing=True",
)
def redshift_vpc_routing(cluster: Resource) -> Truth:
    """UNLOAD writes whole tables to any bucket: only in the VPC do endpoint policies and flow logs see it."""
    return cluster["enhancedVpcRouting"].is_true()


RULES: Final = (
    *(rds_encrypted, rds_kms, rds_no_public, rds_backup, rds_keep_in_production, rds_managed_password, rds_iam),
    *(rds_logs, rds_multi_az, rds_minor_upgrades, rds_proxy_tls, redshift_encrypted, redshift_vpc_routing),
)
