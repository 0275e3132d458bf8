"""Rules about tables, search domains, caches and catalogues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.grants import not_public
from mlinfra.policies.references import names_a_key
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

TABLE: Final = "aws:dynamodb/table:Table"
TABLE_POLICY: Final = "aws:dynamodb/resourcePolicy:ResourcePolicy"
DOMAIN: Final = "aws:opensearch/domain:Domain"
DOMAIN_POLICY: Final = "aws:opensearch/domainPolicy:DomainPolicy"
COLLECTION_POLICY: Final = "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
REPLICATION_GROUP: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
MEMORY: Final = "aws:memorydb/cluster:Cluster"
CATALOG: Final = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
CATALOG_POLICY: Final = "aws:glue/resourcePolicy:ResourcePolicy"
WORKGROUP: Final = "aws:athena/workgroup:Workgroup"


@rule(
    "dynamodb-kms",
    title="Tables are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(TABLE,),
    fix='server_side_encryption={"enabled": True, "kms_key_arn": key.arn}',
    profiles=STRICT,
)
def dynamodb_kms(table: Resource) -> Truth:
    """Features of users are personal data; only an own key can be closed to somebody who may read tables."""
    encryption = table["serverSideEncryption"]
    return encryption["enabled"].is_true() & names_a_key(encryption["kmsKeyArn"])


@rule(
    "dynamodb-recovery",
    title="Tables can be restored to any second",
    severity=Severity.MEDIUM,
    types=(TABLE,),
    fix='point_in_time_recovery={"enabled": True}',
)
def dynamodb_recovery(table: Resource) -> Truth:
    """A job that writes nonsense into a feature table is found after hours."""
    return table["pointInTimeRecovery.enabled"].is_true()


@rule(
    "dynamodb-keep-in-production",
    title="Tables in production cannot be deleted by mistake",
    severity=Severity.MEDIUM,
    types=(TABLE,),
    fix="deletion_protection_enabled=True",
)
def dynamodb_keep_in_production(table: Resource) -> Truth:
    """A rename replaces the table, and its items are gone."""
    return only_if(production(table), table["deletionProtectionEnabled"].is_true())


@rule(
    "dynamodb-no-public",
    title="No policy of a table lets everybody in",
    severity=Severity.HIGH,
    types=(TABLE_POLICY,),
    fix="principals by ARN, or a condition on aws:PrincipalOrgID",
)
def dynamodb_no_public(table: Resource) -> Truth:
    """Everybody with an account could read the items."""
    return not_public(table, "policy")


@rule(
    "opensearch-vpc",
    title="Search domains stand in the VPC",
    severity=Severity.CRITICAL,
    types=(DOMAIN,),
    fix='vpc_options={"subnet_ids": network.private_subnet_ids, "security_group_ids": [group.id]}',
)
def opensearch_vpc(domain: Resource) -> Truth:
    """Outside of it the domain has an address on the internet: documents and embeddings are one mistake away from it."""
    subnets = domain["vpcOptions.subnetIds"]
    return subnets.resources().exist() if subnets.is_unknown else subnets.present()


@rule(
    "opensearch-encrypted",
    title="Search domains are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(DOMAIN,),
    fix='encrypt_at_rest={"enabled": True, "kms_key_id": key.arn}',
)
def opensearch_encrypted(domain: Resource) -> Truth:
    """The text of every document stands beside its embedding."""
    return domain["encryptAtRest.enabled"].is_true() & names_a_key(domain["encryptAtRest.kmsKeyId"])


@rule(
    "opensearch-tls",
    title="Search domains speak TLS, to clients and between nodes",
    severity=Severity.MEDIUM,
    types=(DOMAIN,),
    fix='domain_endpoint_options={"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10"}, '
    'node_to_node_encryption={"enabled": True}',
)
def opensearch_tls(domain: Resource) -> Truth:
    """Queries are what users asked; they would travel in clear text."""
    options = domain["domainEndpointOptions"]
    version = options["tlsSecurityPolicy"].matches(r"Policy-Min-TLS-1-[2-9].*", "a policy with TLS 1.2 or later")
    return options["enforceHttps"].is_true() & version & domain["nodeToNodeEncryption.enabled"].is_true()


@rule(
    "opensearch-access",
    title="Search domains know who may read which index",
    severity=Severity.HIGH,
    types=(DOMAIN,),
    fix='advanced_security_options={"enabled": True, "anonymous_auth_enabled": False, "master_user_options": …}',
)
def opensearch_access(domain: Resource) -> Truth:
    """Without fine-grained access control whoever reaches the domain reads and deletes every index."""
    options = domain["advancedSecurityOptions"]
    return options["enabled"].is_true() & ~options["anonymousAuthEnabled"].is_true()


@rule(
    "opensearch-audit-logs",
    title="Search domains write audit logs",
    severity=Severity.MEDIUM,
    types=(DOMAIN,),
    fix='log_publishing_options=[{"log_type": "AUDIT_LOGS", "cloudwatch_log_group_arn": group.arn}]',
    profiles=STRICT,
)
def opensearch_audit_logs(domain: Resource) -> Truth:
    """Who searched for whom is itself sensitive, and is what is asked after a leak."""
    return domain["logPublishingOptions"].any(lambda one: one["logType"].is_("AUDIT_LOGS") & one["enabled"].is_true())


@rule(
    "opensearch-no-public",
    title="No policy of a search domain lets everybody in",
    severity=Severity.CRITICAL,
    types=(DOMAIN, DOMAIN_POLICY),
    fix="principals by ARN, or a condition on aws:SourceIp",
)
def opensearch_no_public(domain: Resource) -> Truth:
    """Everybody who reaches the domain may then do everything in it."""
    return not_public(domain, "accessPolicies")


@rule(
    "aoss-private",
    title="Collections of OpenSearch Serverless are not on the internet",
    severity=Severity.HIGH,
    types=(COLLECTION_POLICY,),
    fix='policy of type network with "AllowFromPublic": false and "SourceVPCEs", or "SourceServices": '
    '["bedrock.amazonaws.com"]',
)
def aoss_private(policy: Resource) -> Truth:
    """The documents of a knowledge base lie there; its address must be known to nobody but the services that need it."""
    rules = policy["policy"].json()
    return only_if(policy["type"].is_("network"), ~rules.any(lambda one: one.key("AllowFromPublic").is_true()))


@rule(
    "aoss-kms",
    title="Collections of OpenSearch Serverless are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(COLLECTION_POLICY,),
    fix='policy of type encryption with "AWSOwnedKey": false and "KmsARN": key.arn',
    profiles=STRICT,
)
def aoss_kms(policy: Resource) -> Truth:
    """It can only be chosen when the collection is made."""
    document = policy["policy"].json()
    own = names_a_key(document.key("KmsARN")) & ~document.key("AWSOwnedKey").is_true()
    return only_if(policy["type"].is_("encryption"), own)


@rule(
    "cache-encrypted",
    title="Caches are encrypted, on disk and on the way",
    severity=Severity.MEDIUM,
    types=(REPLICATION_GROUP, MEMORY),
    fix="at_rest_encryption_enabled=True, transit_encryption_enabled=True, kms_key_id=key.arn (MemoryDB: tls_enabled=True)",
)
def cache_encrypted(cache: Resource) -> Truth:
    """Online features and sessions are served from there. MemoryDB always encrypts what it keeps."""
    if cache.type == MEMORY:
        return cache["tlsEnabled"].is_true()
    return cache["atRestEncryptionEnabled"].is_true() & cache["transitEncryptionEnabled"].is_true()


@rule(
    "cache-auth",
    title="Caches ask who connects",
    severity=Severity.MEDIUM,
    types=(REPLICATION_GROUP, MEMORY),
    fix="user_group_ids=[group.id] (MemoryDB: acl_name other than open-access)",
)
def cache_auth(cache: Resource) -> Truth:
    """Otherwise everything that reaches the port reads every key, and flushes them all."""
    if cache.type == MEMORY:
        return ~cache["aclName"].is_("open-access") & cache["aclName"].present()
    return any_of(cache[name].present() for name in ("authToken", "authTokenWo", "userGroupIds"))


@rule(
    "glue-catalog-encrypted",
    title="The data catalogue is encrypted, and so are the passwords in it",
    severity=Severity.MEDIUM,
    types=(CATALOG,),
    fix='data_catalog_encryption_settings={"encryption_at_rest": {"catalog_encryption_mode": "SSE-KMS", …}, '
    '"connection_password_encryption": {"return_connection_password_encrypted": True, …}}',
)
def glue_catalog_encrypted(catalog: Resource) -> Truth:
    """Names and statistics of columns say much of the data; connections hold passwords of databases."""
    settings = catalog["dataCatalogEncryptionSettings"]
    mode = settings["encryptionAtRest.catalogEncryptionMode"].is_("SSE-KMS", "SSE-KMS-WITH-SERVICE-ROLE")
    return mode & settings["connectionPasswordEncryption.returnConnectionPasswordEncrypted"].is_true()


@rule(
    "glue-no-public",
    title="No policy of the data catalogue lets everybody in",
    severity=Severity.HIGH,
    types=(CATALOG_POLICY,),
    fix="accounts by id, or a condition on aws:PrincipalOrgID",
)
def glue_no_public(catalog: Resource) -> Truth:
    """Everybody with an account could read, or change, where tables point to."""
    return not_public(catalog, "policy")


@rule(
    "athena-encrypted",
    title="Results of queries are encrypted, whatever the client says",
    severity=Severity.MEDIUM,
    types=(WORKGROUP,),
    fix='configuration={"enforce_workgroup_configuration": True, "result_configuration": {"encryption_configuration": '
    '{"encryption_option": "SSE_KMS", "kms_key_arn": key.arn}, …}}',
)
def athena_encrypted(workgroup: Resource) -> Truth:
    """A result is a copy of the data in another bucket."""
    configuration = workgroup["configuration"]
    managed = configuration["managedQueryResultsConfiguration.enabled"].is_true()
    option = configuration["resultConfiguration.encryptionConfiguration.encryptionOption"].is_("SSE_KMS", "CSE_KMS")
    return managed | (option & configuration["enforceWorkgroupConfiguration"].is_true())


RULES: Final = (
    *(dynamodb_kms, dynamodb_recovery, dynamodb_keep_in_production, dynamodb_no_public, opensearch_vpc),
    *(opensearch_encrypted, opensearch_tls, opensearch_access, opensearch_audit_logs, opensearch_no_public),
    *(aoss_private, aoss_kms, cache_encrypted, cache_auth, glue_catalog_encrypted, glue_no_public, athena_encrypted),
)
