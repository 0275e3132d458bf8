"""Jobs that the tests share."""

from __future__ import annotations

from typing import Any

from mlinfra.jobs import PyTorchJob, RayTrainJob, SparkJob, TensorFlowJob

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/train@sha256:" + "0" * 64
SMALL = {"cpu": 1, "memory": "2Gi"}
GPUS = {"cpu": 96, "memory": "1000Gi", "gpus": 8}
P5 = {
    "name": "h100",
    "instance_types": ["p5.48xlarge"],
    "accelerators_per_node": 8,
    "efa_per_node": 32,
    "taints": [{"key": "nvidia.com/gpu"}],
}


def pytorch(**fields: Any) -> PyTorchJob:
    return PyTorchJob(
        **{"name": "train", "namespace": "vision", "image": IMAGE, "script": "train.py", "resources": SMALL, **fields}
    )


def tensorflow(**fields: Any) -> TensorFlowJob:
    roles = {
        "chief": {"resources": SMALL},
        "ps": {"count": 2, "resources": SMALL},
        "workers": {"count": 2, "resources": SMALL},
    }
    return TensorFlowJob(
        **{"name": "train", "namespace": "vision", "image": IMAGE, "script": "train.py", **roles, **fields}
    )


def spark(**fields: Any) -> SparkJob:
    roles = {"driver": SMALL, "executors": {"count": 2, "resources": {"cpu": 2, "memory": "4Gi"}}}
    return SparkJob(
        **{
            "name": "train",
            "namespace": "vision",
            "image": IMAGE,
            "script": "train.py",
            "spark_version": "4.0.1",
            "service_account": "spark",
            **roles,
            **fields,
        }
    )


def ray(**fields: Any) -> RayTrainJob:
    groups = {"cpu": {"min": 2, "resources": SMALL}}
    return RayTrainJob(
        **{
            "name": "train",
            "namespace": "vision",
            "image": IMAGE,
            "script": "train.py",
            "ray_version": "2.55.1",
            "head": SMALL,
            "workers": groups,
            **fields,
        }
    )
