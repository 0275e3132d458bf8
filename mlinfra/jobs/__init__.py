"""Training jobs: what each replica runs, the manifests of a cluster, and a runner for this machine.

Pure: nothing here knows Pulumi. The components render the same models.
"""

from __future__ import annotations

from typing import Final

from mlinfra.jobs.errors import JobError
from mlinfra.jobs.model import Classification, Job, Replicas, Resources, Role, Store, Tracking
from mlinfra.jobs.pool import PoolTarget, Taint
from mlinfra.jobs.pytorch import Elastic, Layout, PyTorchJob, Strategy
from mlinfra.jobs.raytrain import RayTrainJob, WorkerGroup
from mlinfra.jobs.replicas import Launch, launch, replicas
from mlinfra.jobs.sites import Cluster, Loopback, Site
from mlinfra.jobs.spark import SparkJob
from mlinfra.jobs.tensorflow import TensorFlowJob

KINDS: Final[dict[str, type[Job]]] = {
    "PyTorchJob": PyTorchJob,
    "TensorFlowJob": TensorFlowJob,
    "SparkJob": SparkJob,
    "RayTrainJob": RayTrainJob,
}
"""The kinds of jobs by the name that a job file gives."""

__all__ = [
    "KINDS", "Classification", "Cluster", "Elastic", "Job", "JobError", "Launch", "Layout", "Loopback", "PoolTarget",
    "PyTorchJob", "RayTrainJob", "Replicas", "Resources", "Role", "Site", "SparkJob", "Store", "Strategy", "Taint",
    "TensorFlowJob", "Tracking", "WorkerGroup", "launch", "replicas",
]  # fmt: skip
