"""The cluster whose pools are tested, and pools by few words."""

from __future__ import annotations

from typing import Any

import mlinfra as ml

ACCOUNT, REGION = "123456789012", "us-east-1"
ZONES = ["us-east-1a", "us-east-1b"]
BLOCK = {"reservation_id": "cr-0123456789abcdef0", "start": "2027-01-11T11:30:00Z", "end": "2027-01-25T11:30:00Z"}
ODCR = {"reservation_id": "cr-0123456789abcdef0"}
GROUP = {"group_arn": f"arn:aws:resource-groups:{REGION}:{ACCOUNT}:group/gpus"}
SPOT = {"spot": {}}


def cluster(**changes: Any) -> ml.ClusterReference:
    """A cluster that stands elsewhere, with nodes in two zones."""
    said: dict[str, Any] = {
        "name": "main",
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/main",
        "version": "1.35",
        "account": ml.Account(id=ACCOUNT, region=REGION),
        "endpoint": "https://main.example.com",
        "vpc_id": "vpc-0123456789abcdef0",
        "zones": ZONES,
        "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "security_group_id": "sg-0123456789abcdef0",
        "node_role_arn": f"arn:aws:iam::{ACCOUNT}:role/nodes",
        "instance_profile_name": "nodes",
        "volume_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    return ml.ClusterReference(**{**said, **changes})


def gpus(*types: str, cluster_is: dict[str, Any] | None = None, **arguments: Any) -> ml.GpuNodePoolArgs:
    """A GPU pool: of g6.xlarge, of two nodes, unless something else is said."""
    size = {} if {"nodes", "max_nodes"} & set(arguments) else {"nodes": 2}
    return ml.GpuNodePoolArgs(
        cluster=cluster(**(cluster_is or {})), instance_types=types or ("g6.xlarge",), **size, **arguments
    )


def cpus(*types: str, cluster_is: dict[str, Any] | None = None, **arguments: Any) -> ml.NodePoolArgs:
    """A pool without accelerators."""
    size = {} if {"nodes", "max_nodes"} & set(arguments) else {"nodes": 2}
    return ml.NodePoolArgs(
        cluster=cluster(**(cluster_is or {})), instance_types=types or ("m7i.xlarge",), **size, **arguments
    )
