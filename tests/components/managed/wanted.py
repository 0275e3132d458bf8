"""A network, keys and data, and places and jobs on them with as little said as can be."""

from __future__ import annotations

from typing import Any

import mlinfra as ml

ACCOUNT, REGION = "123456789012", "us-east-1"  # the planned account's
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/training"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/training@sha256:{'0' * 64}"
VPC, SUBNETS = "vpc-0123456789abcdef0", ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
AMI = "ami-0123456789abcdef0"
ODCR = {"reservation": {"reservation_id": "cr-0123456789abcdef0"}}
SPOT = {"capacity": {"spot": {}}, "instance_types": ["g6.xlarge", "g5.xlarge", "g6e.xlarge"]}


def account() -> ml.Account:
    return ml.Account(id=ACCOUNT, region=REGION)


def store(folder: str = "", classification: str = "internal") -> dict[str, Any]:
    return {
        "bucket_arn": "arn:aws:s3:::team-data",
        "key_arn": KEY,
        "classification": classification,
        "prefix": folder,
    }


def team(**more: Any) -> dict[str, Any]:
    kept = {"checkpoints": store("checkpoints/"), "outputs": store("models/")}
    return {"datasets": {"imagenet": store("imagenet/")}, **kept, **more}


def batch(**more: Any) -> ml.BatchTrainingArgs:
    return ml.BatchTrainingArgs(
        **{
            "account": account(),
            "boundary_arn": BOUNDARY,
            "vpc_id": VPC,
            "subnet_ids": SUBNETS[:1],
            "volume_key_arn": KEY,
            "logs_key_arn": KEY,
            "instance_types": ["p5.48xlarge"],
            "image_id": AMI,
            "max_nodes": 4,
            "pull_from": [REPOSITORY],
            "teams": {"vision": team(weight=2), "nlp": team()},
            **more,
        }
    )


def batch_reference(**more: Any) -> ml.BatchReference:
    return ml.BatchReference(
        **{
            "region": REGION,
            "instance_types": ["p5.48xlarge"],
            "max_nodes": 4,
            "capacity": "on-demand",
            "efa_per_node": 32,
            "log_group_name": "jobs",
            "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/execution",
            "teams": {"vision": {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/vision", **team()}},
            **more,
        }
    )


def batch_job(**more: Any) -> ml.BatchPyTorchJobArgs:
    own: dict[str, Any] = {"batch": batch_reference(), "team": "vision", "image": IMAGE, "script": "train.py"}
    return ml.BatchPyTorchJobArgs(**{**own, **more})


def spark(**more: Any) -> ml.SparkServerlessArgs:
    return ml.SparkServerlessArgs(
        **{
            "account": account(),
            "boundary_arn": BOUNDARY,
            "vpc_id": VPC,
            "subnet_ids": SUBNETS,
            "logs_key_arn": KEY,
            "release": "emr-7.9.0",
            "max_vcpus": 200,
            "teams": {"fraud": {"datasets": {"payments": store("payments/")}, "outputs": [store("features/")]}},
            **more,
        }
    )


def sagemaker(**more: Any) -> ml.SageMakerTrainingArgs:
    return ml.SageMakerTrainingArgs(
        **{
            "account": account(),
            "boundary_arn": BOUNDARY,
            "vpc_id": VPC,
            "subnet_ids": SUBNETS,
            "key_arn": KEY,
            "instance_type": "ml.p5.48xlarge",
            "image": IMAGE,
            "pull_from": [REPOSITORY],
            "script": "train.py",
            "output": store("models/"),
            **more,
        }
    )
