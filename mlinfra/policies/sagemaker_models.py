"""Rules about models, endpoints, the model registry, monitoring and features in SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.grants import not_public, own_accounts, resource_policy, to_strangers
from mlinfra.policies.images import is_pinned, is_private
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import no_secret_variable
from mlinfra.policies.shared import production
from mlinfra.policies.statements import all3, any3

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value
    from mlinfra.policies.statements import Known, Statement

MODEL: Final = "aws:sagemaker/model:Model"
ENDPOINT_CONFIG: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT: Final = "aws:sagemaker/endpoint:Endpoint"
FEATURES: Final = "aws:sagemaker/featureGroup:FeatureGroup"
GROUP_POLICY: Final = "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy"
WRITES: Final = (
    "sagemaker:CreateModelPackage",
    "sagemaker:UpdateModelPackage",
    "sagemaker:DeleteModelPackage",
    "sagemaker:DeleteModelPackageGroup",
)


def _every_container(model: Resource, says: Callable[[Value], Truth]) -> Truth:
    one, many = model["primaryContainer"], model["containers"]
    return all_of(place.every(says) for place in (one, many) if place.raw is not None)


@rule(
    "sm-model-isolation",
    title="Model containers have no network",
    severity=Severity.MEDIUM,
    types=(MODEL,),
    profiles=STRICT,
    fix="enable_network_isolation=True",
)
def sm_model_isolation(model: Resource) -> Truth:
    """A model file can hold code; with isolation what it runs can neither send requests' data out nor fetch more code."""
    return model["enableNetworkIsolation"].is_true()


@rule(
    "sm-model-vpc",
    title="Models run in a VPC",
    severity=Severity.MEDIUM,
    types=(MODEL,),
    fix='vpc_config={"subnets": [...], "security_group_ids": [...]}',
)
def sm_model_vpc(model: Resource) -> Truth:
    """Outside a VPC no security group or endpoint policy says what the model may reach."""
    return model["vpcConfig.subnets"].present()


@rule(
    "sm-model-image-ecr",
    title="Model images come from a private registry, under a version",
    severity=Severity.MEDIUM,
    types=(MODEL,),
    fix='primary_container={"image": f"{repository.repository_url}@sha256:...", ...}',
)
def sm_model_image_ecr(model: Resource) -> Truth:
    """What is served must be what was approved: other registries and the tag latest can change under the endpoint."""

    def said(container: Value) -> Truth:
        image = container["image"]
        return only_if(image.present(), is_private(image) & is_pinned(image))

    return _every_container(model, said)


@rule(
    "sm-model-secret",
    title="Model containers have no secrets in variables",
    severity=Severity.HIGH,
    types=(MODEL,),
    fix="read it in the container from Secrets Manager",
)
def sm_model_secret(model: Resource) -> Truth:
    """Whoever may describe the model reads its variables."""

    def clean(container: Value) -> Truth:
        values = container["environment"]
        if values.is_unknown:
            return values.says(None, "known variables")
        return all_of(no_secret_variable(name, value) for name, value in values.items())

    return _every_container(model, clean)


@rule(
    "sm-epc-kms",
    title="The volumes of endpoints are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(ENDPOINT_CONFIG,),
    fix="kms_key_arn=key.arn",
)
def sm_epc_kms(config: Resource) -> Truth:
    """Models and requests are written to the volume. Serverless variants have none."""
    variants = config["productionVariants"]
    return only_if(
        ~variants.every(lambda one: one["serverlessConfig.maxConcurrency"].present()), names_a_key(config["kmsKeyArn"])
    )


@rule(
    "sm-epc-instances",
    title="Endpoints in production run on two instances or more",
    severity=Severity.MEDIUM,
    types=(ENDPOINT_CONFIG,),
    fix='production_variants=[{"initial_instance_count": 2, ...}]',
)
def sm_epc_instances(config: Resource) -> Truth:
    """SageMaker spreads instances over availability zones; one instance is down whenever its zone is."""

    def enough(one: Value) -> Truth:
        return one["serverlessConfig.maxConcurrency"].present() | one["initialInstanceCount"].at_least(2)

    return only_if(production(config), config["productionVariants"].every(enough))


