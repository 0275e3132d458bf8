"""Whether the scheduler could place a pod on a node, as far as nodes are made for pods: selectors, taints, amounts. Pure.

Karpenter asks the same before it makes a node. The last word has the real scheduler.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlinfra.sandbox.kubernetes.backend import Manifest

_UNITS: Final = {
    "": Fraction(1),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": Fraction(1000),
}
_UNITS_LARGE: Final = {
    letter: Fraction(base**power)
    for power, name in enumerate("KMGTPE", 1)
    for letter, base in ((f"{name}i", 1024), (name, 1000))
    if letter != "K"
}
_QUANTITY: Final = re.compile(r"([0-9.]+)(?:[eE]([+-]?\d+))?([a-zA-Z]*)")


def quantity(text: str | float) -> Fraction:
    """A quantity of Kubernetes as a number: 500m is a half, 1Ki is 1024. Raises ValueError for what is none."""
    match = _QUANTITY.fullmatch(str(text).strip())
    units = _UNITS | _UNITS_LARGE
    if match is None or match[3] not in units:
        raise ValueError(f"{text!r} is no quantity")
    return Fraction(match[1]) * Fraction(10) ** int(match[2] or 0) * units[match[3]]


def requests(pod: Manifest) -> dict[str, Fraction]:
    """What a pod asks for: its containers together, or its largest init container where that is more; and one pod."""
    spec = pod["spec"]
    total: dict[str, Fraction] = {"pods": Fraction(1)}
    for container in spec.get("containers", ()):
        for name, amount in _asked(container).items():
            total[name] = total.get(name, Fraction(0)) + amount
    for container in spec.get("initContainers", ()):
        for name, amount in _asked(container).items():
            total[name] = max(total.get(name, Fraction(0)), amount)
    return total


def room(node: Manifest) -> dict[str, Fraction]:
    """What a node that runs nothing offers."""
    return {name: quantity(amount) for name, amount in node["status"]["allocatable"].items()}


def enough(asked: Mapping[str, Fraction], offered: Mapping[str, Fraction]) -> bool:
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


def total(amounts: Iterable[Mapping[str, Fraction]]) -> dict[str, Fraction]:
    """The sum of several amounts by name."""
    found: dict[str, Fraction] = {}
    for one in amounts:
        for name, amount in one.items():
            found[name] = found.get(name, Fraction(0)) + amount
    return found


def _asked(container: Mapping[str, Any]) -> dict[str, Fraction]:
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
