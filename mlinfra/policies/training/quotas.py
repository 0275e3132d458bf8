"""Rules about quotas of queues: that what is promised exists."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog.instances import instance_type
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of
from mlinfra.graph_values import Unknown, inside
from mlinfra.policies.capacity import LAUNCH_TEMPLATE, NODE_GROUP
from mlinfra.policies.kubernetes.hygiene import GPUS
from mlinfra.policies.training.kinds import TRAINING_CLUSTER
from mlinfra.policies.training.queues import CLUSTER_QUEUE, FLAVOR
from mlinfra.policies.versions import NODE_POOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

RESOURCES: Final = (*GPUS, "cpu", "memory", "vpc.amazonaws.com/efa")
_TYPE: Final = "node.kubernetes.io/instance-type"
_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|[kMGTPE]i?|)")
_UNITS: Final[dict[str, float]] = (
    {"": 1, "m": 0.001}
    | {unit: 1000**n for n, unit in enumerate("kMGTPE", 1)}
    | {f"{unit}i": 1024**n for n, unit in enumerate("KMGTPE", 1)}
)


@rule(
    "kueue-quota-fits",
    title="Quotas are not more than the pools have",
    severity=Severity.MEDIUM,
    types=(FLAVOR,),
    fix="nominalQuota of all ClusterQueues together at most the nodes of the pool times what one has",
    arguments={TRAINING_CLUSTER: "teams"},
)
def kueue_quota_fits(flavor: Resource) -> Truth:
    """Kueue admits by quota: what it admits beyond the nodes there are starts partly, and holds GPUs while it waits.

    Flavours whose labels no pool of the stack has are left out, and so are pools without a limit.
    """
    shares = list(flavor.graph.of(CLUSTER_QUEUE))
    pools = list(flavor.graph.of(NODE_GROUP, NODE_POOL))
    if not shares or not pools:
        return NOT_APPLICABLE
    read = (
        *(flavor[place] for place in ("metadata.name", "spec.nodeLabels")),
        *(share["spec.resourceGroups"] for share in shares),
        *(value for pool in pools for value in _about(pool)),
    )
    if any(isinstance(one, Unknown) for value in read for one in inside(value.raw)):
        return flavor.says(None, "quotas and pools that are known")
    return all_of(_fits(flavor, shares, pools, name) for name in RESOURCES)


def _fits(flavor: Resource, shares: list[Resource], pools: list[Resource], name: str) -> Truth:
    demand = sum(one for share in shares for one in _quotas(share, flavor, name))
    supply = [_most(pool, name) for pool in pools if _has(pool, flavor["spec.nodeLabels"])]
    if not demand or not supply:
        return NOT_APPLICABLE
    most = sum(supply)
    return flavor.says(demand <= most, f"{most:g} {name} or less in all ClusterQueues", seen=f"{demand:g} {name}")


def _quotas(share: Resource, flavor: Resource, name: str) -> Iterator[float]:
    """What a ClusterQueue has of a resource in a flavour."""
    for group in share["spec.resourceGroups"].each():
        for one in group["flavors"].each():
            if one["name"].raw == flavor["metadata.name"].raw:
                yield from (
                    _number(part["nominalQuota"].raw) for part in one["resources"].each() if part["name"].raw == name
                )


def _about(pool: Resource) -> tuple[Value, ...]:
    """What says how much a pool has."""
    if pool.type == NODE_GROUP:
        own = (pool["labels"], pool["scalingConfig.maxSize"], pool["instanceTypes"])
        templates = pool["launchTemplate.id"].resources(LAUNCH_TEMPLATE).found
        return (*own, *(one["instanceType"] for one in templates)) if templates else (*own, pool["launchTemplate.id"])
    return (pool["spec.template.metadata.labels"], pool["spec.limits"], pool["spec.template.spec.requirements"])


def _has(pool: Resource, wanted: Value) -> bool:
    """Whether the nodes of a pool have the labels of a flavour."""
    labels = _about(pool)[0].raw
    return isinstance(labels, dict) and isinstance(wanted.raw, dict) and wanted.raw.items() <= labels.items()


def _most(pool: Resource, name: str) -> float:
    """How much of a resource a pool has at most; infinity where it has no limit."""
    if pool.type == NODE_GROUP:
        _, size, types, *rest = _about(pool)
        per_node = [_of_type(one.raw, name) for value in (types, *rest) for one in value.each()]
        return _number(size.raw) * max(per_node, default=math.inf)
    _, limits, requirements = _about(pool)
    own, nodes = limits.key(name).raw, limits.key("nodes").raw
    required = [one["values"].each() for one in requirements.each() if one["key"].raw == _TYPE]
    per_node = [_of_type(one.raw, name) for values in required for one in values]
    by_nodes = math.inf if nodes is None else _number(nodes) * max(per_node, default=math.inf)
    return by_nodes if own is None else min(by_nodes, _number(own))


def _of_type(type: Any, name: str) -> float:
    """How much of a resource an instance type has; infinity for what is no known type."""
    known = instance_type(type) if isinstance(type, str) else None
    if known is None:
        return math.inf
    has = {"cpu": known.vcpus, "memory": known.memory_mib * _UNITS["Mi"], "vpc.amazonaws.com/efa": known.efa_interfaces}
    if name in has:
        return has[name]
    return known.accelerator.count if known.accelerator and known.accelerator.resource == name else 0


def _number(raw: Any) -> float:
    """A quantity of Kubernetes: `2`, `7410m`, `64Gi`; 0 for what is none."""
    match = _QUANTITY.fullmatch(str(raw))
    return float(match[1]) * _UNITS[match[2]] if match else 0


RULES: Final = (kueue_quota_fits,)
