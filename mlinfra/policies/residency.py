"""Rules about where data is: the region of the stack, and the regions that its configuration allows."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.profiles import STRICT
from mlinfra.compliance.rule import Severity, rule
from mlinfra.compliance.truth import NOT_APPLICABLE, Truth, all_of, only_if
from mlinfra.compliance.values import Value
from mlinfra.graph_values import Unknown
from mlinfra.policies.governance import DATA_STORES, known_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.compliance.resource import Resource
    from mlinfra.graph import ResourceGraph

PROVIDER: Final = "pulumi:providers:aws"
COPIES: Final = {
    "aws:backup/plan:Plan": ("rules", "copyActions", "destinationVaultArn"),
    "aws:dynamodb/globalTable:GlobalTable": ("replicas", "regionName"),
    "aws:dynamodb/table:Table": ("replicas", "regionName"),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": (
        *("replicationConfiguration", "rules", "destinations", "region"),
    ),
    "aws:efs/replicationConfiguration:ReplicationConfiguration": ("destination", "region"),
    "aws:secretsmanager/secret:Secret": ("replicas", "region"),
}
"""Where resources say into which regions AWS copies what they hold."""


@rule(
    "region-allowed",
    title="Nothing is outside of the regions that are allowed",
    severity=Severity.HIGH,
    types=(PROVIDER, "aws:*"),
    fix="aws:region, or the region of the provider or resource: one of mlinfra:regions; or a waiver that says why",
)
def region_allowed(resource: Resource) -> Truth:
    """Where data may be is a matter of law and contracts: whoever runs the program elsewhere, or copies there, breaks them.

    Asked where regions are allowed by name: `mlinfra:regions: [eu-central-1]` in Pulumi.yaml or Pulumi.<stack>.yaml,
    `mlinfra check --region`, `regions` of the policy pack. A certificate for CloudFront is in us-east-1 whatever is
    allowed: allow that, or waive its provider.
    """
    allowed = resource.graph.regions
    if not allowed:
        return NOT_APPLICABLE
    own = Value(resource, "region", resource.node.get("region"))
    if resource.type == PROVIDER:
        return (
            own.is_(*allowed) if own.raw is not None else own.says(None, "a region that the program or its stack names")
        )
    given = (
        own.raw is not None and own.raw == _provider_region(resource).raw
    )  # as the provider writes it into resources
    return all_of(
        only_if(one.present(), one.where(lambda raw: _region(raw) in allowed, " or ".join(allowed)))
        for one in (*([] if given else [own]), *_copies(resource))
    )


def _copies(resource: Resource) -> Iterator[Value]:
    """The regions, or what names one, into which a resource is copied."""
    first, *rest = COPIES.get(resource.type, ("",))
    if first:
        yield from _within(Value(resource, first, resource.node.get(first)), rest)


def _within(value: Value, names: list[str]) -> Iterator[Value]:
    if value.is_unknown or not names:
        yield value
        return
    for item in value.each():
        if item.is_unknown:
            yield item
        else:
            yield from _within(item.key(names[0]), names[1:])


def _region(raw: object) -> object:
    """The region that a value names, by itself or in an ARN."""
    return raw.split(":")[3] if isinstance(raw, str) and raw.count(":") >= 5 else raw  # noqa: PLR2004


@rule(
    "data-region",
    title="Data stays in the region of its stack",
    severity=Severity.MEDIUM,
    types=DATA_STORES,
    fix="no region argument on the resource, or a waiver that says why the data may be there",
    profiles=STRICT,
)
def data_region(store: Resource) -> Truth:
    """Personal data in another jurisdiction needs a legal ground; copies for disaster recovery are no exception.

    The region of a stack is that of the provider that most of its resources have. Where regions are allowed by name, that
    is asked instead.
    """
    home = _home_region(store.graph.graph)
    if home is None or store.graph.regions:
        return NOT_APPLICABLE
    if isinstance(home, Unknown):
        return store.says(None, "a region that is known")
    own = Value(store, "region", store.node.get("region"))
    return own.is_(home) if own.raw is not None else _provider_region(store).is_(home)


@functools.lru_cache(maxsize=4)
def _home_region(graph: ResourceGraph) -> str | Unknown | None:
    """The region that most resources of the stack have, by their providers; Unknown as soon as that of one is."""
    given = (graph.node(node.provider).get("region") for node in graph.resources() if node.provider in graph)
    regions = [region for region in given if isinstance(region, str | Unknown)]
    unknown = next((region for region in regions if isinstance(region, Unknown)), None)
    if unknown is not None:
        return unknown
    return next((region for region, _ in Counter(regions).most_common(1)), None)


def _provider_region(store: Resource) -> Value:
    graph = store.graph.graph
    raw = graph.node(store.node.provider).get("region") if known_provider(store) else None
    return Value(store, "region", raw)


RULES: Final = (region_allowed, data_region)
