"""TensorFlow jobs of a stack."""

from typing import Optional

import pulumi

from mlinfra import jobs
from mlinfra.components.jobs.arguments import JobArgs, JobReplicas
from mlinfra.components.jobs.base import JobComponent


class TensorFlowJobArgs(JobArgs):
    """Arguments of `TensorFlowJob`."""

    workers: JobReplicas
    """Those that compute."""
    ps: Optional[JobReplicas] = None
    """Parameter servers. Default: none, and the workers mirror each other."""
    chief: Optional[JobReplicas] = None
    """The coordinator of a job with parameter servers, one replica."""
    evaluator: Optional[JobReplicas] = None
    """One replica that evaluates checkpoints beside the training. Default: none."""


class TensorFlowJob(JobComponent[TensorFlowJobArgs]):
    """A JobSet whose replicas find each other through TF_CONFIG.

    With `ps` they are those of ParameterServerStrategy, and the job is done when its chief is; without, workers of
    MultiWorkerMirroredStrategy. It waits in the team's queue until there is room for all, and starts again from its
    checkpoint when one fails.

        ranking = ml.TensorFlowJob("ranking", ml.TensorFlowJobArgs(
            training=training.reference,
            team="vision",
            image=f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/rank@sha256:{'0' * 64}",
            script="train.py",
            chief=ml.JobReplicas(resources=ml.JobResources(cpu="2", memory="8Gi")),
            ps=ml.JobReplicas(count=2, resources=ml.JobResources(cpu="4", memory="32Gi")),
            workers=ml.JobReplicas(count=4, resources=ml.JobResources(cpu="8", memory="32Gi")),
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    _args_type = TensorFlowJobArgs
    _job_type = jobs.TensorFlowJob
    _operator = "jobset"

    def __init__(self, name: str, args: TensorFlowJobArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
