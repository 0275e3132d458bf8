"""Rules about training jobs and hyperparameter tuning in SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.instances import instance_type
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.compliance.values import Value
from mlinfra.policies.components import JOB_IMAGES
from mlinfra.policies.images import is_private
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import no_secret_variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource

JOB: Final = "aws:sagemaker/trainingJob:TrainingJob"
TUNING: Final = "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob"
JOBS: Final = (JOB, TUNING)
_LONGEST_RUN: Final = 28 * 24 * 3600  # seconds: what AWS allows at most


def _every_definition(resource: Resource, says: Callable[[Value], Truth]) -> Truth:
    """Whether something holds for the job, or for every job that a tuning starts."""
    if resource.type == JOB:
        return says(Value(resource, "", resource.node.inputs))
    one, many = resource["trainingJobDefinition"], resource["trainingJobDefinitions"]
    return all_of(place.every(says) for place in (one, many) if place.raw is not None)


@rule(
    "sm-train-isolation",
    title="Training containers have no network",
    severity=Severity.MEDIUM,
    types=JOBS,
    profiles=STRICT,
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "isolated"},
    fix="enable_network_isolation=True",
)
def sm_train_isolation(job: Resource) -> Truth:
    """Code from a package index runs beside the data; with isolation it can send neither data nor credentials anywhere."""
    return _every_definition(job, lambda one: one["enableNetworkIsolation"].is_true())


@rule(
    "sm-train-vpc",
    title="Training jobs run in a VPC",
    severity=Severity.MEDIUM,
    types=JOBS,
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "subnet_ids"},
    fix='vpc_config={"subnets": [...], "security_group_ids": [...]}',
)
def sm_train_vpc(job: Resource) -> Truth:
    """Outside a VPC the job reads its data through the internet side of S3, and no endpoint policy applies."""
    return _every_definition(job, lambda one: one["vpcConfig.subnets"].present())


@rule(
    "sm-train-intercontainer",
    title="Traffic between training containers is encrypted",
    severity=Severity.MEDIUM,
    types=JOBS,
    profiles=STRICT,
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "encrypted_between_nodes"},
    fix="enable_inter_container_traffic_encryption=True",
)
def sm_train_intercontainer(job: Resource) -> Truth:
    """Gradients and shuffled records go between nodes in clear text. It costs time: a waiver may say that it is too much."""

    def said(one: Value) -> Truth:
        groups = one["resourceConfig.instanceGroups"]
        several = one["resourceConfig.instanceCount"].at_least(2) | groups.any(
            lambda group: group["instanceCount"].at_least(2)
        )
        return only_if(several, one["enableInterContainerTrafficEncryption"].is_true())

    return _every_definition(job, said)


@rule(
    "sm-train-kms",
    title="Volumes and results of training are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=JOBS,
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "key_arn"},
    fix='resource_config={"volume_kms_key_id": key.arn, ...}, output_data_config={"kms_key_id": key.arn, ...}',
)
def sm_train_kms(job: Resource) -> Truth:
    """The volume holds the data set, the result is the model: both are worth as much as the data itself.

    Instances with disks of their own encrypt them by themselves, and take no key for a volume.
    """

    def volume(one: Value) -> Truth:
        key, kind = one["resourceConfig.volumeKmsKeyId"], one["resourceConfig.instanceType"]
        return names_a_key(key) | kind.where(_has_disks, "an instance type with disks of its own")

    return _every_definition(job, lambda one: volume(one) & names_a_key(one["outputDataConfig.kmsKeyId"]))


def _has_disks(kind: Any) -> bool:
    found = instance_type(kind.removeprefix("ml.")) if isinstance(kind, str) else None
    return found is not None and found.disks > 0


@rule(
    "sm-train-max-runtime",
    title="Training jobs end by themselves",
    severity=Severity.LOW,
    types=JOBS,
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "time_limit"},
    fix='stopping_condition={"max_runtime_in_seconds": 86400}',
)
def sm_train_max_runtime(job: Resource) -> Truth:
    """A job that hangs on eight GPUs is paid for until somebody sees it."""
    return _every_definition(
        job,
        lambda one: (
            one["stoppingCondition.maxRuntimeInSeconds"].present()
            & one["stoppingCondition.maxRuntimeInSeconds"].at_most(_LONGEST_RUN)
        ),
    )


@rule(
    "sm-train-spot-checkpoint",
    title="Training on spot capacity writes checkpoints",
    severity=Severity.LOW,
    types=JOBS,
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "checkpoint"},
    fix='checkpoint_config={"s3_uri": "s3://checkpoints/run-1"}',
)
def sm_train_spot_checkpoint(job: Resource) -> Truth:
    """An interrupted job without checkpoints starts again from nothing, and costs more than on demand."""
    return _every_definition(
        job, lambda one: only_if(one["enableManagedSpotTraining"].is_true(), one["checkpointConfig.s3Uri"].present())
    )


@rule(
    "sm-train-no-remote-debug",
    title="Nobody opens a shell in a training container",
    severity=Severity.MEDIUM,
    types=(JOB,),
    profiles=STRICT,
    fix='remote_debug_config={"enable_remote_debug": False}',
)
def sm_train_no_remote_debug(job: Resource) -> Truth:
    """Remote debugging is a shell with the job's role beside the data."""
    return job["remoteDebugConfig.enableRemoteDebug"].is_false()


@rule(
    "sm-train-image-ecr",
    title="Training images come from a private registry",
    severity=Severity.MEDIUM,
    types=JOBS,
    arguments=JOB_IMAGES,
    fix='algorithm_specification={"training_image": f"{repository.repository_url}@sha256:...", ...}',
)
def sm_train_image_ecr(job: Resource) -> Truth:
    """What is pulled from elsewhere can change or vanish, and nobody has scanned it."""

    def said(one: Value) -> Truth:
        image = one["algorithmSpecification.trainingImage"]
        return only_if(image.present(), is_private(image))

    return _every_definition(job, said)


@rule(
    "sm-train-secret",
    title="Training jobs have no secrets in variables and hyperparameters",
    severity=Severity.HIGH,
    types=(JOB,),
    arguments={"mlinfra:sagemaker_training:SageMakerTraining": "env"},
    fix="read it in the training script from Secrets Manager",
)
def sm_train_secret(job: Resource) -> Truth:
    """Whoever may describe the job reads them, and experiment trackers copy them."""

    def clean(place: str) -> Truth:
        values = job[place]
        if values.is_unknown:
            return values.says(None, "known variables")
        return all_of(no_secret_variable(name, value) for name, value in values.items())

    return clean("environment") & clean("hyperParameters")


RULES: Final = (
    sm_train_isolation,
    sm_train_vpc,
    sm_train_intercontainer,
    sm_train_kms,
    sm_train_max_runtime,
    sm_train_spot_checkpoint,
    sm_train_no_remote_debug,
    sm_train_image_ecr,
    sm_train_secret,
)
