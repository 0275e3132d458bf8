"""TensorFlow jobs: parameter servers with workers and a chief, or workers that mirror each other."""

from __future__ import annotations

import json
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from mlinfra.jobs.errors import Invalid
from mlinfra.jobs.model import Job, Replicas, Role
from mlinfra.jobs.replicas import Index, Launch
from mlinfra.jobs.sites import Site


class TensorFlowJob(Job):
    """Replicas that find each other through TF_CONFIG.

    With `ps` it is a job of ParameterServerStrategy: the chief coordinates, workers compute, parameter servers hold the
    variables. Without, it is a job of MultiWorkerMirroredStrategy: workers only, the first of which saves.
    """

    framework: ClassVar[str] = "TensorFlow"

    kind: Literal["TensorFlowJob"] = "TensorFlowJob"
    """TensorFlowJob."""
    workers: Replicas
    """Those that compute."""
    ps: Replicas | None = None
    """Parameter servers. Default: none, and the workers mirror each other."""
    chief: Replicas | None = None
    """The coordinator of a job with parameter servers, one replica."""
    evaluator: Replicas | None = None
    """One replica that evaluates checkpoints beside the training. Default: none."""

    @model_validator(mode="after")
    def _roles_fit(self) -> Self:
        if self.ps and self.chief is None:
            raise Invalid(
                "a job with parameter servers has a coordinator",
                fix="chief: {resources: {cpu: 2, memory: 8Gi}}",
                field="chief",
            )
        if self.chief and self.ps is None:
            raise Invalid(
                "without parameter servers the first worker is the chief",
                fix="leave chief out and have one worker more, or give ps",
                field="chief",
            )
        for name in ("chief", "evaluator"):
            one: Replicas | None = getattr(self, name)
            if one and one.count != 1:
                raise Invalid(f"there can be one {name}, not {one.count}", fix="count: 1", field=name)
        if self.evaluator and self.checkpoint is None:
            raise Invalid(
                "the evaluator reads checkpoints, and the job keeps none",
                fix="checkpoint: {claim: NAME} or {url: s3://…}",
                field="checkpoint",
            )
        return self

    def roles(self) -> tuple[Role, ...]:
        """Servers before those that need them. The chief decides, or all workers do."""
        found = [("ps", self.ps), ("worker", self.workers), ("chief", self.chief), ("evaluator", self.evaluator)]
        deciding = "chief" if self.chief else "worker"
        return tuple(Role(name, one.count, one.resources, decides=name == deciding) for name, one in found if one)

    def launch(self, role: str, index: Index, site: Site) -> Launch:
        """TF_CONFIG as tf.distribute.cluster_resolver.TFConfigClusterResolver reads it."""
        threads = str(site.threads(self.role(role), 1))
        env = {
            "TF_CONFIG": self.tf_config(role, index, site),
            "OMP_NUM_THREADS": threads,
            "TF_NUM_INTRAOP_THREADS": threads,
            # Threads that wait for other tasks: with fewer than one for each worker, and one, they wait for ever
            # (tutorials/distribute/parameter_server_training: inter_op_parallelism_threads).
            "TF_NUM_INTEROP_THREADS": str(max(int(threads), self.workers.count + 1)),
        }
        if self.ps:
            # A worker that is not there yet is waited for (guide/parameter server training: GRPC_FAIL_FAST).
            env["GRPC_FAIL_FAST"] = "use_caller"
        return Launch(("python", *self.program), env)

    def tf_config(self, role: str, index: Index, site: Site) -> str:
        """The cluster as all see it, and the task that a replica has in it. The evaluator is not of the cluster."""
        cluster = {
            one.name: [f"{site.host(one.name, i)}:{site.port(one.name, i, 'grpc')}" for i in range(one.count)]
            for one in self.roles()
            if one.name != "evaluator"
        }
        # Not by json.dumps: Kubernetes puts in the number, which must not stand in quotes.
        return f'{{"cluster": {json.dumps(cluster)}, "task": {{"type": "{role}", "index": {index}}}}}'
