"""Whether the scheduler could place a pod on a node, as far as nodes are made for pods: selectors, taints, amounts. Pure.

Karpenter asks the same before it makes a node. The last word has the real scheduler.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.kubernetes.store.quantities import amount as quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlinfra.sandbox.kubernetes.backend import Manifest


def requests(pod: Manifest) -> dict[str, Decimal]:
    """What a pod asks for: its containers together, or its largest init container where that is more; and one pod."""
    spec = pod["spec"]
    total: dict[str, Decimal] = {"pods": Decimal(1)}
    for container in spec.get("containers", ()):
        for name, amount in _asked(container).items():
            total[name] = total.get(name, Decimal(0)) + amount
    for container in spec.get("initContainers", ()):
        for name, amount in _asked(container).items():
            total[name] = max(total.get(name, Decimal(0)), amount)
    return total


def room(node: Manifest) -> dict[str, Decimal]:
    """What a node that runs nothing offers."""
    return {name: quantity(amount) for name, amount in node["status"]["allocatable"].items()}


def enough(asked: Mapping[str, Decimal], offered: Mapping[str, Decimal]) -> bool:
    """Whether what is asked for is there."""
    return all(amount <= offered.get(name, 0) for name, amount in asked.items() if amount)


def allowed(pod: Manifest, node: Manifest) -> bool:
    """Whether selectors, required node affinity and taints let the pod on the node."""
    spec, labels = pod["spec"], node["metadata"]["labels"]
    if any(labels.get(name) != value for name, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms")
    if terms and not any(all(meets(labels, one) for one in term.get("matchExpressions") or ()) for term in terms):
        return False
    return all(
        any(_tolerates(toleration, taint) for toleration in spec.get("tolerations") or ())
        for taint in node["spec"].get("taints") or ()
        if taint["effect"] != "PreferNoSchedule"
    )


def meets(labels: Mapping[str, str], requirement: Mapping[str, Any]) -> bool:
    """Whether labels meet a requirement of a node selector or of a NodePool."""
    value, values = labels.get(requirement["key"]), [*(requirement.get("values") or ())]
    match requirement["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(values[0])
        case "Lt":
            return value is not None and int(value) < int(values[0])
    return False


def total(amounts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """The sum of several amounts by name."""
    found: dict[str, Decimal] = {}
    for one in amounts:
        for name, amount in one.items():
            found[name] = found.get(name, Decimal(0)) + amount
    return found


def _asked(container: Mapping[str, Any]) -> dict[str, Decimal]:
    resources = container.get("resources") or {}
    said = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: quantity(amount) for name, amount in said.items()}


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") in (None, ""):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")
