"""Rules about AWS Batch: what its jobs may do, and on what they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, only_if
from mlinfra.policies.components import JOB_IMAGES
from mlinfra.policies.images import is_pinned
from mlinfra.policies.secret_texts import no_secret_variable
from mlinfra.policies.subnets import private_subnets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

JOB: Final = "aws:batch/jobDefinition:JobDefinition"
ENVIRONMENT: Final = "aws:batch/computeEnvironment:ComputeEnvironment"
QUEUE: Final = "aws:batch/jobQueue:JobQueue"


def containers(job: Resource) -> Iterator[Value]:
    """The containers of a job definition: its one, those of its nodes, those of its ECS task. An unknown one stands for itself.

    What is in their JSON is written as in the API (docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html).
    """
    for place, lists in (
        ("containerProperties", ()),
        ("nodeProperties", ("nodeRangeProperties", "container")),
        ("ecsProperties", ("taskProperties", "containers")),
    ):
        document = job[place].json()
        if document.raw is not None:
            yield from _inside(document, lists)


def _inside(value: Value, names: tuple[str, ...]) -> Iterator[Value]:
    if value.is_unknown or not names:
        yield value
        return
    inner = value.key(names[0])
    if inner.is_unknown:
        yield inner
    for item in inner.each():
        yield from _inside(item, names[1:])


def every_container(job: Resource, says: Callable[[Value], Truth]) -> Truth:
    """Whether something holds for every container; nothing is said of jobs without (those on EKS)."""
    found = [one.says(None, "a known container") if one.is_unknown else says(one) for one in containers(job)]
    return all_of(found) if found else NOT_APPLICABLE


@rule(
    "batch-no-privileged",
    title="Batch jobs are not privileged",
    severity=Severity.HIGH,
    types=(JOB,),
    fix='"privileged": false; for GPUs "resourceRequirements": [{"type": "GPU", "value": "1"}]',
)
def batch_no_privileged(job: Resource) -> Truth:
    """A privileged job is root on its instance, with the instance's role and every other job beside it."""
    return every_container(job, lambda one: ~one.key("privileged").is_true())


@rule(
    "batch-non-root",
    title="Batch jobs run as a user that is not root",
    severity=Severity.MEDIUM,
    types=(JOB,),
    profiles=STRICT,
    arguments={"mlinfra:batch_job:BatchPyTorchJob": "user"},
    fix='"user": "1000"',
)
def batch_non_root(job: Resource) -> Truth:
    """Most escapes from containers need root inside."""
    return every_container(
        job, lambda one: one.key("user").present() & ~one.key("user").matches(r"(0|root)(:.*)?", "root")
    )


@rule(
    "batch-env-secret",
    title="Batch jobs have no secrets in their variables",
    severity=Severity.HIGH,
    types=(JOB,),
    arguments={"mlinfra:batch_job:BatchPyTorchJob": "env"},
    fix='"secrets": [{"name": "HF_TOKEN", "valueFrom": secret_arn}]',
)
def batch_env_secret(job: Resource) -> Truth:
    """Whoever may describe the job definition reads its variables, in every revision."""

    def clean(variable: Value) -> Truth:
        name = variable.key("name").raw
        return no_secret_variable(name if isinstance(name, str) else "secret", variable.key("value"))

    return every_container(job, lambda one: one.key("environment").every(clean))


@rule(
    "batch-image-pinned",
    title="Images of Batch jobs have a version",
    severity=Severity.MEDIUM,
    types=(JOB,),
    arguments=JOB_IMAGES,
    fix='"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/train@sha256:..."',
)
def batch_image_pinned(job: Resource) -> Truth:
    """Under `latest` two runs of one experiment can run different code."""
    return every_container(job, lambda one: is_pinned(one.key("image")))


@rule(
    "batch-public-ip",
    title="Batch jobs on Fargate have no public address",
    severity=Severity.HIGH,
    types=(JOB,),
    fix='"networkConfiguration": {"assignPublicIp": "DISABLED"}',
)
def batch_public_ip(job: Resource) -> Truth:
    """The internet reaches the job past every load balancer, and the job the internet past every proxy."""
    return every_container(job, lambda one: ~one.key("networkConfiguration").key("assignPublicIp").is_("ENABLED"))


@rule(
    "batch-host-path",
    title="Batch jobs do not mount folders of their instance",
    severity=Severity.HIGH,
    types=(JOB,),
    fix='"volumes": [{"name": "data", "efsVolumeConfiguration": {...}}]',
)
def batch_host_path(job: Resource) -> Truth:
    """The instance's folders hold the container runtime's socket and other jobs' files."""

    def harmless(volume: Value) -> Truth:
        path = volume.key("host").key("sourcePath")
        return only_if(path.present(), path.where(_is_data, "a folder of data: /dev/shm, /mnt, /scratch, /fsx"))

    return every_container(job, lambda one: one.key("volumes").every(harmless))