@rule(
    "sm-epc-capture",
    title="Endpoints in production record their requests, encrypted",
    severity=Severity.MEDIUM,
    types=(ENDPOINT_CONFIG,),
    profiles=STRICT,
    fix='data_capture_config={"enable_capture": True, "kms_key_id": key.arn, "initial_sampling_percentage": 100, ...}',
)
def sm_epc_capture(config: Resource) -> Truth:
    """Without a record neither drift nor a disputed decision can be looked into; the record is as sensitive as the data."""
    captures = config["dataCaptureConfig.enableCapture"].is_true()
    key = names_a_key(config["dataCaptureConfig.kmsKeyId"])
    return only_if(production(config) | captures, captures & key)


@rule(
    "sm-epc-no-shell",
    title="Nobody opens a shell on an endpoint",
    severity=Severity.MEDIUM,
    types=(ENDPOINT_CONFIG,),
    profiles=STRICT,
    fix='production_variants=[{"enable_ssm_access": False, ...}]',
)
def sm_epc_no_shell(config: Resource) -> Truth:
    """SSM access is a shell beside the model and every request that it answers."""
    places = ("productionVariants", "shadowProductionVariants")
    return all_of(config[place].every(lambda one: one["enableSsmAccess"].is_false()) for place in places)


@rule(
    "sm-epc-async-kms",
    title="Results of asynchronous inference are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(ENDPOINT_CONFIG,),
    fix='async_inference_config={"output_config": {"kms_key_id": key.arn, ...}}',
)
def sm_epc_async_kms(config: Resource) -> Truth:
    """Answers wait in a bucket for whoever may read it."""
    output = config["asyncInferenceConfig.outputConfig"]
    return only_if(output["s3OutputPath"].present(), names_a_key(output["kmsKeyId"]))


@rule(
    "sm-endpoint-rollback",
    title="Updates of endpoints go back by themselves when alarms go off",
    severity=Severity.LOW,
    types=(ENDPOINT,),
    fix='deployment_config={"auto_rollback_configuration": {"alarms": [{"alarm_name": alarm.name}]}, ...}',
)
def sm_endpoint_rollback(endpoint: Resource) -> Truth:
    """Otherwise a bad model answers everybody until somebody notices."""
    return endpoint["deploymentConfig.autoRollbackConfiguration.alarms"].present()


@rule(
    "sm-feature-store-kms",
    title="Features are encrypted with a key of the organisation's own",
    severity=Severity.HIGH,
    types=(FEATURES,),
    fix='online_store_config={"security_config": {"kms_key_id": key.arn}, ...}, '
    'offline_store_config={"s3_storage_config": {"kms_key_id": key.arn, ...}}',
)
def sm_feature_store_kms(group: Resource) -> Truth:
    """Features are the data set again, by person and by day; a store's key cannot be changed later."""
    online, offline = group["onlineStoreConfig"], group["offlineStoreConfig"]
    return all_of(
        (
            only_if(online["enableOnlineStore"].is_true(), names_a_key(online["securityConfig.kmsKeyId"])),
            only_if(offline["s3StorageConfig.s3Uri"].present(), names_a_key(offline["s3StorageConfig.kmsKeyId"])),
        )
    )


@rule(
    "sm-registry-public",
    title="The model registry is not open to everybody",
    severity=Severity.CRITICAL,
    types=(GROUP_POLICY,),
    fix='"Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}',
    waivable=False,
)
def sm_registry_public(policy: Resource) -> Truth:
    """Anybody in any AWS account could take the models, or put one of theirs in their place."""
    return not_public(policy, "resourcePolicy")


@rule(
    "sm-registry-foreign-write",
    title="Other accounts can use registered models, not change them",
    severity=Severity.HIGH,
    types=(GROUP_POLICY,),
    fix='"Action": ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:CreateModel"]',
)
def sm_registry_foreign_write(policy: Resource) -> Truth:
    """Whoever can register or approve a model decides what is served; that belongs to the account that tests models."""
    own = own_accounts(policy)

    def changes(statement: Statement) -> Known:
        return all3(
            (statement.allows, to_strangers(statement, own), any3(statement.covers(action) for action in WRITES))
        )

    return resource_policy(policy, "resourcePolicy", lambda one: one.none(changes, "actions that only read"))


RULES: Final = (
    sm_model_isolation,
    sm_model_vpc,
    sm_model_image_ecr,
    sm_model_secret,
    sm_epc_kms,
    sm_epc_instances,
    sm_epc_capture,
    sm_epc_no_shell,
    sm_epc_async_kms,
    sm_endpoint_rollback,
    sm_feature_store_kms,
    sm_registry_public,
    sm_registry_foreign_write,
)
