"""Rules about pipelines and trackers: Step Functions, Airflow, MLflow and Argo Workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.families import family
from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, all_of, only_if
from mlinfra.policies.kubernetes.pods import WORKLOADS, every_container
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import no_secret, no_secret_variable

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

STATE_MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
AIRFLOW: Final = "aws:mwaa/environment:Environment"
RELEASE: Final = "kubernetes:helm.sh/*:Release"
_AIRFLOW_LOGS: Final = ("dagProcessingLogs", "schedulerLogs", "taskLogs", "webserverLogs", "workerLogs")


@rule(
    "sfn-logging",
    title="State machines write a log",
    severity=Severity.MEDIUM,
    types=(STATE_MACHINE,),
    fix='logging_configuration={"level": "ALL", "log_destination": group.arn.apply(lambda arn: f"{arn}:*")}',
)
def sfn_logging(machine: Resource) -> Truth:
    """Which data a training run read and who approved its model stands there; express executions keep no other history."""
    level = machine["loggingConfiguration.level"].is_("ALL", "ERROR", "FATAL")
    return level & machine["loggingConfiguration.logDestination"].present()


@rule(
    "sfn-no-payload",
    title="Logs of state machines do not repeat the data",
    severity=Severity.LOW,
    types=(STATE_MACHINE,),
    profiles=STRICT,
    fix='logging_configuration={"include_execution_data": False, ...}',
)
def sfn_no_payload(machine: Resource) -> Truth:
    """Inputs and outputs of steps are records of people, and more may read logs than data."""
    return machine["loggingConfiguration.includeExecutionData"].is_false()


@rule(
    "sfn-kms",
    title="State machines are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(STATE_MACHINE,),
    profiles=STRICT,
    fix='encryption_configuration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kms_key_id": key.arn}',
)
def sfn_kms(machine: Resource) -> Truth:
    """Inputs and outputs of every step are kept for ninety days."""
    return names_a_key(machine["encryptionConfiguration.kmsKeyId"])


@rule(
    "sfn-secret",
    title="Definitions of state machines hold no secrets",
    severity=Severity.HIGH,
    types=(STATE_MACHINE,),
    fix="read it in the task from Secrets Manager",
)
def sfn_secret(machine: Resource) -> Truth:
    """Whoever may describe the machine, or one execution of it, reads the definition."""
    return no_secret(machine["definition"])


@rule(
    "mwaa-private",
    title="Airflow's user interface is private",
    severity=Severity.HIGH,
    types=(AIRFLOW,),
    fix='webserver_access_mode="PRIVATE_ONLY"',
)
def mwaa_private(environment: Resource) -> Truth:
    """Who can start and change DAGs runs code with the environment's role; a public address invites to try."""
    return environment["webserverAccessMode"].is_("PRIVATE_ONLY")


@rule(
    "mwaa-kms",
    title="Airflow is encrypted with a key of the organisation's own",
    severity=Severity.MEDIUM,
    types=(AIRFLOW,),
    fix="kms_key=key.arn",
)
def mwaa_kms(environment: Resource) -> Truth:
    """Its database keeps connections and variables; the key cannot be changed later."""
    return names_a_key(environment["kmsKey"])


@rule(
    "mwaa-logs",
    title="Airflow writes all its logs",
    severity=Severity.MEDIUM,
    types=(AIRFLOW,),
    fix='logging_configuration={"task_logs": {"enabled": True, "log_level": "INFO"}, ...}',
)
def mwaa_logs(environment: Resource) -> Truth:
    """What a DAG did, and who started it, stands nowhere else."""
    return all_of(environment[f"loggingConfiguration.{one}.enabled"].is_true() for one in _AIRFLOW_LOGS)


@rule(
    "mwaa-secret",
    title="Airflow's options hold no secrets",
    severity=Severity.HIGH,
    types=(AIRFLOW,),
    fix='airflow_configuration_options={"secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"}',
)
def mwaa_secret(environment: Resource) -> Truth:
    """Whoever may describe the environment reads them."""
    options = environment["airflowConfigurationOptions"]
    if options.is_unknown:
        return options.says(None, "known options")
    return all_of(no_secret_variable(name, value) for name, value in options.items())


@rule(
    "mlflow-auth",
    title="MLflow asks who is there",
    severity=Severity.MEDIUM,
    types=(*WORKLOADS, RELEASE),
    fix='args=["server", "--app-name", "basic-auth", ...], or values={"auth": {"enabled": True}}',
)
def mlflow_auth(resource: Resource) -> Truth:
    """Without a login every user of the network deletes experiments and puts models in place of others."""
    if family(resource.type) == RELEASE:
        values = resource["values"]
        login = (
            values.key("auth").key("enabled").is_true() | values.key("tracking").key("auth").key("enabled").is_true()
        )
        return only_if(
            resource["chart"].matches(r"(.*/)?mlflow(-.*)?", "MLflow"),
            login | values.key("ldapAuth").key("enabled").is_true(),
        )

    def asks(words: Value) -> Truth:
        return words.where(lambda raw: not _mlflow_is_open(raw), "mlflow server --app-name basic-auth")

    return every_container(resource, lambda _, one: asks(one["args"]) & asks(one["command"]))


def _mlflow_is_open(raw: Any) -> bool:
    words = " ".join(map(str, raw)) if isinstance(raw, list) else str(raw or "")
    return "mlflow server" in words and "--app-name" not in words


@rule(
    "argo-auth-mode",
    title="Argo's server acts as whoever signs in",
    severity=Severity.HIGH,
    types=(*WORKLOADS, RELEASE),
    fix='values={"server": {"authModes": ["sso"]}}',
)
def argo_auth_mode(resource: Resource) -> Truth:
    """In the mode `server` everybody who reaches it starts workflows with the server's own permissions."""
    if family(resource.type) == RELEASE:
        chart = resource["chart"].matches(r"(.*/)?argo-workflows", "Argo Workflows")
        modes = resource["values"].key("server").key("authModes")
        return only_if(chart, modes.every(lambda one: ~one.is_("server")))
    return every_container(
        resource,
        lambda _, one: one["args"].every(lambda word: ~word.is_("--auth-mode=server")),
    )


RULES: Final = (
    sfn_logging,
    sfn_no_payload,
    sfn_kms,
    sfn_secret,
    mwaa_private,
    mwaa_kms,
    mwaa_logs,
    mwaa_secret,
    mlflow_auth,
    argo_auth_mode,
)
