"""The queues of a training cluster on a real control plane with 200 simulated GPU nodes.

A model of Kueue's documented rules decides which suspended Jobs start, and where; the real job controller makes their pods
and the real scheduler places them. In every look at the pods, no team uses more than it was given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlinfra.components.pools.reference import POOL_LABEL, PoolReference
from mlinfra.sandbox.controlplane.api import MERGE, Api
from mlinfra.sandbox.controlplane.mirror import NODES, PODS
from mlinfra.sandbox.controlplane.nodes import Pool, node
from mlinfra.sandbox.kubernetes.backend import Kind
from tests.components.training.kueue import Admission
from tests.components.training.kueue_objects import Workload
from tests.components.training.queue_laws import Simulation
from tests.components.training.two_hundred_nodes import GPU, GPUS_PER_NODE, POOLS, SHARES, job, objects
from tests.e2e.plane import api, eventually, plane, pod

pytestmark = pytest.mark.e2e
__all__ = ["api", "plane"]
JOBS = Kind("batch", "v1", "Job", "jobs", namespaced=True)
JOB = "batch.kubernetes.io/job-name"
BACKGROUND = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
FOREVER = {"pod-complete.stage.kwok.x-k8s.io/delay": "24h", "pod-complete.stage.kwok.x-k8s.io/jitter-delay": "24h"}
SECONDS = 90.0

Given = Counter[tuple[str, str]]
"""GPUs by team and pool."""


class Queued:
    """Jobs on the control plane, started and stopped as the model says."""

    def __init__(self, api: Api) -> None:
        self.api, self.simulation = api, Simulation(objects())
        self.given: Given = Counter()

    def step(self, *arrived: Workload, ended: Sequence[str] = ()) -> None:
        """Jobs arrive and end; then all that the model admits runs whole, and nothing of the rest."""
        for name in ended:
            self._end(self.simulation.running[name])
        for one in arrived:
            self.api.request("POST", self.api.path(JOBS, one.namespace), suspended(one))
        for event in self.simulation.step(*arrived, ended=ended):
            for gone in event.preempted:
                self._stop(gone)
            self._start(event.admitted)
        eventually(self._pods, self._as_the_model_says, SECONDS)

    def pods(self, name: str) -> int:
        """How many pods of a job are on nodes."""
        return len(self._pods()[name])

    def _start(self, admission: Admission) -> None:
        self._give(admission, 1)
        labels = self.simulation.kueue.flavors[admission.flavor]["nodeLabels"]
        self._patch(admission.workload, {"suspend": False, "template": {"spec": {"nodeSelector": labels}}})

    def _stop(self, admission: Admission) -> None:
        self._patch(admission.workload, {"suspend": True})
        self._gone(admission)

    def _end(self, admission: Admission) -> None:
        path = self.api.path(JOBS, admission.workload.namespace, admission.workload.name)
        self.api.request("DELETE", path, BACKGROUND)
        self._gone(admission)

    def _gone(self, admission: Admission) -> None:
        eventually(self._pods, lambda pods: not pods[admission.workload.name], SECONDS)
        self._give(admission, -1)

    def _give(self, admission: Admission, sign: int) -> None:
        workload = admission.workload
        self.given[workload.namespace, admission.flavor] += sign * workload.pods * GPUS_PER_NODE

    def _patch(self, workload: Workload, spec: Mapping[str, Any]) -> None:
        path = self.api.path(JOBS, workload.namespace, workload.name)
        self.api.request("PATCH", path, {"spec": spec}, content=MERGE)

    def _pods(self) -> dict[str, list[dict[str, Any]]]:
        """All pods by job. None of them has more than its team was given."""
        found, used = defaultdict[str, list[dict[str, Any]]](list), Given()
        for one in self.api.objects(PODS, labelSelector=JOB):
            found[one["metadata"]["labels"][JOB]].append(one)
            if name := one["spec"].get("nodeName"):
                (container,) = one["spec"]["containers"]
                pool = name.rpartition("-")[0]
                used[one["metadata"]["namespace"], pool] += int(container["resources"]["limits"][GPU])
        for key, gpus in used.items():
            assert gpus <= self.given[key], f"{key} uses {gpus} GPUs of {self.given[key]}"
        return found

    def _as_the_model_says(self, pods: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
        """Whether all pods of what was admitted run, each on a node of its own, and there are no others."""
        running = self.simulation.running
        assert {name for name, some in pods.items() if some} <= running.keys()
        nodes = [one["spec"].get("nodeName") for some in pods.values() for one in some]
        there = [name for name in nodes if name]
        assert len(there) == len(set(there)), "two pods of eight GPUs share a node"
        return all(
            len(pods[name]) == admission.workload.pods
            and all(one["status"]["phase"] == "Running" for one in pods[name])
            and all(one["spec"]["nodeName"].rpartition("-")[0] == admission.flavor for one in pods[name])
            for name, admission in running.items()
        )


@pytest.fixture(scope="module")
def queued(api: Api) -> Queued:
    gpu_pools = [pool for pool in POOLS if pool.devices]
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda one: api.request("POST", api.path(NODES), one), nodes(gpu_pools)))
    for team in SHARES:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team}}
        api.request("POST", "/api/v1/namespaces", namespace)
    eventually(lambda: sum(map(ready, api.objects(NODES))), lambda count: count == 200)
    return Queued(api)


def test_gangs_start_whole_or_not_at_all_and_owners_get_back_what_they_lent(queued: Queued) -> None:
    """Language owns 16 nodes of block and borrows 88: the 64 of vision, and the 24 that speech lends."""
    research = job("research", "language", 32, pool="block", priority=100, created=1)
    production = job("production", "language", 32, pool="block", priority=1000, created=2)
    urgent = job("urgent", "language", 40, pool="block", priority=10000, created=3)
    queued.step(research, production, urgent)
    assert [queued.pods(name) for name in ("research", "production", "urgent")] == [32, 32, 40]

    queued.step(job("owner", "vision", 64, pool="block", priority=100, created=4))
    assert [queued.pods(name) for name in ("research", "production", "urgent", "owner")] == [0, 0, 40, 64]

    queued.step(job("kept", "speech", 48, priority=100, created=5))
    assert [queued.pods(name) for name in ("urgent", "kept", "owner")] == [0, 48, 64]

    rest = [("vision", 32), ("speech", 24), ("language", 16)]
    queued.step(
        *(job(f"{team}-rest", team, count, pool="reserve", created=6 + n) for n, (team, count) in enumerate(rest)),
        job("small", "language", 16, pool="block", priority=100, created=9),
    )
    assert sum(queued.given.values()) == 200 * GPUS_PER_NODE

    # What comes back to borrowers goes to the highest priority; a gang for which it is too little starts no pod.
    queued.step(ended=["owner", "small"])
    assert [queued.pods(name) for name in ("urgent", "production", "research")] == [40, 32, 0]


def nodes(pools: Sequence[PoolReference]) -> list[dict[str, Any]]:
    """The nodes of the pools, as managed node groups make them."""
    return [
        made for pool in pools for index in range(pool.max_nodes) if (made := node(simulated(pool), index)) is not None
    ]


def simulated(pool: PoolReference) -> Pool:
    return Pool(
        name=pool.name,
        source="eks",
        instance_types=pool.instance_types,
        zones=pool.zones,
        efa=pool.efa_per_node,
        labels={POOL_LABEL: pool.name},
        taints=[{"key": one.key, "value": one.value, "effect": one.effect.value} for one in pool.taints],
    )


def ready(live: Mapping[str, Any]) -> bool:
    conditions = live.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def suspended(workload: Workload) -> dict[str, Any]:
    """The workload as an Indexed Job that waits."""
    template = pod(workload.name, workload.namespace, **workload.requests)
    spec = template["spec"] | {
        "restartPolicy": "Never",
        "nodeSelector": dict(workload.node_selector),
        "tolerations": [dict(one) for one in workload.tolerations],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": workload.name, "namespace": workload.namespace},
        "spec": {
            "suspend": True,
            "completionMode": "Indexed",
            "completions": workload.pods,
            "parallelism": workload.pods,
            "backoffLimit": 0,
            "template": {"metadata": {"annotations": FOREVER}, "spec": spec},
        },
    }
