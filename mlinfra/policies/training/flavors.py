"""Rules about the flavours of queues: that they are the nodes there are, and that what names one finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, any_of, only_if
from mlinfra.graph_values import Unknown, inside
from mlinfra.policies.capacity import NODE_GROUP
from mlinfra.policies.training.kinds import same
from mlinfra.policies.training.queues import CLUSTER_QUEUE, FLAVOR
from mlinfra.policies.versions import NODE_POOL

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

TOPOLOGY: Final = "kubernetes:kueue.x-k8s.io/*:Topology"
_REPELS: Final = ("NoSchedule", "NoExecute", "NO_SCHEDULE", "NO_EXECUTE")


@rule(
    "kueue-flavor-known",
    title="Shares and flavours name what there is",
    severity=Severity.MEDIUM,
    types=(CLUSTER_QUEUE, FLAVOR),
    fix="a ResourceFlavor of every name in spec.resourceGroups[].flavors, a Topology of the name in spec.topologyName",
)
def kueue_flavor_known(named: Resource) -> Truth:
    """Kueue switches a queue off whose flavour is missing: every job of the team waits, and nothing fails.

    Asked where the stack declares flavours, or topologies.
    """
    if named.type.endswith(":ResourceFlavor"):
        topologies = named.graph.of(TOPOLOGY)
        there = topologies.any(lambda one: same(one["metadata.name"], named["spec.topologyName"]))
        return only_if(named["spec.topologyName"].present() & _some(named, TOPOLOGY), there)
    flavors = named.graph.of(FLAVOR)

    def known(one: Value) -> Truth:
        return flavors.any(lambda flavor: same(flavor["metadata.name"], one["name"])).wanted("a ResourceFlavor of it")

    every = named["spec.resourceGroups"].every(lambda group: group["flavors"].every(known))
    return only_if(flavors.exist(), every)


def _some(resource: Resource, kind: str) -> Truth:
    return resource.graph.of(kind).exist()


@rule(
    "kueue-flavor-nodes",
    title="Flavours are nodes of a pool",
    severity=Severity.LOW,
    types=(FLAVOR,),
    arguments={"mlinfra:training_cluster:TrainingCluster": "pools"},
    fix="spec.nodeLabels: labels that the nodes of the pool have",
)
def kueue_flavor_nodes(flavor: Resource) -> Truth:
    """A flavour without labels is any node, also those of another; one whose labels no node has is quota of nothing.

    Asked where there are several flavours, and where one of them is a pool of this stack.
    """
    flavors = list(flavor.graph.of(FLAVOR))
    pools = list(flavor.graph.of(NODE_GROUP, NODE_POOL))
    if len(flavors) < 2:  # noqa: PLR2004 - a single one needs to tell nothing apart
        return NOT_APPLICABLE
    own = any_of(_has(pool, flavor) for pool in pools)
    others = any_of(_has(pool, one) for one in flavors if one is not flavor for pool in pools)
    labels = flavor["spec.nodeLabels"].present()
    return labels & (only_if(others, own) if pools else labels)


@rule(
    "kueue-flavor-taints",
    title="Flavours know the taints of their pool",
    severity=Severity.LOW,
    types=(FLAVOR,),
    fix="spec.nodeTaints: the taints of the pool, or spec.tolerations for every job that is admitted",
)
def kueue_flavor_taints(flavor: Resource) -> Truth:
    """Kueue gives a job nodes whose taints it does not tolerate: it is admitted, holds its quota, and never starts."""

    def told(taint: Value) -> Truth:
        def is_it(one: Value) -> Truth:
            return same(one["key"], taint["key"]) | ~one["key"].present()

        repels = taint["effect"].is_(*_REPELS)
        return only_if(repels, flavor["spec.nodeTaints"].any(is_it) | flavor["spec.tolerations"].any(is_it))

    pools = flavor.graph.of(NODE_GROUP, NODE_POOL)
    return all_of(only_if(_has(pool, flavor), _taints(pool).every(told)) for pool in pools)


def _taints(pool: Resource) -> Value:
    return pool["taints" if pool.type == NODE_GROUP else "spec.template.spec.taints"]


def _has(pool: Resource, flavor: Resource) -> Truth:
    """Whether the nodes of a pool have the labels of a flavour."""
    labels = pool["labels" if pool.type == NODE_GROUP else "spec.template.metadata.labels"]
    wanted = flavor["spec.nodeLabels"]
    if any(isinstance(one, Unknown) for one in inside(wanted.raw)):
        return wanted.says(None, "known labels")

    def among(raw: Any) -> bool:
        return isinstance(raw, dict) and isinstance(wanted.raw, dict) and wanted.raw.items() <= raw.items()

    return wanted.present() & labels.where(among, "the labels of the flavour")


RULES: Final = (kueue_flavor_known, kueue_flavor_nodes, kueue_flavor_taints)