def _is_data(raw: Any) -> bool:
    return isinstance(raw, str) and ".." not in raw and raw.startswith(("/dev/shm", "/mnt/", "/scratch", "/fsx"))  # noqa: S108


@rule(
    "batch-job-role",
    title="Batch jobs have a role of their own",
    severity=Severity.MEDIUM,
    types=(JOB,),
    arguments={"mlinfra:batch_job:BatchPyTorchJob": "team"},
    fix='"jobRoleArn": role.arn',
)
def batch_job_role(job: Resource) -> Truth:
    """Without one a job has what its instance has, and so every other team's data."""
    return every_container(job, lambda one: one.key("jobRoleArn").present())


@rule(
    "batch-readonly-rootfs",
    title="The file systems of Batch containers are read-only",
    severity=Severity.LOW,
    types=(JOB,),
    profiles=STRICT,
    fix='"readonlyRootFilesystem": true',
)
def batch_readonly_rootfs(job: Resource) -> Truth:
    """What breaks in cannot stay."""
    return every_container(job, lambda one: one.key("readonlyRootFilesystem").is_true())


@rule(
    "batch-timeout",
    title="Batch jobs end by themselves",
    severity=Severity.LOW,
    types=(JOB,),
    arguments={"mlinfra:batch_job:BatchPyTorchJob": "time_limit"},
    fix='timeout={"attempt_duration_seconds": 86400}',
)
def batch_timeout(job: Resource) -> Truth:
    """A job that hangs on eight GPUs is paid for until somebody sees it."""
    return job["timeout.attemptDurationSeconds"].at_least(60)


@rule(
    "batch-spot-retry",
    title="Batch jobs on Spot capacity are tried again",
    severity=Severity.LOW,
    types=(JOB,),
    arguments={"mlinfra:batch_job:BatchPyTorchJob": "retries"},
    fix='retry_strategy={"attempts": 3, "evaluate_on_exits": [{"on_status_reason": "Host EC2*", "action": "RETRY"}, '
    '{"on_reason": "*", "action": "EXIT"}]}',
)
def batch_spot_retry(job: Resource) -> Truth:
    """EC2 takes the instance back, and the job has failed: with one attempt somebody must start it again by hand.

    Asked where the stack has Spot capacity. Jobs over several nodes are left out, which Batch does not run on Spot
    (docs.aws.amazon.com/batch/latest/userguide/mnp-ce.html); elsewhere a failure of their main node is retried as any other.
    """
    spot = job.graph.of(ENVIRONMENT).any(lambda one: one["computeResources.type"].is_("SPOT", "FARGATE_SPOT"))
    return only_if(spot & ~job["nodeProperties"].present(), job["retryStrategy.attempts"].at_least(2))


@rule(
    "batch-queue-stuck",
    title="Queues give up on jobs that can never start",
    severity=Severity.LOW,
    types=(QUEUE,),
    fix='job_state_time_limit_actions=[{"state": "RUNNABLE", "reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", '
    '"max_time_seconds": 3600, "action": "CANCEL"}]',
)
def batch_queue_stuck(queue: Resource) -> Truth:
    """A job that asks for more GPUs than any instance has blocks everything behind it, in silence."""
    return queue["jobStateTimeLimitActions"].present()


@rule(
    "batch-private-subnets",
    title="Batch runs in private subnets",
    severity=Severity.MEDIUM,
    types=(ENVIRONMENT,),
    arguments={"mlinfra:batch_training:BatchTraining": "subnet_ids"},
    fix='compute_resources={"subnets": [subnet.id for subnet in private_subnets], ...}',
)
def batch_private_subnets(environment: Resource) -> Truth:
    """In a public subnet an instance has an address that the internet reaches."""
    return private_subnets(environment["computeResources.subnets"])


@rule(
    "batch-no-ssh-key",
    title="Instances of Batch have no SSH key",
    severity=Severity.MEDIUM,
    types=(ENVIRONMENT,),
    fix="leave ec2_key_pair out, and use Session Manager",
)
def batch_no_ssh_key(environment: Resource) -> Truth:
    """A shared key says of nobody who came in, and does not expire."""
    return ~environment["computeResources.ec2KeyPair"].present()


RULES: Final = (
    batch_no_privileged,
    batch_non_root,
    batch_env_secret,
    batch_image_pinned,
    batch_public_ip,
    batch_host_path,
    batch_job_role,
    batch_readonly_rootfs,
    batch_timeout,
    batch_spot_retry,
    batch_queue_stuck,
    batch_private_subnets,
    batch_no_ssh_key,
)
