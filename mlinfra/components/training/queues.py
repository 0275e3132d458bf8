"""Kueue's objects: what pools offer, what each team has of it, and who gives way to whom. Pure.

Sources: https://kueue.sigs.k8s.io/docs/reference/kueue.v1beta2/ and the types behind it (apis/kueue/v1beta2 of
https://github.com/kubernetes-sigs/kueue).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mlinfra.catalog.training import network_levels
from mlinfra.components.pools.reference import PoolReference, TaintEffect
from mlinfra.components.training.arguments import PoolShare, Queueing, TrainingTeam
from mlinfra.components.training.shares import CPU, MEMORY, Offer, offer, quantity, types

API: Final = "kueue.x-k8s.io/v1beta2"
ZONE: Final = "topology.kubernetes.io/zone"
HOST: Final = "kubernetes.io/hostname"
NAMESPACE: Final = "kubernetes.io/metadata.name"
_CONSIDERED: Final = (TaintEffect.NO_SCHEDULE, TaintEffect.NO_EXECUTE)


def levels(pool: PoolReference) -> Sequence[str]:
    """Where nodes of the pool stand, by labels, the widest first; none for pools in which jobs are placed anywhere.

    Kueue places by topology on nodes that are there: pools that grow as pods need them would never get a job.
    """
    if not pool.efa_per_node or pool.min_nodes != pool.max_nodes:
        return ()
    return (ZONE, *network_levels(types(pool)), HOST)


def topologies(pools: Sequence[PoolReference]) -> Mapping[str, Sequence[str]]:
    """The pools in which jobs are placed by where nodes stand, with the labels that say it."""
    return {pool.name: where for pool in pools if (where := levels(pool))}


def topology_name(where: Sequence[str]) -> str:
    """What a topology of these labels is called: network where the nodes' place in AWS's network is known, else zones."""
    return "zones" if tuple(where) == (ZONE, HOST) else "network"


def topology(where: Sequence[str]) -> Mapping[str, Any]:
    """The specification of a Topology."""
    return {"levels": [{"nodeLabel": label} for label in where]}


def flavor(pool: PoolReference, topology_name: str = "") -> Mapping[str, Any]:
    """The specification of the pool's ResourceFlavor.

    Its taints keep jobs out that do not tolerate them; Kueue adds no tolerations, or jobs without GPUs would get GPU nodes.
    """
    taints = [
        {"key": taint.key, "effect": taint.effect.value} | ({"value": taint.value} if taint.value else {})
        for taint in pool.taints
        if taint.effect in _CONSIDERED
    ]
    return {
        "nodeLabels": dict(pool.node_selector()),
        **({"nodeTaints": taints} if taints else {}),
        **({"topologyName": topology_name} if topology_name else {}),
    }


def cluster_queue(
    namespace: str,
    team: TrainingTeam,
    pools: Sequence[PoolReference],
    queueing: Queueing,
    cohort: str,
) -> Mapping[str, Any]:
    """The specification of a team's ClusterQueue, for its namespace alone; pools without accelerators come first."""
    used = sorted((pool for pool in pools if pool.name in team.shares), key=lambda pool: bool(pool.devices))
    offers = [offer(pool) for pool in used]
    devices = sorted({device for pool in used for device in pool.devices})
    covered = [CPU, MEMORY, *devices]
    to_borrow = "LowerPriority" if queueing.preempt_to_borrow else "Never"
    return {
        "cohortName": cohort,
        "namespaceSelector": {"matchLabels": {NAMESPACE: namespace}},
        "queueingStrategy": "BestEffortFIFO",
        "resourceGroups": [
            {
                "coveredResources": covered,
                "flavors": [_quotas(one, team.shares[one.pool.name], covered) for one in offers],
            }
        ],
        "flavorFungibility": {"whenCanBorrow": "TryNextFlavor", "whenCanPreempt": "TryNextFlavor"},
        "preemption": {
            "reclaimWithinCohort": "Any",
            "withinClusterQueue": "LowerPriority",
            **({} if queueing.fair_sharing else {"borrowWithinCohort": {"policy": to_borrow}}),
        },
        **({"fairSharing": {"weight": f"{team.weight:g}"}} if queueing.fair_sharing else {}),
    }


def local_queue(cluster_queue: str) -> Mapping[str, Any]:
    """The specification of the LocalQueue in a team's namespace."""
    return {"clusterQueue": cluster_queue}


def configuration(teams: Sequence[str], frameworks: Sequence[str], queueing: Queueing) -> Mapping[str, Any]:
    """The configuration of Kueue's controller (config.kueue.x-k8s.io/v1beta2): teams' jobs wait, or do not start.

    What the queues do not count (huge pages, local disk) is left out of their accounts: it comes with nodes.
    """
    ready, retry = f"{queueing.ready_minutes}m", {"timestamp": "Eviction", "backoffLimitCount": queueing.attempts}
    fair = {"preemptionStrategies": ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]}
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
        "clientConnection": {"qps": 300, "burst": 500},
        "manageJobsWithoutQueueName": True,
        "managedJobsNamespaceSelector": {
            "matchExpressions": [{"key": NAMESPACE, "operator": "In", "values": sorted(teams)}]
        },
        "waitForPodsReady": {
            "timeout": ready,
            "recoveryTimeout": ready,
            "blockAdmission": False,
            "requeuingStrategy": {**retry, "backoffBaseSeconds": 60, "backoffMaxSeconds": 3600},
        },
        "integrations": {"frameworks": ["batch/job", *frameworks]},
        "resources": {"excludeResourcePrefixes": ["ephemeral-storage", "hugepages-"]},
        **({"fairSharing": fair} if queueing.fair_sharing else {}),
    }


def _quotas(whole: Offer, share: PoolShare, covered: Sequence[str]) -> Mapping[str, Any]:
    """A team's quotas in a flavor, in the order of the covered resources, of which a pool may have none."""
    return {"name": whole.pool.name, "resources": [*_each(whole, share, covered)]}


def _each(whole: Offer, share: PoolShare, covered: Sequence[str]) -> Iterator[Mapping[str, str]]:
    limits = {"nominalQuota": share.amount, "borrowingLimit": share.borrow, "lendingLimit": share.lend}
    known = {
        limit: whole.resources(whole.nodes(share, amount)) for limit, amount in limits.items() if amount is not None
    }
    for resource in covered:
        yield {
            "name": resource,
            **{limit: quantity(resource, amounts.get(resource, 0)) for limit, amounts in known.items()},
        }
