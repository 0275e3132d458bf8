"""Which checks belong to which operation: every list in one place."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.refusals.checks import (
    buckets,
    clusters,
    compute,
    data,
    identity,
    networks,
    node_groups,
    observing,
    traffic,
    workflows,
)
from mlinfra.sandbox.refusals.policies import checks as policies
from mlinfra.sandbox.refusals.references import references
from mlinfra.sandbox.refusals.rules import rules

if TYPE_CHECKING:
    from mlinfra.sandbox.refusals.call import Check

LISTS: Final = (
    policies.CHECKS,
    identity.CHECKS,
    buckets.CHECKS,
    networks.CHECKS,
    traffic.CHECKS,
    compute.CHECKS,
    clusters.CHECKS,
    node_groups.CHECKS,
    workflows.CHECKS,
    observing.CHECKS,
    data.CHECKS,
)


@cache
def checks_of(service: str, operation: str) -> tuple[Check, ...]:
    """The checks of an operation, cheap ones first."""
    listed = [check for checks in LISTS for check in checks.get((service, operation), ())]
    return (*rules(service, operation), *references(service, operation), *listed)
