"""Rules about databases of features, metadata and vectors: RDS, DynamoDB, ElastiCache and OpenSearch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.grants import not_public
from mlinfra.policies.references import names_a_key
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

INSTANCE: Final = "aws:rds/instance:Instance"
MEMBER: Final = "aws:rds/clusterInstance:ClusterInstance"
CLUSTER: Final = "aws:rds/cluster:Cluster"
TABLE: Final = "aws:dynamodb/table:Table"
CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
SEARCH: Final = "aws:opensearch/domain:Domain"
_LEAST_DAYS: Final = 7


@rule(
    "rds-encrypted",
    title="Databases are encrypted at rest",
    severity=Severity.HIGH,
    types=(INSTANCE, CLUSTER),
    fix="storage_encrypted=True, kms_key_id=key.arn",
)
def rds_encrypted(database: Resource) -> Truth:
    """Storage, snapshots and replicas would be readable to whoever gets hold of them; it cannot be switched on later."""
    copied = database["snapshotIdentifier"].present() | database[_source(database)].present()
    return database["storageEncrypted"].is_true() | (copied & ~database["storageEncrypted"].is_false())


def _source(database: Resource) -> str:
    return "replicateSourceDb" if database.type == INSTANCE else "replicationSourceIdentifier"


@rule(
    "rds-kms",
    title="Databases are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(INSTANCE, CLUSTER),
    profiles=STRICT,
    fix="kms_key_id=key.arn",
)
def rds_kms(database: Resource) -> Truth:
    """Only a customer managed key can be closed to somebody who may copy a snapshot, and its use is on record."""
    return only_if(database["storageEncrypted"].is_true(), names_a_key(database["kmsKeyId"]))


@rule(
    "rds-no-public",
    title="Databases are not on the internet",
    severity=Severity.CRITICAL,
    types=(INSTANCE, MEMBER),
    fix="publicly_accessible=False",
)
def rds_no_public(database: Resource) -> Truth:
    """Features and experiments would be one password, or one flaw of the database, away from everybody."""
    return ~database["publiclyAccessible"].is_true()


@rule(
    "rds-managed-password",
    title="The administrator's password is made, kept and changed by Secrets Manager",
    severity=Severity.MEDIUM,
    types=(INSTANCE, CLUSTER),
    fix="manage_master_user_password=True, and no password",
)
def rds_managed_password(database: Resource) -> Truth:
    """A password in the program is in its history and in the state, and nobody changes it."""
    copied = database["snapshotIdentifier"].present() | database[_source(database)].present()
    given = database["password" if database.type == INSTANCE else "masterPassword"].present()
    return only_if(given | ~copied, database["manageMasterUserPassword"].is_true())


@rule(
    "rds-backup",
    title="Databases are backed up for a week or longer",
    severity=Severity.MEDIUM,
    types=(INSTANCE, CLUSTER),
    fix="backup_retention_period=14",
)
def rds_backup(database: Resource) -> Truth:
    """A bad migration is often noticed after a weekend."""
    replica = database[_source(database)].present()
    return only_if(~replica, database["backupRetentionPeriod"].at_least(_LEAST_DAYS))


@rule(
    "rds-protected",
    title="Databases in production are protected against deletion",
    severity=Severity.MEDIUM,
    types=(INSTANCE, CLUSTER),
    fix="deletion_protection=True",
)
def rds_protected(database: Resource) -> Truth:
    """One call would take the registry of models and every experiment away."""
    return only_if(production(database), database["deletionProtection"].is_true())


@rule(
    "rds-minor-upgrades",
    title="Databases take fixes of their version by themselves",
    severity=Severity.LOW,
    types=(INSTANCE, MEMBER),
    fix="auto_minor_version_upgrade=True, and a maintenance_window",
)
def rds_minor_upgrades(database: Resource) -> Truth:
    """Otherwise known flaws stay until somebody has time."""
    return database["autoMinorVersionUpgrade"].is_true()


@rule(
    "rds-multi-az",
    title="Databases in production stand in two availability zones",
    severity=Severity.MEDIUM,
    types=(INSTANCE,),
    fix="multi_az=True",
)
def rds_multi_az(database: Resource) -> Truth:
    """The model registry and the feature store are down with the one zone that they stand in, and serving with them."""
    replica = database["replicateSourceDb"].present()
    return only_if(production(database) & ~replica, database["multiAz"].is_true())


@rule(
    "dynamodb-kms",
    title="Tables are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(TABLE,),
    profiles=STRICT,
    fix='server_side_encryption={"enabled": True, "kms_key_arn": key.arn}',
)
def dynamodb_kms(table: Resource) -> Truth:
    """The default key is AWS's: its use is not on record, and it cannot be closed."""
    return table["serverSideEncryption.enabled"].is_true() & names_a_key(table["serverSideEncryption.kmsKeyArn"])


