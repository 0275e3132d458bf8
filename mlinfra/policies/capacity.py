"""What rules ask about instances: whether a group of them has accelerators, or EFA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.catalog.accelerators import accelerated
from mlinfra.compliance.truth import Truth, any_of
from mlinfra.policies.references import leads_to_some

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"


def is_accelerated(instance_type: Value) -> Truth:
    """Whether an instance type has accelerators."""
    return instance_type.where(
        lambda raw: isinstance(raw, str) and accelerated(raw) is not None, "an instance type with accelerators"
    )


def has_efa(instance_type: Value) -> Truth:
    """Whether an accelerated instance type supports EFA."""

    def supports(raw: object) -> bool:
        known = accelerated(raw) if isinstance(raw, str) else None
        return known is not None and known.efa

    return instance_type.where(supports, "an accelerated instance type with EFA")


def gpu_nodes(nodes: Resource) -> Truth:
    """Whether a node group of EKS has accelerators, by its own instance types or by those of its launch template."""
    return nodes["instanceTypes"].any(is_accelerated) | from_template(nodes, is_accelerated)


def from_template(group: Resource, says: Callable[[Value], Truth]) -> Truth:
    """Whether something holds for the instance type of the launch template of a node group or an Auto Scaling group."""
    places = (group["launchTemplate.id"], group["launchTemplate.name"])
    return any_of(leads_to_some(one, (LAUNCH_TEMPLATE,), lambda found: says(found["instanceType"])) for one in places)
