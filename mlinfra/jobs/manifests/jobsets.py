"""What TrainingRuntimes and JobSets share: Jobs of indexed pods, and what happens when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.jobs.manifests import pod

if TYPE_CHECKING:
    from mlinfra.jobs.model import Job, Role


def failure_policy(job: Job) -> dict[str, Any]:
    """Start all again when something fails, as often as the job's retries say; not when time is up, nor after a fatal exit code."""
    rules = [{"name": "outOfTime", "action": "FailJobSet", "onJobFailureReasons": ["DeadlineExceeded"]}]
    if job.fatal_exit_codes:
        # A Job fails for this reason only by its own podFailurePolicy, below.
        rules.append({"name": "fatalExitCode", "action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]})
    return {"maxRestarts": job.retries, "restartStrategy": "BlockingRecreate", "rules": rules}


def replicated_job(
    job: Job, role: Role, container: dict[str, Any], labels: dict[str, str] | None = None
) -> dict[str, Any]:
    """One Job whose pods are the replicas of a role."""
    spec: dict[str, Any] = {
        "completionMode": "Indexed",
        "parallelism": role.count,
        "completions": role.count,
        # Pods of an elastic job come back one by one; all others start again together, by the failure policy.
        "backoffLimit": role.alone,
        "activeDeadlineSeconds": job.time_limit,
        "template": pod.template(job, pod.spec(job, [container])),
    }
    if job.fatal_exit_codes:
        codes = {"containerName": container["name"], "operator": "In", "values": sorted(job.fatal_exit_codes)}
        spec["podFailurePolicy"] = {"rules": [{"action": "FailJob", "onExitCodes": codes}]}
    template: dict[str, Any] = {"spec": spec}
    if labels:
        template = {"metadata": {"labels": labels}, **template}
    return {"name": role.name, "replicas": 1, "template": template}
