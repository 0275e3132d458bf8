"""Spark jobs of a stack."""

from collections.abc import Mapping
from typing import Optional

import pulumi

from mlinfra import jobs
from mlinfra.components.jobs.arguments import JobArgs, JobReplicas, JobResources
from mlinfra.components.jobs.base import JobComponent


class SparkJobArgs(JobArgs):
    """Arguments of `SparkJob`."""

    spark_version: str
    """The version of Spark in the image, such as 4.0.1."""
    driver: JobResources
    """What the driver may use."""
    executors: JobReplicas
    """Executors, and what each may use."""
    main_class: str = ""
    """The class to run when the script is a jar. Default: the script is a Python program."""
    conf: Mapping[str, pulumi.Input[str]] = {}
    """Spark properties. What the job computes itself cannot be set."""

    def account(self) -> str:
        """The service account of Spark's drivers, who make their executors themselves."""
        return self.training.team(self.team).driver_account


class SparkJob(JobComponent[SparkJobArgs]):
    """A SparkApplication of the Spark operator, for MLlib and data preparation: a driver and a fixed number of executors.

    The queue reserves that number, so there is no dynamic allocation. An executor that is lost is replaced; a driver that
    fails starts again.

        features = ml.SparkJob("features", ml.SparkJobArgs(
            training=training.reference,
            team="vision",
            image=f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/spark@sha256:{'0' * 64}",
            script="features.py",
            spark_version="4.0.1",
            driver=ml.JobResources(cpu="2", memory="8Gi"),
            executors=ml.JobReplicas(count=8, resources=ml.JobResources(cpu="4", memory="32Gi")),
        ), opts=pulumi.ResourceOptions(provider=cluster.kubernetes))
    """

    _args_type = SparkJobArgs
    _job_type = jobs.SparkJob
    _operator = "spark-operator"

    def __init__(self, name: str, args: SparkJobArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__(name, args, opts)