@rule(
    "dynamodb-recovery",
    title="Tables can be set back to any moment of the last weeks",
    severity=Severity.MEDIUM,
    types=(TABLE,),
    fix='point_in_time_recovery={"enabled": True}',
)
def dynamodb_recovery(table: Resource) -> Truth:
    """A job that writes wrong features does so in minutes, to all of them."""
    return table["pointInTimeRecovery.enabled"].is_true()


@rule(
    "cache-encrypted",
    title="Caches encrypt what they hold and what they send",
    severity=Severity.HIGH,
    types=(CACHE,),
    fix="at_rest_encryption_enabled=True, transit_encryption_enabled=True, auth_token=config.require_secret('token')",
)
def cache_encrypted(cache: Resource) -> Truth:
    """Online features are personal data in plain sight of whoever is on the network."""
    return cache["atRestEncryptionEnabled"].is_true() & cache["transitEncryptionEnabled"].is_true()


@rule(
    "cache-auth",
    title="Caches ask who is there",
    severity=Severity.MEDIUM,
    types=(CACHE,),
    fix="auth_token=config.require_secret('token'), or user_group_ids=[group.id]",
)
def cache_auth(cache: Resource) -> Truth:
    """Without a token everybody in the network reads and changes the features that decide about people."""
    return cache["authToken"].present() | cache["userGroupIds"].present() | cache["authTokenWo"].present()


@rule(
    "search-encrypted",
    title="Search domains encrypt what they hold and what they send",
    severity=Severity.HIGH,
    types=(SEARCH,),
    fix='encrypt_at_rest={"enabled": True, "kms_key_id": key.arn}, node_to_node_encryption={"enabled": True}, '
    'domain_endpoint_options={"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-2019-07"}',
)
def search_encrypted(domain: Resource) -> Truth:
    """Texts can be rebuilt from their embeddings: a vector index is the documents again."""
    return (
        domain["encryptAtRest.enabled"].is_true()
        & domain["nodeToNodeEncryption.enabled"].is_true()
        & domain["domainEndpointOptions.enforceHttps"].is_true()
    )


@rule(
    "search-vpc",
    title="Search domains stand in a VPC",
    severity=Severity.HIGH,
    types=(SEARCH,),
    fix='vpc_options={"subnet_ids": [...], "security_group_ids": [...]}',
)
def search_vpc(domain: Resource) -> Truth:
    """Outside a VPC the domain's address is on the internet, and its policy is all that guards it."""
    return domain["vpcOptions.subnetIds"].present()


@rule(
    "search-no-public-policy",
    title="The access policy of a search domain names whom it lets in",
    severity=Severity.CRITICAL,
    types=(SEARCH,),
    fix='access_policies with "Principal": {"AWS": [role.arn]}',
)
def search_no_public_policy(domain: Resource) -> Truth:
    """Open search indices are found, copied and held to ransom within hours. In a VPC the network guards them as well."""
    return only_if(~domain["vpcOptions.subnetIds"].present(), not_public(domain, "accessPolicies"))


RULES: Final = (
    rds_encrypted,
    rds_kms,
    rds_no_public,
    rds_managed_password,
    rds_backup,
    rds_protected,
    rds_minor_upgrades,
    rds_multi_az,
    dynamodb_kms,
    dynamodb_recovery,
    cache_encrypted,
    cache_auth,
    search_encrypted,
    search_vpc,
    search_no_public_policy,
)
