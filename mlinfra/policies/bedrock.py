"""Rules about Bedrock: agents, guardrails, tuned models, and AgentCore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.policies.references import names_a_key

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth

AGENT: Final = "aws:bedrock/agentAgent:AgentAgent"
GUARDRAIL: Final = "aws:bedrock/guardrail:Guardrail"
CUSTOM: Final = "aws:bedrock/customModel:CustomModel"
LOGGING: Final = "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration"
RUNTIME: Final = "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime"
BROWSER: Final = "aws:bedrock/agentcoreBrowser:AgentcoreBrowser"
INTERPRETER: Final = "aws:bedrock/agentcoreCodeInterpreter:AgentcoreCodeInterpreter"
USERS: Final = (AGENT, CUSTOM, "aws:bedrock/provisionedModelThroughput:ProvisionedModelThroughput")


@rule(
    "bedrock-guardrail",
    title="Agents have a guardrail",
    severity=Severity.HIGH,
    types=(AGENT,),
    fix='guardrail_configurations=[{"guardrail_identifier": guardrail.guardrail_id, "guardrail_version": version.version}]',
)
def bedrock_guardrail(agent: Resource) -> Truth:
    """An agent acts on what people and documents tell it; nothing else stands between an injected prompt and its tools."""
    return agent["guardrailConfigurations"].any(lambda one: one["guardrailIdentifier"].present())


@rule(
    "bedrock-guardrail-attack",
    title="Guardrails look for prompt attacks",
    severity=Severity.MEDIUM,
    types=(GUARDRAIL,),
    fix='content_policy_config={"filters_configs": [{"type": "PROMPT_ATTACK", "input_strength": "HIGH", "output_strength": "NONE"}]}',
)
def bedrock_guardrail_attack(guardrail: Resource) -> Truth:
    """Filters for harmful content do not see instructions that are hidden in a document."""
    return guardrail["contentPolicyConfig.filtersConfigs"].any(
        lambda one: one["type"].is_("PROMPT_ATTACK") & one["inputStrength"].is_("MEDIUM", "HIGH")
    )


@rule(
    "bedrock-guardrail-pii",
    title="Guardrails keep personal data out of answers",
    severity=Severity.MEDIUM,
    types=(GUARDRAIL,),
    profiles=STRICT,
    fix='sensitive_information_policy_config={"pii_entities_configs": [{"type": "EMAIL", "action": "ANONYMIZE"}]}',
)
def bedrock_guardrail_pii(guardrail: Resource) -> Truth:
    """A model repeats what stands in its documents, to whoever asks in the right way."""
    policy = guardrail["sensitiveInformationPolicyConfig"]
    return policy["piiEntitiesConfigs"].present() | policy["regexesConfigs"].present()


@rule(
    "bedrock-guardrail-kms",
    title="Guardrails are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(GUARDRAIL,),
    profiles=STRICT,
    fix="kms_key_arn=key.arn",
)
def bedrock_guardrail_kms(guardrail: Resource) -> Truth:
    """Denied topics and word lists say what an organisation is afraid of."""
    return names_a_key(guardrail["kmsKeyArn"])


@rule(
    "bedrock-agent-kms",
    title="Agents are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(AGENT,),
    fix="customer_encryption_key_arn=key.arn",
)
def bedrock_agent_kms(agent: Resource) -> Truth:
    """Instructions and sessions hold what people told the agent."""
    return names_a_key(agent["customerEncryptionKeyArn"])


@rule(
    "bedrock-logging",
    title="Calls of models are on record",
    severity=Severity.MEDIUM,
    types=USERS,
    profiles=STRICT,
    fix='aws.bedrockmodel.InvocationLoggingConfiguration(name, logging_config={"s3_config": {"bucket_name": logs.bucket}})',
)
def bedrock_logging(resource: Resource) -> Truth:
    """Who asked what, and what was answered, cannot be told afterwards.

    The setting is the account's; another stack may have it: then a waiver says which.
    """
    return resource.graph.of(LOGGING).any(_delivers)


def _delivers(config: Resource) -> Truth:
    s3, group = config["loggingConfig.s3Config.bucketName"], config["loggingConfig.cloudwatchConfig.logGroupName"]
    return (s3.present() | group.present()) & config["loggingConfig.textDataDeliveryEnabled"].is_true()


@rule(
    "bedrock-logging-delivers",
    title="The record of model calls goes somewhere, with its text",
    severity=Severity.MEDIUM,
    types=(LOGGING,),
    fix='logging_config={"cloudwatch_config": {"log_group_name": group.name, "role_arn": role.arn}, '
    '"text_data_delivery_enabled": True}',
)
def bedrock_logging_delivers(config: Resource) -> Truth:
    """Without a destination, or without texts, there is a setting and no record."""
    return _delivers(config)


@rule(
    "bedrock-custom-model-kms",
    title="Tuned models are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(CUSTOM,),
    fix="custom_model_kms_key_id=key.arn",
)
def bedrock_custom_model_kms(model: Resource) -> Truth:
    """A tuned model holds the data it was tuned with."""
    return names_a_key(model["customModelKmsKeyId"])


@rule(
    "bedrock-custom-model-vpc",
    title="Tuning jobs reach their data through a VPC",
    severity=Severity.MEDIUM,
    types=(CUSTOM,),
    profiles=STRICT,
    fix='vpc_config={"subnet_ids": [...], "security_group_ids": [...]}',
)
def bedrock_custom_model_vpc(model: Resource) -> Truth:
    """Only then do endpoint policies and bucket policies say from where the data may be read."""
    return model["vpcConfig.subnetIds"].present()


@rule(
    "bedrock-data-source-kms",
    title="Documents of knowledge bases are encrypted with a key of the organisation's own on their way",
    severity=Severity.MEDIUM,
    types=("aws:bedrock/agentDataSource:AgentDataSource",),
    profiles=STRICT,
    fix='server_side_encryption_configuration={"kms_key_arn": key.arn}',
)
def bedrock_data_source_kms(source: Resource) -> Truth:
    """While they are split and embedded, documents lie in storage of the service."""
    return names_a_key(source["serverSideEncryptionConfiguration.kmsKeyArn"])


@rule(
    "agentcore-vpc",
    title="Agents, their browsers and interpreters have no network of their own",
    severity=Severity.HIGH,
    types=(RUNTIME, BROWSER, INTERPRETER),
    fix='network_configuration={"network_mode": "VPC", ...}',
)
def agentcore_vpc(resource: Resource) -> Truth:
    """Code that a model wrote runs there: with a public network it sends data anywhere, past every firewall and log."""
    return resource["networkConfiguration.networkMode"].is_("VPC", "SANDBOX")


@rule(
    "agentcore-gateway-auth",
    title="Gateways of agents ask who calls",
    severity=Severity.CRITICAL,
    types=("aws:bedrock/agentcoreGateway:AgentcoreGateway",),
    fix='authorizer_type="CUSTOM_JWT", authorizer_configuration={...}, or authorizer_type="AWS_IAM"',
)
def agentcore_gateway_auth(gateway: Resource) -> Truth:
    """Every tool behind the gateway can be called by whoever finds its address."""
    return gateway["authorizerType"].is_("CUSTOM_JWT", "AWS_IAM")


@rule(
    "agentcore-memory-kms",
    title="Memories of agents are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=("aws:bedrock/agentcoreMemory:AgentcoreMemory",),
    fix="encryption_key_arn=key.arn",
)
def agentcore_memory_kms(memory: Resource) -> Truth:
    """It keeps what people told the agent, for months."""
    return names_a_key(memory["encryptionKeyArn"])


@rule(
    "agentcore-browser-recording",
    title="What agents do in a browser is recorded",
    severity=Severity.LOW,
    types=(BROWSER,),
    profiles=STRICT,
    fix='recording={"enabled": True, "s3_location": {"bucket": bucket.bucket, "prefix": "sessions"}}',
)
def agentcore_browser_recording(browser: Resource) -> Truth:
    """Nothing else says afterwards which page told the agent what to do."""
    return browser["recording.enabled"].is_true()


RULES: Final = (
    bedrock_guardrail,
    bedrock_guardrail_attack,
    bedrock_guardrail_pii,
    bedrock_guardrail_kms,
    bedrock_agent_kms,
    bedrock_logging,
    bedrock_logging_delivers,
    bedrock_custom_model_kms,
    bedrock_custom_model_vpc,
    bedrock_data_source_kms,
    agentcore_vpc,
    agentcore_gateway_auth,
    agentcore_memory_kms,
    agentcore_browser_recording,
)
