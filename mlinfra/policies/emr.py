"""Rules about Spark and its like: EMR on EC2, EMR Serverless and Glue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.subnets import private_subnets

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource

CLUSTER: Final = "aws:emr/cluster:Cluster"
SECURITY: Final = "aws:emr/securityConfiguration:SecurityConfiguration"
SERVERLESS: Final = "aws:emrserverless/application:Application"
GLUE_JOB: Final = "aws:glue/job:Job"
_SSH: Final = 22


@rule(
    "emr-block-public",
    title="EMR refuses clusters that the internet can reach",
    severity=Severity.HIGH,
    types=("aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration",),
    fix="block_public_security_group_rules=True, without permitted ranges",
)
def emr_block_public(config: Resource) -> Truth:
    """Yarn and Spark run what whoever reaches them sends. The block holds whatever security groups say."""
    ranges = config["permittedPublicSecurityGroupRuleRanges"].every(
        lambda one: one["minRange"].is_(_SSH) & one["maxRange"].is_(_SSH)
    )
    return config["blockPublicSecurityGroupRules"].is_true() & ranges


@rule(
    "emr-security-config",
    title="EMR clusters have a security configuration",
    severity=Severity.HIGH,
    types=(CLUSTER,),
    fix="security_configuration=security.name",
)
def emr_security_config(cluster: Resource) -> Truth:
    """Without one nothing is encrypted: neither what nodes keep on disk, nor what they send each other."""
    return cluster["securityConfiguration"].present()


@rule(
    "emr-encryption",
    title="EMR encrypts data at rest and in transit",
    severity=Severity.HIGH,
    types=(SECURITY,),
    fix='{"EncryptionConfiguration": {"EnableAtRestEncryption": true, "EnableInTransitEncryption": true, ...}}',
)
def emr_encryption(config: Resource) -> Truth:
    """Shuffles write the data set to local disks and send it between nodes in clear text."""
    encryption = config["configuration"].json().key("EncryptionConfiguration")
    return all_of(encryption.key(name).is_true() for name in ("EnableAtRestEncryption", "EnableInTransitEncryption"))


@rule(
    "emr-imdsv2",
    title="EMR nodes answer the second version of the metadata service only",
    severity=Severity.MEDIUM,
    types=(SECURITY,),
    fix='{"InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": 2, "HttpPutResponseHopLimit": 1}}',
)
def emr_imdsv2(config: Resource) -> Truth:
    """A notebook or a job that fetches a URL for somebody would give away the nodes' role."""
    metadata = config["configuration"].json().key("InstanceMetadataServiceConfiguration")
    return metadata.key("MinimumInstanceMetadataServiceVersion").is_(2)


@rule(
    "emr-logs",
    title="EMR clusters write their logs to a bucket",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix='log_uri=bucket.bucket.apply(lambda name: f"s3://{name}/emr/")',
)
def emr_logs(cluster: Resource) -> Truth:
    """Nodes take their logs with them; afterwards nobody can tell what a job read."""
    return cluster["logUri"].present()


@rule(
    "emr-log-kms",
    title="Logs of EMR are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(CLUSTER,),
    fix="log_encryption_kms_key_id=key.arn",
)
def emr_log_kms(cluster: Resource) -> Truth:
    """Executors print rows when they fail."""
    return only_if(cluster["logUri"].present(), names_a_key(cluster["logEncryptionKmsKeyId"]))


@rule(
    "emr-private-subnet",
    title="EMR clusters stand in private subnets",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix='ec2_attributes={"subnet_id": private_subnet.id, ...}',
)
def emr_private_subnet(cluster: Resource) -> Truth:
    """In a public subnet every node has an address that the internet reaches."""
    return private_subnets(cluster["ec2Attributes.subnetId"]) & private_subnets(cluster["ec2Attributes.subnetIds"])


