"""Keep the nodes of the control plane what the declared pools say: managed node groups, and Karpenter's NodePools."""

from __future__ import annotations

import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.controlplane import provisioning
from mlinfra.sandbox.controlplane.api import MERGE
from mlinfra.sandbox.controlplane.nodes import POOL_LABEL, Pool, node
from mlinfra.sandbox.kubernetes.backend import ApiError, Kind, NoKindError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlinfra.sandbox.controlplane.api import Api
    from mlinfra.sandbox.kubernetes.backend import Manifest

log = logging.getLogger("mlinfra.sandbox")
SECONDS: Final = 1.0  # between two looks
SETTLING_SECONDS: Final = 3.0  # what a new node takes until pods are on it
NODES: Final = Kind("", "v1", "Node", "nodes", namespaced=False)
PODS: Final = Kind("", "v1", "Pod", "pods", namespaced=True)
_DURATION: Final = re.compile(r"(\d+)([hms])")
_LENGTHS: Final = {"h": 3600, "m": 60, "s": 1}


class Mirror:
    """The nodes of one control plane. `api` gives its API server, `groups` the managed node groups its cluster has now."""

    def __init__(self, api: Callable[[], Api], groups: Callable[[], Sequence[Pool]], version: str) -> None:
        self._connect, self._groups, self._version = api, groups, version
        self._empty_since: dict[str, float] = {}
        self._stopping = threading.Event()
        self._settled = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look at the pools every second from now on."""
        self._thread = threading.Thread(target=self._run, name="nodes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more. Nodes stay as they are."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)

    def step(self) -> None:
        """One look: make the nodes that are missing, change those that differ, take away those that are too many."""
        self._api = self._connect()
        groups = self._groups()
        node_pools = self._node_pools()
        zones = sorted({zone for pool in groups for zone in pool.zones})
        elastic = provisioning.pools(node_pools, zones, self._version)
        live = {one["metadata"]["name"]: one for one in self._api.objects(NODES, labelSelector=POOL_LABEL)}
        wanted = fixed([*groups, *elastic])
        others = {
            name: one
            for name, one in live.items()
            if name not in wanted
            and one["metadata"]["labels"].get("karpenter.sh/nodepool") in {p.name for p in elastic if not p.nodes}
        }
        self._make([one for name, one in wanted.items() if name not in live])
        for name in wanted.keys() & live.keys():
            if patch := change(live[name], wanted[name]):
                self._api.request("PATCH", self._api.path(NODES, "", name), patch, content=MERGE)
        gone = [name for name in live if name not in wanted and name not in others]
        gone += self._idle(others, node_pools)
        self._remove(gone)
        dynamic = [pool for pool in elastic if not pool.nodes]
        if dynamic and time.monotonic() > self._settled:
            made = provisioning.needed(self._pending(), [*others.values()], node_pools, dynamic)
            self._make(made)
            if made:
                self._settled = time.monotonic() + SETTLING_SECONDS

    def _run(self) -> None:
        told = ""
        while not self._stopping.wait(SECONDS):
            try:
                self.step()
                told = ""
            except ApiError as error:  # the API server restarts, or an object has changed meanwhile
                if str(error) != told:
                    log.warning("the nodes do not follow the pools: %s", error)
                told = str(error)
            except Exception:
                log.exception("the nodes do not follow the pools")

    def _node_pools(self) -> list[Manifest]:
        try:
            kind = self._api.kind("karpenter.sh/v1", "NodePool")
            found = [*self._api.objects(kind)]
        except NoKindError:
            return []
        except ApiError as error:
            if error.missing:  # its definition is gone
                return []
            raise
        return [one for one in found if "deletionTimestamp" not in one["metadata"]]

    def _pending(self) -> list[Manifest]:
        """The pods that the scheduler has found no node for."""
        waiting = self._api.objects(PODS, fieldSelector="spec.nodeName=,status.phase=Pending")
        return [
            pod
            for pod in waiting
            if any(c.get("reason") == "Unschedulable" for c in pod.get("status", {}).get("conditions") or ())
        ]

    def _idle(self, candidates: Mapping[str, Manifest], node_pools: Iterable[Manifest]) -> list[str]:
        """Those nodes that nothing but daemons has run on for as long as their pools wait."""
        if not candidates:
            self._empty_since.clear()
            return []
        busy = {
            pod["spec"]["nodeName"]
            for pod in self._api.objects(PODS, fieldSelector="spec.nodeName!=")
            if not any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences", ()))
            and pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
        }
        now = time.monotonic()
        self._empty_since = {name: self._empty_since.get(name, now) for name in candidates if name not in busy}
        patience = {one["metadata"]["name"]: consolidate_after(one) for one in node_pools}
        return [
            name
            for name, since in self._empty_since.items()
            if now - since > patience.get(candidates[name]["metadata"]["labels"][POOL_LABEL], 0.0)
        ]

    def _make(self, manifests: Sequence[Manifest]) -> None:
        self._all(manifests, lambda one: self._api.request("POST", self._api.path(NODES), one))

    def _remove(self, names: Sequence[str]) -> None:
        self._all(names, lambda name: self._api.request("DELETE", self._api.path(NODES, "", name)))

    def _all(self, items: Sequence[Any], act: Callable[[Any], object]) -> None:
        if not items:
            return
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(act, item) for item in items]:
                try:
                    done.result()
                except ApiError as error:
                    if error.code not in {404, 409}:  # somebody else was faster
                        raise


def fixed(pools: Iterable[Pool]) -> dict[str, Manifest]:
    """The nodes of pools that have a given number of them, by name."""
    found = (node(pool, index) for pool in pools for index in range(pool.nodes))
    return {one["metadata"]["name"]: one for one in found if one is not None}


def change(live: Manifest, wanted: Manifest) -> Manifest:
    """The merge patch by which a node gets the labels and taints of its pool; empty when it has them.

    Taints that the cluster itself sets (node.kubernetes.io/…) stay.
    """
    labels = wanted["metadata"]["labels"]
    theirs = live["metadata"].get("labels", {})
    patch: Manifest = {}
    if differing := {key: value for key, value in labels.items() if theirs.get(key) != value}:
        patch["metadata"] = {"labels": differing}
    taints = live["spec"].get("taints") or []
    kept = [taint for taint in taints if taint["key"].startswith("node.kubernetes.io/")]
    own = [taint for taint in taints if taint not in kept]
    if sorted(map(str, own)) != sorted(map(str, wanted["spec"]["taints"])):
        patch["spec"] = {"taints": [*wanted["spec"]["taints"], *kept]}
    return patch


def consolidate_after(node_pool: Manifest) -> float:
    """The seconds after which an empty node of a NodePool goes; infinite for Never."""
    text = str((node_pool["spec"].get("disruption") or {}).get("consolidateAfter", "0s"))
    if text == "Never":
        return float("inf")
    return float(sum(int(number) * _LENGTHS[unit] for number, unit in _DURATION.findall(text)))
