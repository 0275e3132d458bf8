"""The container of a job in AWS Batch, as RegisterJobDefinition takes it."""

from typing import Any, Final

from mlinfra.catalog.instances import InstanceType
from mlinfra.components.managed.sites import BatchNodes, start, variables
from mlinfra.jobs.fabric import interfaces
from mlinfra.jobs.pytorch import PyTorchJob
from mlinfra.jobs.quantities import amount, mebibytes

_TMP: Final = "/tmp"  # noqa: S108 (a volume of the job's own)


def container(job: PyTorchJob, args: Any, one_type: InstanceType | None) -> dict[str, Any]:
    """Its properties; `one_type` is the instance type of all nodes of a job over several.

    Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
    """
    batch, (role,) = args.batch, job.roles()
    command, env = start(job, BatchNodes())
    wanted = {"VCPU": str(max(1, int(amount(job.resources.cpu)))), "MEMORY": str(mebibytes(job.resources.memory))}
    if job.resources.gpus:
        wanted["GPU"] = str(job.resources.gpus)
    cards = interfaces(job, role)
    made: dict[str, Any] = {
        "image": job.image,
        "command": _in_directory(job.directory, command),
        "jobRoleArn": batch.teams[args.team].role_arn,
        "executionRoleArn": batch.execution_role_arn,
        "environment": variables(env),
        "resourceRequirements": [{"type": kind, "value": value} for kind, value in wanted.items()],
        "privileged": False,
        "readonlyRootFilesystem": True,
        "user": f"{job.user}:{job.user}",
        "volumes": [{"name": "tmp"}],
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": _TMP, "readOnly": False}],
        "linuxParameters": {
            "initProcessEnabled": True,
            "sharedMemorySize": mebibytes(job.shm),
            **({"devices": [_verbs(number) for number in range(cards)]} if cards else {}),
        },
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": batch.log_group_name,
                "awslogs-region": batch.region,
                "awslogs-stream-prefix": f"{args.team}/{job.name}",
            },
        },
    }
    if cards:  # EFA registers memory with the adapter, which must stay where it is
        made["ulimits"] = [{"name": "memlock", "softLimit": -1, "hardLimit": -1}]
    if one_type:
        made["instanceType"] = one_type.name
    return made


def _in_directory(directory: str, command: list[str]) -> list[str]:
    """The command in the image's directory, since Batch knows none."""
    shell = f'set -e; cd "$1"; shift; {command[2]}'
    return [*command[:2], shell, command[3], directory, *command[4:]]


def _verbs(number: int) -> dict[str, Any]:
    """An EFA device: https://docs.aws.amazon.com/batch/latest/userguide/efa.html."""
    path = f"/dev/infiniband/uverbs{number}"
    return {"hostPath": path, "containerPath": path, "permissions": ["READ", "WRITE", "MKNOD"]}
