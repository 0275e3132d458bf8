"""A cluster with two teams that train, in whichever profile: what tests look at."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

import mlinfra as ml
from mlinfra.components.pools.reference import CapacityKind, PoolReference, Provisioner, Taint
from mlinfra.components.training.arguments import PoolShare, TrainingClusterArgs, TrainingTeam
from mlinfra.components.training.stores import BucketStore, LustreStore, TrainingStore
from mlinfra.components.training.training_cluster import TrainingCluster

CLUSTER: dict[str, Any] = {
    "name": "platform",
    "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/platform",
    "version": "1.35",
    "account": {"id": "123456789012", "region": "eu-central-1"},
    "endpoint": "https://example.eks.amazonaws.com",
    "vpc_id": "vpc-0123456789abcdef0",
    "zones": ["eu-central-1a"],
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "security_group_id": "sg-0123456789abcdef0",
    "node_role_arn": "arn:aws:iam::123456789012:role/nodes",
    "volume_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/one",
}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/data"


def gpus(**other: Any) -> PoolReference:
    """Two nodes of eight H100s with EFA, and never more or less."""
    given = {
        "name": "h100",
        "provisioner": Provisioner.MANAGED,
        "capacity": CapacityKind.RESERVATION,
        "instance_types": ["p5.48xlarge"],
        "zones": ["eu-central-1a"],
        "min_nodes": 2,
        "max_nodes": 2,
        "taints": [Taint(key="nvidia.com/gpu", value="true")],
        "accelerator_vendor": "nvidia",
        "accelerator_model": "H100",
        "accelerators_per_node": 8,
        "resource": "nvidia.com/gpu",
        "efa_per_node": 32,
        "devices": {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 32},
    }
    return PoolReference(**(given | other))


def general(**other: Any) -> PoolReference:
    """Nodes without accelerators, as they are needed."""
    given = {
        "name": "general",
        "provisioner": Provisioner.KARPENTER,
        "capacity": CapacityKind.ON_DEMAND,
        "instance_types": ["m7i.4xlarge", "m7i.2xlarge"],
        "zones": ["eu-central-1a"],
        "max_nodes": 10,
    }
    return PoolReference(**(given | other))


def store(**place: Any) -> TrainingStore:
    return TrainingStore(classification=ml.Classification.CONFIDENTIAL, key_arn=KEY, **place)


def bucket(name: str, **other: Any) -> TrainingStore:
    return store(bucket=BucketStore(bucket_arn=f"arn:aws:s3:::{name}", **other))


def lustre() -> TrainingStore:
    source = "fs-0123456789abcdef0.fsx.eu-central-1.amazonaws.com@tcp:/abcdef"
    return store(lustre=LustreStore(file_system_id="fs-0123456789abcdef0", mount_source=source, size_gib=2400))


STORES = {
    "imagenet": bucket("datasets", prefix="imagenet/"),
    "tables": bucket("tables", mounted=False),
    "checkpoints": bucket("checkpoints", prefix="runs/"),
    "scratch": lustre(),
}
VISION: dict[str, Any] = {
    "members": {"data-scientist": ["vision-science"]},
    "shares": {"h100": PoolShare(accelerators=12, borrow=4, lend=8), "general": PoolShare(nodes=4)},
    "datasets": ["imagenet", "scratch"],
    "checkpoints": "checkpoints",
    "outputs": "checkpoints",
}
SPEECH: dict[str, Any] = {
    "namespace": "speech",
    "shares": {"h100": PoolShare(accelerators=4, borrow=0)},
    "datasets": ["tables"],
    "checkpoints": "checkpoints",
}


def arguments(**other: Any) -> dict[str, Any]:
    return {
        "cluster": CLUSTER,
        "boundary_arn": BOUNDARY,
        "pools": [gpus(), general()],
        "stores": STORES,
        "teams": {"vision": TrainingTeam(**VISION), "speech": TrainingTeam(**SPEECH)},
        "networks": ["10.0.0.0/16"],
    } | other


def program(**other: Any) -> TrainingCluster:
    """Declares the cluster's place to train, and what comes after a team's namespace."""
    ml.tag_everything({"owner": "ml", "cost-center": "ml", "environment": "dev"})
    provider = kubernetes.Provider("cluster", kubeconfig="{}")
    inside = pulumi.ResourceOptions(provider=provider)
    made = TrainingCluster("training", TrainingClusterArgs(**arguments(**other)), inside)
    later = made.reference.team("vision").namespace
    kubernetes.core.v1.ConfigMap("later", metadata={"name": "later", "namespace": later}, opts=inside)
    return made
