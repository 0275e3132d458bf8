"""What queues promise, looked at after every step of a simulation, with sums of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mlinfra.components.training.shares import offer, quantity
from tests.components.training.kueue import Admission, Event, Kueue
from tests.components.training.kueue_objects import Quota, Workload, thousandths
from tests.components.training.two_hundred_nodes import POOLS

Sums = Counter[tuple[str, str, str]]


class Simulation:
    """Jobs come and go; after every step, what runs and who gave way is looked at."""

    def __init__(self, declared: Sequence[Mapping[str, Any]]) -> None:
        self.kueue = Kueue(declared)
        self.running: dict[str, Admission] = {}
        """As the events say."""
        self.borrowed = self.reclaimed = 0

    def step(self, *arrived: Workload, ended: Sequence[str] = ()) -> list[Event]:
        for name in ended:
            self.kueue.finish(name)
            self.running.pop(name, None)
        self.kueue.submit(*arrived)
        events = self.kueue.round()
        for event in events:
            self._gave_way(event)
            self.running[event.admitted.workload.name] = event.admitted
            self._within_limits()
        assert self.running == self.kueue.running
        assert self.used() == self.kueue.usage, "a gang has its quota in part"
        self._owners_have_theirs()
        return events

    def used(self) -> Sums:
        """What the jobs that run use, every pod of them."""
        sums: Sums = Counter()
        for one in self.running.values():
            for resource, amount in one.workload.requests.items():
                sums[one.queue, one.flavor, resource] += thousandths(amount) * one.workload.pods
        return sums

    def quota(self, queue: str, flavor: str, resource: str) -> Quota:
        return self.kueue.queues[queue].quotas[flavor, resource]

    def _within_limits(self) -> None:
        used = self.used()
        for (queue, flavor, resource), amount in used.items():
            quota = self.quota(queue, flavor, resource)
            self.borrowed += amount > quota.nominal
            if quota.borrow is not None:
                assert amount <= quota.nominal + quota.borrow, f"{queue} uses {amount} {resource} of {flavor}"
        for pool in POOLS:
            for resource, each in offer(pool).per_node.items():
                whole = thousandths(quantity(resource, each)) * pool.max_nodes
                total = sum(amount for key, amount in used.items() if key[1:] == (pool.name, resource))
                assert total <= whole, f"{total} {resource} of {pool.name}"
                for name, owner in self.kueue.queues.items():
                    if (pool.name, resource) in owner.quotas:
                        kept = owner.quotas[pool.name, resource].kept
                        others = total - used[name, pool.name, resource]
                        assert others <= whole - kept, f"others use what {name} does not lend"

    def _gave_way(self, event: Event) -> None:
        """Only borrowers did, and jobs of lower priority in the same queue; of those, the lowest first."""
        winner = event.admitted
        for one in event.preempted:
            same = one.queue == winner.queue
            lower = one.workload.priority < winner.workload.priority
            used = self.used()
            borrows = any(
                used[one.queue, one.flavor, each] > self.quota(one.queue, one.flavor, each).nominal
                for each in one.workload.requests
            )
            assert (same and lower) or (not same and borrows), f"{one} gave way to {winner}"
            self.reclaimed += not same
            del self.running[one.workload.name]
        for one in event.preempted:
            for spared in self.running.values():
                if (spared.queue, spared.flavor) == (one.queue, one.flavor) and _larger(spared, one):
                    assert spared.workload.priority >= one.workload.priority, f"{one} went and {spared} stayed"

    def _owners_have_theirs(self) -> None:
        """Nothing waits that its queue's own share has room for."""
        used = self.used()
        for one in self.kueue.pending:
            queue = self.kueue.queue_of(one)
            for flavor in self.kueue.eligible(one):
                assert any(
                    (flavor, resource) not in queue.quotas
                    or used[queue.name, flavor, resource] + amount > queue.quotas[flavor, resource].nominal
                    for resource, amount in one.total.items()
                ), f"{one.name} waits though {queue.name} has room of its own in {flavor}"


def _larger(one: Admission, other: Admission) -> bool:
    return all(amount >= other.workload.total.get(name, 0) for name, amount in one.workload.total.items())
