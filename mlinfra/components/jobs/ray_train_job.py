"""Ray jobs of a stack."""

from collections.abc import Mapping
from typing import Optional

import pulumi

from mlinfra import jobs
from mlinfra.components.args import Args
from mlinfra.components.jobs.arguments import JobArgs, JobResources
from mlinfra.components.jobs.base import JobComponent


class RayWorkers(Args):
    """Workers that are alike. Ray's autoscaler keeps their number between min and max."""

    resources: JobResources
    """What each worker may use."""
    min: int = 1
    """Workers that are there from the start. Default: 1."""
    max: Optional[int] = None
    """The most that the autoscaler may ask for. Default: min, so that nothing scales."""


class RayTrainJobArgs(JobArgs):
    """Arguments of `RayTrainJob`."""

    ray_version: str
    """The version of Ray in the image, such as 2.55.1."""
    head: JobResources
    """What the head may use. It runs the program and no training worker, unless it has accelerators."""
    workers: Mapping[str, RayWorkers]
    """Groups of workers by name."""


class RayTrainJob(JobComponent[RayTrainJobArgs]):
    """A RayJob of KubeRay: a Ray cluster that comes and goes with the job, whose program runs on its head.

    Workers grow and shrink between the limits of their group, within the team's queue. A lost worker comes back and Ray
    Train goes on from the checkpoint; clients need a token where Ray knows one.

        tune = ml.RayTrainJob("tune", ml.RayTrainJobArgs(
            training=training.reference,
            team="vision",
            image=f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/ray@sha256:{'0' * 64}",
            script="tune.py",
            ray_version="2.55.1",
            head=ml.JobResources(cpu="4", memory="16Gi"),
            workers={"cpu": ml.RayWorkers(min=2, max=8, resources=ml.JobResources(cpu="8", memory="32Gi"))},
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    _args_type = RayTrainJobArgs
    _job_type = jobs.RayTrainJob
    _operator = "kuberay-operator"

    def __init__(self, name: str, args: RayTrainJobArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
