"""Rules about how models come to be served: monitoring, labelling, approval and model cards in SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.shared import production

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

DATA_QUALITY: Final = "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition"
SCHEDULE: Final = "aws:sagemaker/monitoringSchedule:MonitoringSchedule"
MONITORS: Final = (DATA_QUALITY, SCHEDULE)
TRACKERS: Final = ("aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer", "aws:sagemaker/mlflowApp:MlflowApp")
GROUP: Final = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"


def _network(resource: Resource) -> Value:
    job = "monitoringScheduleConfig.monitoringJobDefinition"
    return resource[f"{job}.networkConfig" if resource.type == SCHEDULE else "networkConfig"]


def _has_job(resource: Resource) -> Truth:
    """Whether it says itself how to run: schedules may name a definition."""
    if resource.type != SCHEDULE:
        return resource.says(True, "a job of its own")
    return ~resource["monitoringScheduleConfig.monitoringJobDefinitionName"].present()


@rule(
    "sm-monitor-isolation",
    title="Monitoring jobs have no network",
    severity=Severity.MEDIUM,
    types=MONITORS,
    profiles=STRICT,
    fix='network_config={"enable_network_isolation": True, ...}',
)
def sm_monitor_isolation(monitor: Resource) -> Truth:
    """They read every captured request and answer, and need to send them nowhere."""
    return only_if(_has_job(monitor), _network(monitor)["enableNetworkIsolation"].is_true())


@rule(
    "sm-monitor-intercontainer",
    title="Traffic between containers of a monitoring job is encrypted",
    severity=Severity.MEDIUM,
    types=MONITORS,
    profiles=STRICT,
    fix='network_config={"enable_inter_container_traffic_encryption": True, ...}',
)
def sm_monitor_intercontainer(monitor: Resource) -> Truth:
    """Captured requests go between the job's nodes."""
    return only_if(_has_job(monitor), _network(monitor)["enableInterContainerTrafficEncryption"].is_true())


@rule(
    "sm-monitor-kms",
    title="Monitoring jobs encrypt volume and report with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(DATA_QUALITY,),
    fix='job_resources={"cluster_config": {"volume_kms_key_id": key.arn, ...}}, '
    'data_quality_job_output_config={"kms_key_id": key.arn, ...}',
)
def sm_monitor_kms(monitor: Resource) -> Truth:
    """Statistics of captured requests say a lot about single people where groups are small."""
    return names_a_key(monitor["jobResources.clusterConfig.volumeKmsKeyId"]) & names_a_key(
        monitor["dataQualityJobOutputConfig.kmsKeyId"]
    )


@rule(
    "sm-labeling-kms",
    title="Labels are encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=("aws:sagemaker/labelingJob:LabelingJob",),
    fix='output_config={"kms_key_id": key.arn, ...}',
)
def sm_labeling_kms(job: Resource) -> Truth:
    """What people say about pictures and texts of other people is personal data too."""
    return names_a_key(job["outputConfig.kmsKeyId"])


@rule(
    "sm-registry-approval",
    title="No pipeline approves its own models",
    severity=Severity.MEDIUM,
    types=("aws:sagemaker/pipeline:Pipeline",),
    fix='"ModelApprovalStatus": "PendingManualApproval"',
)
def sm_registry_approval(pipeline: Resource) -> Truth:
    """Human oversight needs a moment in which somebody can say no: registered as approved, a model is deployed at once."""
    return pipeline["pipelineDefinition"].json().where(lambda raw: not _approves(raw), "models that wait for approval")


def _approves(raw: Any) -> bool:
    """Whether a definition registers a model as approved, in whatever branch."""
    if isinstance(raw, Mapping):
        return raw.get("ModelApprovalStatus") == "Approved" or any(map(_approves, raw.values()))
    return isinstance(raw, list) and any(map(_approves, raw))


@rule(
    "sm-mlflow-registration",
    title="Experiments do not enter the model registry by themselves",
    severity=Severity.LOW,
    types=TRACKERS,
    profiles=STRICT,
    fix="automatic_model_registration=False, and register what a review has accepted",
)
def sm_mlflow_registration(tracker: Resource) -> Truth:
    """The registry is the list of models that may be served; with automatic registration any run of anybody is on it."""
    if tracker.type == TRACKERS[0]:
        return tracker["automaticModelRegistration"].is_false()
    return ~tracker["modelRegistrationMode"].is_("AutoModelRegistrationEnabled")


@rule(
    "sm-model-card",
    title="Models in production have a model card",
    severity=Severity.LOW,
    types=(GROUP,),
    profiles=STRICT,
    fix="aws.sagemaker.ModelCard(name, model_card_name=..., model_card_status=..., content=...)",
)
def sm_model_card(group: Resource) -> Truth:
    """Intended use, training data, limits and evaluation are what a regulator, and the next engineer, asks for first."""
    return only_if(production(group), group.graph.of("aws:sagemaker/modelCard:ModelCard").exist())


@rule(
    "sm-model-card-kms",
    title="Model cards are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=("aws:sagemaker/modelCard:ModelCard",),
    profiles=STRICT,
    fix='security_config={"kms_key_id": key.arn}',
)
def sm_model_card_kms(card: Resource) -> Truth:
    """Cards name data sources, weaknesses and risk ratings."""
    return names_a_key(card["securityConfig.kmsKeyId"])


RULES: Final = (
    sm_monitor_isolation,
    sm_monitor_intercontainer,
    sm_monitor_kms,
    sm_labeling_kms,
    sm_registry_approval,
    sm_mlflow_registration,
    sm_model_card,
    sm_model_card_kms,
)
