"""How the control plane and planning grow: a thousand GPU nodes with five thousand pods, and three hundred pools."""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.timing import Cost, summed_up, used
from mlinfra.sandbox.controlplane.api import Api
from mlinfra.sandbox.controlplane.build import build
from mlinfra.sandbox.controlplane.control import ControlPlane
from mlinfra.sandbox.controlplane.mirror import NODES, PODS
from mlinfra.sandbox.controlplane.nodes import Pool, node
from mlinfra.sandbox.server.files import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.timing import Ratio

SMALL, LARGE = 100, 1000
"""Nodes of eight GPUs each."""
PODS_PER_NODE = 5
REPLICAS = 500
"""Pods of one Deployment."""
WAIT_SECONDS = 900.0
GPU = "nvidia.com/gpu"


def scale(folder: Path, _: int, runs: int) -> Iterator[Ratio]:
    """Nodes and pods on the real control plane, at a tenth of the size and in full: per node and per pod.

    A size costs minutes, so that there are at most two pairs. Without Go there is nothing to run, and no ratio.
    """
    try:
        build(lambda progress: _tell(f"scale: building {progress.module.path}: {progress.done} of {progress.total}"))
    except SandboxError as error:
        _tell(f"scale: not measured, {error.message}")
        return
    control_plane = ControlPlane(folder / "scale")
    start = time.perf_counter()
    info = control_plane.start()
    _tell(f"scale: the control plane is up after {time.perf_counter() - start:.1f} s")
    try:
        api = Api(Path(info.kubeconfig), connections=32)
        found = [tuple(_size(api, info.pid, nodes) for nodes in (LARGE, SMALL)) for _ in range(min(runs, 2))]
    finally:
        control_plane.stop()
    for number, what in enumerate(("node", "pod")):
        titles = tuple(f"a {what} of {size * (1, PODS_PER_NODE)[number]:,} {what}s" for size in (LARGE, SMALL))
        pairs = [(large[number], small[number]) for large, small in found]
        rate = statistics.median(1 / large.wall for large, _ in pairs)
        _tell(f"scale: {rate:.0f} {what}s a second at full size")
        yield summed_up(f"scale: {what}s", (titles[0], titles[1]), pairs, goal=None)


def _size(api: Api, supervisor: int, nodes: int) -> tuple[Cost, Cost]:
    """What a node costs until all are ready, and a pod until all run; the cluster is empty again afterwards."""
    pool = Pool(name="bench", source="eks", instance_types=["p5.48xlarge"], zones=["us-east-1a", "us-east-1b"])
    manifests = [one for index in range(nodes) if (one := node(pool, index)) is not None]
    pods = nodes * PODS_PER_NODE

    def make_nodes() -> None:
        with ThreadPoolExecutor(16) as workers:
            list(workers.map(lambda one: api.request("POST", "/api/v1/nodes", one), manifests))
        _until(lambda: sum(map(_ready, api.objects(NODES))) == nodes)

    def make_pods() -> None:
        for number in range(-(-pods // REPLICAS)):
            api.apply(_deployment(number, min(REPLICAS, pods - number * REPLICAS)), manager="bench")
        _until(lambda: _available(api) == pods)

    costs = tuple(_cost(make, supervisor) / count for make, count in ((make_nodes, nodes), (make_pods, pods)))
    _tell(f"scale: {nodes} nodes in {costs[0].wall * nodes:.1f} s, {pods} pods in {costs[1].wall * pods:.1f} s")
    _check_places(api, pods)
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    api.request("DELETE", "/apis/apps/v1/namespaces/default/deployments", options)
    _until(lambda: not any(True for _ in api.objects(PODS)))
    api.request("DELETE", "/api/v1/nodes")
    _until(lambda: not any(True for _ in api.objects(NODES)))
    return costs[0], costs[1]


def _cost(act: Callable[[], None], supervisor: int) -> Cost:
    processes = _children(supervisor)
    before, start = sum(map(used, processes)), time.perf_counter()
    act()
    return Cost(time.perf_counter() - start, sum(map(used, processes)) - before)


def _check_places(api: Api, pods: int) -> None:
    """No node has more pods than it has GPUs: who placed them looked at them."""
    placed: dict[str, int] = {}
    for pod in api.objects(PODS):
        placed[pod["spec"]["nodeName"]] = placed.get(pod["spec"]["nodeName"], 0) + 1
    if sum(placed.values()) != pods or max(placed.values()) > 8:  # noqa: PLR2004 (GPUs of a p5.48xlarge)
        raise RuntimeError(
            f"{sum(placed.values())} of {pods} pods are placed, at most {max(placed.values())} on a node"
        )


def _deployment(number: int, replicas: int) -> dict[str, Any]:
    labels = {"bench": str(number)}
    container = {"name": "main", "image": "none", "resources": {"limits": {GPU: "1", "cpu": "1", "memory": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"bench-{number}", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _available(api: Api) -> int:
    kind = api.kind("apps/v1", "Deployment")
    return sum(one.get("status", {}).get("availableReplicas", 0) for one in api.objects(kind))


def _ready(live: dict[str, Any]) -> bool:
    conditions = live.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not done after {WAIT_SECONDS:.0f} s")
        time.sleep(0.25)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _tell(text: str) -> None:
    sys.stderr.write(f"  {text}\n")
