"""What Karpenter would do: nodes for the pods that fit nowhere, from the NodePools of the cluster. Pure.

It is a small part of Karpenter: the cheapest type that a pod fits on, one node after the other, within the pool's
limits; and a node that has been empty for a while goes. Prices, spot markets, consolidation and drift are not played.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.instances import instance_types
from mlinfra.catalog.prices import hourly
from mlinfra.sandbox.controlplane.nodes import POOL_LABEL, Pool, karpenter_labels, node
from mlinfra.sandbox.controlplane.scheduling import allowed, enough, meets, requests, room, total
from mlinfra.sandbox.kubernetes.store.quantities import amount as quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlinfra.catalog.instances import InstanceType
    from mlinfra.sandbox.kubernetes.backend import Manifest

ARCHITECTURE: Final = "kubernetes.io/arch"
TYPE: Final = "node.kubernetes.io/instance-type"
ZONE: Final = "topology.kubernetes.io/zone"
CAPACITY: Final = "karpenter.sh/capacity-type"
NO_PRICE: Final = 10.0**6


def pools(node_pools: Iterable[Manifest], zones: Sequence[str], version: str) -> list[Pool]:
    """The pools that NodePools describe, the weightiest first, their types the cheapest first.

    `zones` are those of the cluster; a NodePool that no type of the catalogue meets is left out.
    """
    found = sorted(node_pools, key=lambda one: (-int(one["spec"].get("weight", 0)), one["metadata"]["name"]))
    read = [_pool(one, zones, version) for one in found]
    return [pool for pool in read if pool.instance_types and pool.zones]


def needed(
    pending: Iterable[Manifest], existing: Sequence[Manifest], node_pools: Sequence[Manifest], found: Sequence[Pool]
) -> list[Manifest]:
    """The nodes to make for pods that fit nowhere, each as large as the pods that it is for need."""
    limits = {one["metadata"]["name"]: one["spec"].get("limits") or {} for one in node_pools}
    made: list[tuple[Manifest, dict[str, Decimal]]] = []
    names = {one["metadata"]["name"] for one in existing}
    for pod in pending:
        asked = requests(pod)
        place = next((offered for one, offered in made if allowed(pod, one) and enough(asked, offered)), None)
        if place is None:
            fresh = _fresh(pod, asked, found, [*existing, *(one for one, _ in made)], limits, names)
            if fresh is None:
                continue
            names.add(fresh["metadata"]["name"])
            place = room(fresh)
            made.append((fresh, place))
        for name, amount in asked.items():
            place[name] = place.get(name, Decimal(0)) - amount
    return [one for one, _ in made]


def _fresh(
    pod: Manifest,
    asked: Mapping[str, Decimal],
    found: Sequence[Pool],
    existing: Sequence[Manifest],
    limits: Mapping[str, Mapping[str, Any]],
    names: set[str],
) -> Manifest | None:
    """A node that the pod fits on, from the first pool that may still have one."""
    for pool in found:
        theirs = [one for one in existing if one["metadata"]["labels"].get(POOL_LABEL) == pool.name]
        for type_name in pool.instance_types:
            for turn in range(len(pool.zones)):
                index = next(i for i in range(len(theirs) + turn, 10**6) if f"{pool.name}-{i}" not in names)
                one = node(pool, index, type_name)
                if one is None or not allowed(pod, one) or not enough(asked, room(one)):
                    continue
                if _within(limits[pool.name], [*theirs, one]):
                    return one
    return None


def _within(limits: Mapping[str, Any], nodes: Sequence[Manifest]) -> bool:
    used = total({name: quantity(amount) for name, amount in one["status"]["capacity"].items()} for one in nodes)
    used["nodes"] = Decimal(len(nodes))
    return all(used.get(name, Decimal(0)) <= quantity(most) for name, most in limits.items())


def _pool(node_pool: Manifest, zones: Sequence[str], version: str) -> Pool:
    template = node_pool["spec"]["template"]
    requirements = template["spec"].get("requirements") or ()
    single = {
        one["key"]: one["values"][0] for one in requirements if one["operator"] == "In" and len(one["values"]) == 1
    }
    labels = dict((template.get("metadata") or {}).get("labels") or {})
    labels |= {
        key: value for key, value in single.items() if "." in key and key not in {ARCHITECTURE, TYPE, ZONE, CAPACITY}
    }
    allowed_capacity = _values(requirements, CAPACITY) or ("on-demand",)
    preferred = next((one for one in ("reserved", "spot", "on-demand") if one in allowed_capacity), "on-demand")
    kinds = [*_types(requirements)]
    wanted_zones = [
        zone for zone in zones if all(meets({ZONE: zone}, one) for one in requirements if one["key"] == ZONE)
    ]
    return Pool(
        name=node_pool["metadata"]["name"],
        source="karpenter",
        instance_types=[kind.name for kind in kinds],
        zones=wanted_zones or _values(requirements, ZONE),
        capacity=preferred,
        nodes=int(node_pool["spec"].get("replicas", 0)),
        efa=max((kind.efa_interfaces for kind in kinds), default=0),
        labels=labels,
        taints=[dict(taint) for taint in template["spec"].get("taints") or ()],
        version=version,
    )


def _types(requirements: Sequence[Mapping[str, Any]]) -> Iterator[InstanceType]:
    """The instance types that meet requirements, the cheapest first."""
    about = [
        one
        for one in requirements
        if one["key"] in {TYPE, ARCHITECTURE} or one["key"].startswith("karpenter.k8s.aws/instance-")
    ]
    fitting = [kind for kind in instance_types() if all(meets(_type_labels(kind), one) for one in about)]
    # What has no price in the catalogue comes last, the smaller first.
    yield from sorted(fitting, key=lambda kind: (_price(kind), kind.vcpus, kind.name))


def _type_labels(kind: InstanceType) -> dict[str, str]:
    architecture = "arm64" if "arm64" in kind.architectures else "amd64"
    return karpenter_labels(kind) | {TYPE: kind.name, ARCHITECTURE: architecture}


def _price(kind: InstanceType) -> float:
    found = hourly(kind.name, "us-east-1")
    return NO_PRICE if found is None else found.hourly


def _values(requirements: Sequence[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    counted = Counter(
        value for one in requirements if one["key"] == key and one["operator"] == "In" for value in one["values"]
    )
    return tuple(counted)
