"""Rules about training jobs, whatever their framework: their image, how often they are tried, the memory they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.compliance.families import family
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import Truth, any_of, only_if
from mlinfra.policies.components import JOB_IMAGES
from mlinfra.policies.images import has_digest, is_pinned
from mlinfra.policies.kubernetes.pods import WORKLOADS, every_pod, every_program
from mlinfra.policies.training.kinds import (
    BATCH_JOB,
    DESCRIBED,
    JOB_SET,
    JOBS,
    LEGACY,
    RAY_JOB,
    RUNTIMES,
    SPARK,
    SUBMITTED,
    TRAIN_JOB,
    has_accelerators,
    is_training,
    of_runtime,
    queue,
)

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

MOST_RETRIES: Final = 20
"""A week's job on spot capacity is interrupted less often; what fails more often will not succeed."""
_RETRIES: Final = {
    BATCH_JOB: "spec.backoffLimit",
    RAY_JOB: "spec.backoffLimit",
    JOB_SET: "spec.failurePolicy.maxRestarts",
    **dict.fromkeys(RUNTIMES, "spec.template.spec.failurePolicy.maxRestarts"),
}
DEADLINES: Final = {
    BATCH_JOB: "spec.activeDeadlineSeconds",
    "kubernetes:batch/*:CronJob": "spec.jobTemplate.spec.activeDeadlineSeconds",
    "kubernetes:argoproj.io/*:Workflow": "spec.activeDeadlineSeconds",
    TRAIN_JOB: "spec.activeDeadlineSeconds",
    RAY_JOB: "spec.activeDeadlineSeconds",
    SPARK: "spec.driver.template.spec.activeDeadlineSeconds",
    **dict.fromkeys(LEGACY, "spec.runPolicy.activeDeadlineSeconds"),
}
"""Where kinds say how long they may take. Spark's operator knows no limit; executors go with the driver."""
_REPLICAS: Final = dict(
    zip(LEGACY, ("spec.pytorchReplicaSpecs", "spec.tfReplicaSpecs", "spec.mpiReplicaSpecs"), strict=True)
)


@rule(
    "train-image-digest",
    title="Training images are pinned by digest",
    severity=Severity.MEDIUM,
    types=DESCRIBED,
    fix='image=f"{repository.repository_url}@sha256:..."',
    arguments=JOB_IMAGES,
)
def train_image_digest(job: Resource) -> Truth:
    """A tag can be moved: replicas that start again on other nodes would run other code, and nobody could repeat the result.

    Images without any version are another rule's matter.
    """
    return only_if(
        is_training(job),
        every_program(job, lambda _, one: only_if(is_pinned(one["image"]), has_digest(one["image"]))),
    )


@rule(
    "cost-job-deadline",
    title="Jobs on accelerators, and those in queues, end by themselves",
    severity=Severity.LOW,
    types=(*DEADLINES, JOB_SET),
    fix="active_deadline_seconds=86400; for Spark spec.driver.template.spec.activeDeadlineSeconds, for a JobSet that of its jobs",
    arguments=dict.fromkeys(JOBS, "time_limit"),
)
def cost_job_deadline(job: Resource) -> Truth:
    """A job that hangs on eight GPUs is paid for until somebody sees it, and its team's quota is gone as long."""
    kind = family(job.type)
    asked = has_accelerators(job) | queue(job).present() if kind in SUBMITTED else has_accelerators(job)
    if kind == JOB_SET:
        return only_if(asked, job["spec.replicatedJobs"].any(_ends))
    own = job[DEADLINES[kind]].at_least(1)
    if kind == TRAIN_JOB:
        own |= of_runtime(job, lambda one: one["spec.template.spec.replicatedJobs"].any(_ends))
    return only_if(asked, own)


def _ends(replicated: Value) -> Truth:
    return replicated["template.spec.activeDeadlineSeconds"].at_least(1)


@rule(
    "train-retries",
    title="Training jobs give up",
    severity=Severity.MEDIUM,
    types=(*_RETRIES, *LEGACY, SPARK),
    fix=f"a limit of retries of at most {MOST_RETRIES}: failurePolicy.maxRestarts, backoffLimit, runPolicy.backoffLimit, "
    "restartPolicy.onFailureRetries",
    arguments=dict.fromkeys(JOBS, "retries"),
)
def train_retries(job: Resource) -> Truth:
    """A program that fails on its first line, tried again for ever, holds its GPUs for as long as somebody pays."""
    kind = family(job.type)
    if kind in _RETRIES:
        return only_if(is_training(job), job[_RETRIES[kind]].at_most(MOST_RETRIES))
    if kind == SPARK:
        return ~job["spec.restartPolicy.type"].is_("Always")
    replicas = job[_REPLICAS[kind]]
    again = any_of(role["restartPolicy"].is_("OnFailure", "Always", "ExitCode") for _, role in replicas.items())
    if replicas.is_unknown:
        again = replicas.says(None, "known replicas")
    return only_if(again, job["spec.runPolicy.backoffLimit"].at_most(MOST_RETRIES))


@rule(
    "k8s-shm-limit",
    title="Volumes in memory have a limit",
    severity=Severity.LOW,
    types=WORKLOADS,
    fix="empty_dir={'medium': 'Memory', 'size_limit': '64Gi'}",
    arguments=dict.fromkeys(JOBS, "shm"),
)
def k8s_shm_limit(workload: Resource) -> Truth:
    """What is written there is memory: without a limit one data loader takes all that its pod, or the node, has."""
    return every_pod(
        workload,
        lambda pod: pod["volumes"].every(
            lambda one: only_if(one["emptyDir.medium"].is_("Memory"), one["emptyDir.sizeLimit"].present())
        ),
    )


RULES: Final = (train_image_digest, cost_job_deadline, train_retries, k8s_shm_limit)