@rule(
    "emr-no-ssh-key",
    title="EMR nodes have no SSH key",
    severity=Severity.MEDIUM,
    types=(CLUSTER,),
    fix="leave key_name out of ec2_attributes, and use Session Manager",
)
def emr_no_ssh_key(cluster: Resource) -> Truth:
    """A shared key says of nobody who came in, and does not expire."""
    return ~cluster["ec2Attributes.keyName"].present()


@rule(
    "emr-idle-stop",
    title="Idle EMR clusters end by themselves",
    severity=Severity.LOW,
    types=(CLUSTER,),
    fix='auto_termination_policy={"idle_timeout": 3600}',
)
def emr_idle_stop(cluster: Resource) -> Truth:
    """A cluster that waits for steps costs as much as one that works."""
    return only_if(
        cluster["keepJobFlowAliveWhenNoSteps"].is_true(), cluster["autoTerminationPolicy.idleTimeout"].at_least(60)
    )


@rule(
    "emr-scaling-limit",
    title="Scaling of EMR has a limit",
    severity=Severity.LOW,
    types=("aws:emr/managedScalingPolicy:ManagedScalingPolicy",),
    fix='compute_limits=[{"maximum_capacity_units": 40, "maximum_ondemand_capacity_units": 10, ...}]',
)
def emr_scaling_limit(policy: Resource) -> Truth:
    """Without a limit for capacity on demand, a day without spot capacity costs several times as much."""
    return policy["computeLimits"].any(
        lambda one: one["maximumCapacityUnits"].at_least(1) & one["maximumOndemandCapacityUnits"].present()
    )


@rule(
    "emr-serverless-vpc",
    title="EMR Serverless runs in a VPC",
    severity=Severity.MEDIUM,
    types=(SERVERLESS,),
    arguments={"mlinfra:spark_serverless:SparkServerless": "subnet_ids"},
    fix='network_configuration={"subnet_ids": [...], "security_group_ids": [...]}',
)
def emr_serverless_vpc(application: Resource) -> Truth:
    """Outside a VPC no endpoint policy says which buckets a job may reach."""
    return application["networkConfiguration.subnetIds"].present()


@rule(
    "emr-serverless-limit",
    title="EMR Serverless has a limit",
    severity=Severity.MEDIUM,
    types=(SERVERLESS,),
    arguments={"mlinfra:spark_serverless:SparkServerless": "max_vcpus"},
    fix='maximum_capacity={"cpu": "200 vCPU", "memory": "800 GB"}',
)
def emr_serverless_limit(application: Resource) -> Truth:
    """One bad join takes as many workers as the account may have."""
    return application["maximumCapacity.cpu"].present() & application["maximumCapacity.memory"].present()


@rule(
    "emr-serverless-auto-stop",
    title="Idle applications of EMR Serverless stop",
    severity=Severity.LOW,
    types=(SERVERLESS,),
    arguments={"mlinfra:spark_serverless:SparkServerless": "idle_minutes"},
    fix='auto_stop_configuration={"enabled": True, "idle_timeout_minutes": 15}',
)
def emr_serverless_auto_stop(application: Resource) -> Truth:
    """Workers that were started ahead are paid for while they wait."""
    return application["autoStopConfiguration.enabled"].is_true()


@rule(
    "glue-security-config",
    title="Glue jobs encrypt what they write",
    severity=Severity.MEDIUM,
    types=(GLUE_JOB,),
    fix="security_configuration=glue_security.name",
)
def glue_security_config(job: Resource) -> Truth:
    """Without a security configuration results, logs and bookmarks have no key of one's own."""
    return job["securityConfiguration"].present()


RULES: Final = (
    emr_block_public,
    emr_security_config,
    emr_encryption,
    emr_imdsv2,
    emr_logs,
    emr_log_kms,
    emr_private_subnet,
    emr_no_ssh_key,
    emr_idle_stop,
    emr_scaling_limit,
    emr_serverless_vpc,
    emr_serverless_limit,
    emr_serverless_auto_stop,
    glue_security_config,
)
