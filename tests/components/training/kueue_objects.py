"""What Kueue reads, for a model of it: workloads, and the queues and quotas that a cluster declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

_UNITS: Final[Mapping[str, Fraction | int]] = {
    "m": Fraction(1, 1000),
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "": 1,
}
_NAMESPACE: Final = "kubernetes.io/metadata.name"


def thousandths(quantity: str) -> int:
    """A quantity of Kubernetes, in thousandths of its unit."""
    suffix = quantity.lstrip("0123456789.")
    return int(Fraction(quantity.removesuffix(suffix)) * _UNITS[suffix] * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A gang: so many equal pods, all or none of which run."""

    name: str
    namespace: str
    pods: int
    requests: Mapping[str, str]
    """What each pod asks for."""
    priority: int = 0
    created: int = 0
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, str]] = ()

    @property
    def total(self) -> Mapping[str, int]:
        """What all pods ask for, in thousandths."""
        return {name: thousandths(amount) * self.pods for name, amount in self.requests.items()}


@dataclass(frozen=True, slots=True)
class Quota:
    """A queue's part of a resource of a flavor, in thousandths."""

    nominal: int
    borrow: int | None
    lend: int | None

    @property
    def kept(self) -> int:
        """What nobody else can use."""
        return 0 if self.lend is None else max(0, self.nominal - self.lend)

    @staticmethod
    def of(resource: Mapping[str, str]) -> Quota:
        """The quota of an entry of a ClusterQueue."""
        borrow, lend = (
            thousandths(resource[limit]) if limit in resource else None for limit in ("borrowingLimit", "lendingLimit")
        )
        return Quota(thousandths(resource["nominalQuota"]), borrow, lend)


@dataclass(frozen=True, slots=True)
class Queue:
    """A ClusterQueue with classic preemption."""

    name: str
    cohort: str
    namespace: str
    flavors: Sequence[str]
    quotas: Mapping[tuple[str, str], Quota]
    """By flavor and resource."""
    preemption: Mapping[str, Any]

    @staticmethod
    def of(name: str, spec: Mapping[str, Any]) -> Queue:
        """The queue of a specification. What the model does not know is an error."""
        (group,) = spec["resourceGroups"]
        assert spec["queueingStrategy"] == "BestEffortFIFO"
        assert spec["flavorFungibility"] == {"whenCanBorrow": "TryNextFlavor", "whenCanPreempt": "TryNextFlavor"}
        assert "fairSharing" not in spec
        for flavor in group["flavors"]:
            assert [one["name"] for one in flavor["resources"]] == group["coveredResources"]
        return Queue(
            name,
            spec["cohortName"],
            spec["namespaceSelector"]["matchLabels"][_NAMESPACE],
            [flavor["name"] for flavor in group["flavors"]],
            {(one["name"], each["name"]): Quota.of(each) for one in group["flavors"] for each in one["resources"]},
            spec["preemption"],
        )

    @property
    def may_preempt_to_borrow(self) -> bool:
        """Whether jobs of lower priority give way to a borrower."""
        return bool(self.preemption.get("borrowWithinCohort", {}).get("policy", "Never") != "Never")


def tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    """Whether a toleration of a pod lets it on nodes with the taint."""
    same = toleration["key"] == taint["key"] and toleration.get("effect", taint["effect"]) == taint["effect"]
    return same and (toleration["operator"] == "Exists" or toleration.get("value", "") == taint.get("value", ""))
