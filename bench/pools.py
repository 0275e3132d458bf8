"""A stack of many node pools: what a pool costs in a plan of three hundred, and in one of thirty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.planning import plan
from bench.timing import compare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.timing import Cost, Ratio

FEW, MANY = 30, 300
GOAL = 1.2
"""How much more a pool may cost among many: linear is 1."""
PROGRAM = """\
import pulumi
import pulumi_kubernetes as kubernetes

import mlinfra as ml

KUBECONFIG = '{{"apiVersion": "v1", "clusters": [{{"name": "bench", "cluster": {{"server": "https://bench"}}}}]}}'
cluster = ml.ClusterReference(
    name="bench",
    arn="arn:aws:eks:us-east-1:123456789012:cluster/bench",
    version="1.35",
    account=ml.Account(id="123456789012", region="us-east-1"),
    endpoint="https://bench",
    vpc_id="vpc-0123456789abcdef0",
    zones=["us-east-1a", "us-east-1b"],
    subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    security_group_id="sg-0123456789abcdef0",
    node_role_arn="arn:aws:iam::123456789012:role/nodes",
    instance_profile_name="nodes",
    volume_key_arn="arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
)
inside = pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig=KUBECONFIG))
for number in range({pools}):
    if number % 3 == 0:  # EFA on every card, in a reservation
        ml.GpuNodePool(f"pool-{{number}}", ml.GpuNodePoolArgs(
            cluster=cluster, instance_types=["p5.48xlarge"], nodes=4, zones=["us-east-1a"],
            capacity={{"reservation": {{"reservation_id": "cr-0123456789abcdef0"}}}}), inside)
    elif number % 3 == 1:  # whatever Spot has
        ml.GpuNodePool(f"pool-{{number}}", ml.GpuNodePoolArgs(
            cluster=cluster, instance_types=["g6.xlarge", "g6e.xlarge", "g5.xlarge"], max_nodes=8,
            capacity={{"spot": {{}}}}), inside)
    else:
        ml.NodePool(f"pool-{{number}}", ml.NodePoolArgs(
            cluster=cluster, instance_types=["m7i.2xlarge"], nodes=3), inside)
"""


def growth(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """A pool's part of a plan of many pools against one of few: what a plan takes without any is taken off both."""
    del resources
    projects = {pools: _write(folder / f"pools-{pools}", pools) for pools in (0, FEW, MANY)}

    def each(pools: int) -> Cost:
        return (plan(folder, projects[pools], pools) - plan(folder, projects[0], 0)) / pools

    few, many = ((f"a pool of {pools}", lambda pools=pools: each(pools)) for pools in (FEW, MANY))
    yield compare("pools", many, few, runs=runs, goal=GOAL)


def _write(project: Path, pools: int) -> Path:
    project.mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: bench-pools\nruntime: python\n")
    (project / "Pulumi.bench.yaml").write_text("config:\n  aws:region: us-east-1\n")
    (project / "__main__.py").write_text(PROGRAM.format(pools=pools))
    return project
