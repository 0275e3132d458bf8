"""What replica i of a job runs: its command and environment. The manifests and the local runner both ask here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.jobs.errors import JobError
from mlinfra.jobs.fabric import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.jobs.model import Job
    from mlinfra.jobs.sites import Site

Index = int | str
"""A replica's number within its role; in manifests, which know it only when the pod runs, `OWN_INDEX`."""
INDEX_VARIABLE: Final = "REPLICA_INDEX"
OWN_INDEX: Final = f"$({INDEX_VARIABLE})"
"""What Kubernetes replaces by a pod's own number, given a variable of that name that stands before."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a replica is started."""

    command: tuple[str, ...]
    env: dict[str, str]


def launch(job: Job, role: str, index: Index, site: Site) -> Launch:
    """The command and the environment of replica `index` of a role, at a site.

    The job's own `env` may not set what the framework or the platform sets: that is a JobError.
    """
    own = job.launch(role, index, site)
    computed = {**_common(job, role, index, site), **own.env}
    if clash := sorted(set(job.env) & set(computed)):
        names = ", ".join(clash)
        problem = (f"env sets {names}, computed for every replica", f"take {names} out of env")
        raise JobError(f"{type(job).__name__} {job.name}", [problem])
    return Launch(own.command, {**job.env, **computed})


def replicas(job: Job) -> Iterator[tuple[str, int]]:
    """Role and number of every replica."""
    for role in job.roles():
        for index in range(role.count):
            yield role.name, index


def _common(job: Job, role: str, index: Index, site: Site) -> dict[str, str]:
    env = {"JOB_NAME": job.name, "REPLICA_ROLE": role, INDEX_VARIABLE: str(index)}
    env |= {f"DATA_{name.upper().replace('-', '_')}": site.path(f"data/{name}", one) for name, one in job.data.items()}
    if job.checkpoint:
        env["CHECKPOINT_DIR"] = site.path("checkpoint", job.checkpoint)
    if job.output:
        env["OUTPUT_DIR"] = site.path("output", job.output)
    if job.tracking:
        env["MLFLOW_TRACKING_URI"] = site.tracking(job.tracking.url)
        env["MLFLOW_EXPERIMENT_NAME"] = job.tracking.experiment
    return env | environment(job, job.role(role))
