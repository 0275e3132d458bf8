"""Two hundred nodes of eight GPUs that three teams share, as a `TrainingCluster` declares it, and jobs for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from mlinfra.components.pools.reference import PoolReference
from mlinfra.components.training.arguments import PoolShare, Queueing, TrainingTeam
from mlinfra.components.training.shares import CPU, MEMORY, offer, quantity
from mlinfra.graph import ResourceGraph
from mlinfra.testing import plan
from tests.components.training.kueue_objects import Workload
from tests.components.training.platform import general, gpus, program

GPU: Final = "nvidia.com/gpu"
GPUS_PER_NODE: Final = 8
POOLS: Final[Sequence[PoolReference]] = [
    gpus(name="block", min_nodes=128, max_nodes=128),
    gpus(name="reserve", min_nodes=72, max_nodes=72),
    general(),
]
"""Two reservations of p5.48xlarge, and nodes without GPUs."""
SHARES: Final = {
    # Vision borrows a part, and lends all. Speech keeps half of what it has in block. Language owns little and borrows all.
    "vision": {"block": PoolShare(accelerators=512, borrow=256), "reserve": PoolShare(accelerators=256)},
    "speech": {
        "block": PoolShare(accelerators=384, lend=192),
        "reserve": PoolShare(accelerators=192, borrow=0),
        "general": PoolShare(nodes=10),
    },
    "language": {"block": PoolShare(nodes=16), "reserve": PoolShare(nodes=16)},
}
PRIORITIES: Final = {"research": 100, "production": 1000, "urgent": 10000}
KINDS: Final = ("ResourceFlavor", "ClusterQueue", "LocalQueue", "WorkloadPriorityClass")


@cache
def graph(*, preempt_to_borrow: bool = False) -> ResourceGraph:
    """What the training cluster declares."""
    queueing = Queueing(preempt_to_borrow=preempt_to_borrow)
    teams = {
        name: TrainingTeam(members={"data-scientist": [f"{name}-science"]}, shares=shares)
        for name, shares in SHARES.items()
    }
    return plan(lambda: program(pools=POOLS, teams=teams, stores={}, queueing=queueing))


def objects(*, preempt_to_borrow: bool = False) -> list[dict[str, Any]]:
    """The objects of Kueue among them."""
    return [
        {"kind": kind, **node.inputs}
        for node in graph(preempt_to_borrow=preempt_to_borrow)
        if (kind := node.type.rpartition(":")[2]) in KINDS
    ]


def job(name: str, team: str, nodes: int, *, gpus: int = GPUS_PER_NODE, pool: str = "", **other: Any) -> Workload:
    """A gang of pods with so many GPUs each, and all that a node has for as many; in one pool, or in whichever."""
    block = POOLS[0]
    each = {name: amount * gpus // GPUS_PER_NODE for name, amount in offer(block).per_node.items()}
    return Workload(
        name=name,
        namespace=team,
        pods=nodes,
        requests={resource: quantity(resource, amount) for resource, amount in each.items()},
        node_selector={"mlinfra/pool": pool} if pool else {},
        tolerations=block.tolerations(),
        **other,
    )


def plain(name: str, team: str, pods: int) -> Workload:
    """A gang that needs no GPUs."""
    return Workload(name=name, namespace=team, pods=pods, requests={CPU: "2", MEMORY: "4Gi"})
