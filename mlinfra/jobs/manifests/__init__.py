"""A job as the objects of its framework's operator, which `kubectl` users recognise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlinfra.jobs.manifests import jobset, rayjob, sparkapplication, trainjob
from mlinfra.jobs.pytorch import PyTorchJob
from mlinfra.jobs.raytrain import RayTrainJob
from mlinfra.jobs.spark import SparkJob
from mlinfra.jobs.tensorflow import TensorFlowJob

if TYPE_CHECKING:
    from mlinfra.jobs.model import Job


def manifests(job: Job) -> list[dict[str, Any]]:
    """The Kubernetes objects of a job, in the order in which they are applied.

    Raises TypeError for a job of a class that is none of `mlinfra.jobs.KINDS`.
    """
    match job:
        case PyTorchJob():
            return trainjob.render(job)
        case TensorFlowJob():
            return jobset.render(job)
        case SparkJob():
            return sparkapplication.render(job)
        case RayTrainJob():
            return rayjob.render(job)
    raise TypeError(f"{type(job).__name__} has no manifests")
