"""Rules about ECS and CodeBuild."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import only_if
from mlinfra.policies.references import names_a_key
from mlinfra.policies.secret_texts import is_secret_value

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE: Final = "aws:ecs/service:Service"
PROJECT: Final = "aws:codebuild/project:Project"


def _no_secret(name: Value, value: Value) -> Truth:
    return value.where(
        lambda raw: not is_secret_value(str(name.raw) if not name.is_unknown else "", raw),
        "no secret: a reference to one",
    ) & name.where(lambda _: True, "a name that is known")


@rule(
    "ecs-env-secret",
    title="No secret in the environment of containers",
    severity=Severity.HIGH,
    types=(TASK,),
    fix='"secrets": [{"name": "DB_PASSWORD", "valueFrom": secret.arn}] in the definition of the container',
)
def ecs_env_secret(task: Resource) -> Truth:
    """Whoever may describe the task definition reads it, in every revision that there ever was."""

    def clean(container: Value) -> Truth:
        return container.key("environment").every(lambda one: _no_secret(one.key("name"), one.key("value")))

    return task["containerDefinitions"].json().every(clean)


@rule(
    "ecs-no-privileged",
    title="Containers of ECS are not privileged",
    severity=Severity.HIGH,
    types=(TASK,),
    fix='no "privileged" in the definition of the container; network_mode="awsvpc", no pid_mode',
)
def ecs_no_privileged(task: Resource) -> Truth:
    """A privileged container, or one in the node's namespaces, is as powerful as the node, and reads its credentials."""
    privileged = task["containerDefinitions"].json().any(lambda one: one.key("privileged").is_true())
    shared = task["networkMode"].is_("host") | task["pidMode"].is_("host") | task["ipcMode"].is_("host")
    return ~privileged & ~shared


@rule(
    "ecs-no-public-ip",
    title="Tasks of ECS have no public address",
    severity=Severity.HIGH,
    types=(SERVICE,),
    fix='network_configuration={"assign_public_ip": False, "subnets": network.private_subnet_ids}',
)
def ecs_no_public_ip(service: Resource) -> Truth:
    """A model server belongs behind a load balancer."""
    return ~service["networkConfiguration.assignPublicIp"].is_true()


@rule(
    "ecs-logs",
    title="Containers of ECS write logs",
    severity=Severity.LOW,
    types=(TASK,),
    fix='"logConfiguration": {"logDriver": "awslogs", "options": …} in the definition of the container',
)
def ecs_logs(task: Resource) -> Truth:
    """What a container said goes with it otherwise."""
    return task["containerDefinitions"].json().every(lambda one: one.key("logConfiguration").key("logDriver").present())


@rule(
    "ecs-efs-tls",
    title="Tasks of ECS mount file systems over TLS",
    severity=Severity.MEDIUM,
    types=(TASK,),
    fix='efs_volume_configuration={"transit_encryption": "ENABLED", "authorization_config": {"iam": "ENABLED", …}}',
)
def ecs_efs_tls(task: Resource) -> Truth:
    """NFS sends files in clear text unless it is told otherwise."""
    return task["volumes"].every(
        lambda one: only_if(
            one["efsVolumeConfiguration"].present(), one["efsVolumeConfiguration.transitEncryption"].is_("ENABLED")
        )
    )


@rule(
    "codebuild-env-secret",
    title="No secret in the environment of builds",
    severity=Severity.HIGH,
    types=(PROJECT,),
    fix='environment_variables=[{"name": "TOKEN", "type": "SECRETS_MANAGER", "value": secret.arn}]',
)
def codebuild_env_secret(project: Resource) -> Truth:
    """Every build prints its environment when somebody asks it to."""
    return project["environment.environmentVariables"].every(
        lambda one: only_if(one["type"].is_("PLAINTEXT"), _no_secret(one["name"], one["value"]))
    )


@rule(
    "codebuild-kms",
    title="Artifacts of builds are encrypted with a key of the organisation's own",
    severity=Severity.LOW,
    types=(PROJECT,),
    fix="encryption_key=key.arn",
    profiles=STRICT,
)
def codebuild_kms(project: Resource) -> Truth:
    """Images and packages that run in production begin there."""
    return names_a_key(project["encryptionKey"]) & ~project["artifacts.encryptionDisabled"].is_true()


@rule(
    "codebuild-logs",
    title="Builds write logs",
    severity=Severity.MEDIUM,
    types=(PROJECT,),
    fix='logs_config={"cloudwatch_logs": {"status": "ENABLED", "group_name": group.name}}',
)
def codebuild_logs(project: Resource) -> Truth:
    """What went into an image, and who built it, is known from them."""
    logs = project["logsConfig"]
    return logs["cloudwatchLogs.status"].is_("ENABLED") | logs["s3Logs.status"].is_("ENABLED")


@rule(
    "codebuild-private",
    title="Builds are not shown to everybody",
    severity=Severity.HIGH,
    types=(PROJECT,),
    fix='project_visibility="PRIVATE"',
)
def codebuild_private(project: Resource) -> Truth:
    """A public project shows logs and artifacts of every build on the internet."""
    return project["projectVisibility"].is_("PRIVATE")


RULES: Final = (
    *(ecs_env_secret, ecs_no_privileged, ecs_no_public_ip, ecs_logs, ecs_efs_tls, codebuild_env_secret),
    *(codebuild_kms, codebuild_logs, codebuild_private),
)
