"""A model of how Kueue admits and preempts, by what its documentation says, fed with the objects that a cluster declares.

It knows classic preemption in one flat cohort, and workloads of one pod set. It leaves out fair sharing, placing by topology,
partial admission and admission checks. What is preempted is gone at once. Sources, of https://github.com/kubernetes-sigs/kueue:
apis/kueue/v1beta2/clusterqueue_types.go, and of https://kueue.sigs.k8s.io/docs/concepts/: cluster_queue (flavors, borrowing,
lending, flavorFungibility), preemption (candidates, targets) and resource_flavor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.components.training.kueue_objects import Queue, Workload, tolerates

_MOST_CYCLES: Final = 1_000

Usage = Counter[tuple[str, str, str]]
"""Thousandths in use, by queue, flavor and resource."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A workload that has its quota, all of it."""

    workload: Workload
    queue: str
    flavor: str
    number: int
    """Counts admissions: the higher, the newer."""


@dataclass(frozen=True, slots=True)
class Event:
    """A workload is admitted, after others have given way, in this order."""

    admitted: Admission
    preempted: Sequence[Admission]


class Endless(AssertionError):
    """Jobs end each other in turn, and none of them runs for long."""


class Kueue:
    """Queues, what waits in them, and what runs."""

    def __init__(self, objects: Iterable[Mapping[str, Any]]) -> None:
        self.queues: dict[str, Queue] = {}
        self.flavors: dict[str, Mapping[str, Any]] = {}
        self.pending: list[Workload] = []
        self.running: dict[str, Admission] = {}
        self.usage: Usage = Counter()
        """What the queues hold for what runs."""
        self._admissions = 0
        for one in objects:
            name = one["metadata"]["name"]
            if one["kind"] == "ClusterQueue":
                self.queues[name] = Queue.of(name, one["spec"])
            elif one["kind"] == "ResourceFlavor":
                self.flavors[name] = one["spec"]
        assert len({queue.cohort for queue in self.queues.values()}) == 1
        assert {flavor for queue in self.queues.values() for flavor in queue.flavors} <= self.flavors.keys()

    def submit(self, *workloads: Workload) -> None:
        """The workloads wait from now on."""
        self.pending.extend(workloads)

    def finish(self, name: str) -> None:
        """The workload has ended, or is withdrawn."""
        if admission := self.running.pop(name, None):
            self._count(self.usage, admission, -1)
        self.pending = [one for one in self.pending if one.name != name]

    def queue_of(self, workload: Workload) -> Queue:
        """The queue for the workload's namespace."""
        (found,) = [queue for queue in self.queues.values() if queue.namespace == workload.namespace]
        return found

    def eligible(self, workload: Workload) -> Iterator[str]:
        """The flavors on whose nodes the workload's pods could run, in the queue's order."""
        for name in self.queue_of(workload).flavors:
            spec = self.flavors[name]
            labels, taints = spec.get("nodeLabels", {}), spec.get("nodeTaints", ())
            selected = all(labels.get(key, value) == value for key, value in workload.node_selector.items())
            if selected and all(any(tolerates(one, taint) for one in workload.tolerations) for taint in taints):
                yield name

    def round(self) -> list[Event]:
        """Cycles of one head of every queue each, until nothing that waits can be admitted."""
        events: list[Event] = []
        aside: set[str] = set()
        for _ in range(_MOST_CYCLES):
            heads = [head for queue in self.queues.values() if (head := self._head(queue, aside))]
            if not heads:
                return events
            for head in sorted(heads, key=lambda one: (self._needs_borrowing(one), -one.priority, one.created)):
                event = self._admit(head)
                if event is None:
                    aside.add(head.name)
                    continue
                events.append(event)
                if event.preempted:
                    aside.clear()
        raise Endless(f"no end after {_MOST_CYCLES} cycles")

    def _head(self, queue: Queue, aside: set[str]) -> Workload | None:
        """What is next in the queue: the highest priority, of these the oldest, past what cannot be admitted."""
        waiting = [one for one in self.pending if one.namespace == queue.namespace and one.name not in aside]
        return min(waiting, key=lambda one: (-one.priority, one.created), default=None)

    def _needs_borrowing(self, workload: Workload) -> bool:
        queue = self.queue_of(workload)
        return all(self._borrows(queue, flavor, workload, self.usage) for flavor in self.eligible(workload))

    def _admit(self, workload: Workload) -> Event | None:
        """The best flavor: without preemption before with it, without borrowing before with it, then in their order."""
        queue = self.queue_of(workload)
        choices: list[tuple[bool, bool, int, str, list[Admission]]] = []
        for place, flavor in enumerate(self.eligible(workload)):
            if not all((flavor, resource) in queue.quotas for resource in workload.requests):
                continue
            if self._fits(queue, flavor, workload, self.usage):
                choices.append((False, self._borrows(queue, flavor, workload, self.usage), place, flavor, []))
            elif targets := self._targets(queue, flavor, workload):
                left = self._without(targets)
                choices.append((True, self._borrows(queue, flavor, workload, left), place, flavor, targets))
        if not choices:
            return None
        *_, flavor, targets = min(choices, key=lambda choice: choice[:3])
        for target in targets:
            self.finish(target.workload.name)
            self.pending.append(target.workload)
        self._admissions += 1
        admission = Admission(workload, queue.name, flavor, self._admissions)
        self.pending.remove(workload)
        self.running[workload.name] = admission
        self._count(self.usage, admission, 1)
        return Event(admission, targets)

    def _targets(self, queue: Queue, flavor: str, workload: Workload) -> list[Admission]:
        """What gives way so that the workload fits; nothing where that is of no use ("Classic Preemption")."""
        quota = {resource: queue.quotas[flavor, resource] for resource in workload.requests}
        too_much = any(amount > quota[resource].nominal for resource, amount in workload.total.items())
        if too_much and not queue.may_preempt_to_borrow:
            return []
        short = {
            resource
            for resource, amount in workload.total.items()
            if amount > self._available(queue, flavor, resource, self.usage)
        }
        under = all(self.usage[queue.name, flavor, resource] < quota[resource].nominal for resource in short)
        borrowing = [True, False] if queue.may_preempt_to_borrow else [False, True] if under else [True]
        for may_borrow in borrowing:
            if targets := self._enough(queue, flavor, workload, short, may_borrow=may_borrow):
                return targets
        return []

    def _enough(
        self, queue: Queue, flavor: str, workload: Workload, short: set[str], *, may_borrow: bool
    ) -> list[Admission]:
        def done() -> bool:
            borrows = self._borrows(queue, flavor, workload, left)
            return (may_borrow or not borrows) and self._fits(queue, flavor, workload, left)

        left, targets = Counter(self.usage), list[Admission]()
        for one in sorted(
            (one for one in self.running.values() if one.flavor == flavor and short & one.workload.requests.keys()),
            key=lambda one: (one.queue == queue.name, one.workload.priority, -one.number),
        ):
            if not self._may_go(one, queue, workload, short, left, may_borrow=may_borrow):
                continue
            self._count(left, one, -1)
            targets.append(one)
            if done():
                break
        else:
            return []
        for one in targets[-2::-1]:
            self._count(left, one, 1)
            if done():
                targets.remove(one)
            else:
                self._count(left, one, -1)
        return targets

    def _may_go(
        self, one: Admission, queue: Queue, workload: Workload, short: set[str], left: Usage, *, may_borrow: bool
    ) -> bool:
        """Whether the policies let this one give way, others being gone already."""
        lower = one.workload.priority < workload.priority
        if one.queue == queue.name:
            return lower and queue.preemption["withinClusterQueue"] == "LowerPriority"
        theirs = self.queues[one.queue].quotas
        if all(left[one.queue, one.flavor, each] <= theirs[one.flavor, each].nominal for each in short):
            return False
        if may_borrow:
            return queue.may_preempt_to_borrow and lower
        return {"Any": True, "LowerPriority": lower}.get(queue.preemption["reclaimWithinCohort"], False)

    def _fits(self, queue: Queue, flavor: str, workload: Workload, usage: Usage) -> bool:
        return all(
            amount <= self._available(queue, flavor, resource, usage) for resource, amount in workload.total.items()
        )

    def _borrows(self, queue: Queue, flavor: str, workload: Workload, usage: Usage) -> bool:
        """Whether the queue would use more than its own with the workload."""
        return any(
            usage[queue.name, flavor, resource] + amount > queue.quotas[flavor, resource].nominal
            for resource, amount in workload.total.items()
            if (flavor, resource) in queue.quotas
        )

    def _available(self, queue: Queue, flavor: str, resource: str, usage: Usage) -> int:
        """What the queue keeps for itself and does not use, and what the cohort has beside, up to the borrowing limit."""
        key, own = (flavor, resource), queue.quotas[flavor, resource]
        used = usage[queue.name, flavor, resource]
        shared = sum(
            one.quotas[key].nominal
            - one.quotas[key].kept
            - max(0, usage[one.name, flavor, resource] - one.quotas[key].kept)
            for one in self.queues.values()
            if key in one.quotas
        )
        if own.borrow is not None:
            shared = min(shared, own.nominal - own.kept - max(0, used - own.kept) + own.borrow)
        return max(0, own.kept - used) + shared

    def _without(self, targets: Iterable[Admission]) -> Usage:
        left = Counter(self.usage)
        for target in targets:
            self._count(left, target, -1)
        return left

    @staticmethod
    def _count(usage: Usage, admission: Admission, sign: int) -> None:
        for resource, amount in admission.workload.total.items():
            usage[admission.queue, admission.flavor, resource] += sign * amount
