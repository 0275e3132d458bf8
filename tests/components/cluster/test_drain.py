"""A drain: in an order in which everything can go, by its own controllers, with an end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.components.cluster.drain import DrainError, Progress, drain

CSI = {"driver": "ebs.csi.aws.com"}


class Fake:
    """A cluster whose controllers take a few looks to finish what is being deleted; `stuck` never goes."""

    def __init__(self, objects: Sequence[Mapping[str, Any]], stuck: Sequence[str] = (), looks: int = 2) -> None:
        self.live = {
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in objects
        }
        self.stuck, self.looks, self.deleted = stuck, looks, []
        self.now = 0.0

    def list(self, api_version: str, kind: str) -> list[Mapping[str, Any]]:
        return [one for one in self.live.values() if (one["kind"], one["apiVersion"]) == (kind, api_version)]

    def delete(self, api_version: str, kind: str, namespace: str, name: str) -> None:
        self.deleted.append(f"{kind} {name}")
        self.live[kind, namespace, name]["metadata"]["deletionTimestamp"] = self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for key, one in list(self.live.items()):
            since = one["metadata"].get("deletionTimestamp")
            if since is not None and self.now - since >= self.looks * seconds and key[2] not in self.stuck:
                del self.live[key]
                self.collect(key)

    def collect(self, gone: tuple[str, str, str]) -> None:
        """What belonged to an object goes after it, as controllers and the garbage collector have it."""
        owned = {"NodePool": "NodeClaim", "PersistentVolumeClaim": "PersistentVolume", "StatefulSet": "Pod"}
        for key, one in list(self.live.items()):
            if key[0] == owned.get(gone[0]) and one.get("owner") == gone[2]:
                one["metadata"].setdefault("deletionTimestamp", self.now)


def one(api_version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def webhook(name: str, service: str, policy: str = "Fail") -> dict[str, Any]:
    client = {"service": {"namespace": "tools", "name": service}}
    hooks = [{"failurePolicy": policy, "clientConfig": client}]
    return one("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", name, webhooks=hooks)


def cluster() -> list[dict[str, Any]]:
    """A bit of everything: what must go, and beside each what must stay."""
    claim = {"persistentVolumeClaim": {"claimName": "data"}}
    return [
        webhook("dead", "gone"),
        webhook("dead-but-harmless", "gone", "Ignore"),
        webhook("alive", "policies"),
        one(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "policies-x",
            "tools",
            metadata={"labels": {"kubernetes.io/service-name": "policies"}},
            endpoints=[{"conditions": {"ready": True}}],
        ),
        one("v1", "Service", "web", "team", spec={"type": "LoadBalancer"}, metadata={"finalizers": ["service.k8s.aws/resources"]}),
        one("v1", "Service", "inner", "team", spec={"type": "ClusterIP"}),
        one("networking.k8s.io/v1", "Ingress", "site", "team"),
        one("apps/v1", "StatefulSet", "db", "team", spec={"volumeClaimTemplates": [{}]}),
        one("apps/v1", "StatefulSet", "stateless", "team", spec={}),
        one("v1", "PersistentVolumeClaim", "data", "team", spec={"volumeName": "pv-1"}),
        one("v1", "PersistentVolumeClaim", "kept", "team", spec={"volumeName": "pv-2"}),
        one("v1", "PersistentVolume", "pv-1", spec={"persistentVolumeReclaimPolicy": "Delete", "csi": CSI, "claimRef": {"namespace": "team", "name": "data"}}, owner="data"),
        one("v1", "PersistentVolume", "pv-2", spec={"persistentVolumeReclaimPolicy": "Retain", "csi": CSI, "claimRef": {"namespace": "team", "name": "kept"}}),
        one("v1", "Pod", "user", "team", spec={"volumes": [claim]}),
        one("v1", "Pod", "other", "team", spec={"volumes": [{"emptyDir": {}}]}),
        one("karpenter.sh/v1", "NodePool", "gpu"),
        one("karpenter.sh/v1", "NodeClaim", "gpu-abc", owner="gpu"),
        one("karpenter.k8s.aws/v1", "EC2NodeClass", "gpu"),
    ]  # fmt: skip


def drained(fake: Fake, report: Callable[[Progress], None] = lambda _: None, timeout: float = 100.0) -> list[str]:
    return drain(fake, report, timeout=timeout, interval=1.0, clock=lambda: fake.now, sleep=fake.sleep)


def test_what_controllers_made_goes_and_all_else_stays() -> None:
    fake = Fake(cluster())
    asked = drained(fake)
    kept = {"dead-but-harmless", "alive", "policies-x", "inner", "stateless", "kept", "pv-2", "other"}
    assert {key[2] for key in fake.live} == kept
    assert "Service team/web" in asked
    assert len(asked) == len(set(asked)) == len(fake.deleted)


def test_the_order_is_one_in_which_everything_can_go() -> None:
    fake = Fake(cluster())
    drained(fake)
    order = {name: number for number, name in enumerate(fake.deleted)}
    chain = [
        "ValidatingWebhookConfiguration dead",
        "Service web",
        "StatefulSet db",
        "PersistentVolumeClaim data",
        "NodePool gpu",
        "EC2NodeClass gpu",
    ]
    assert [order[name] for name in chain] == sorted(order[name] for name in chain)
    assert order["Pod user"] < order["NodePool gpu"]


@given(st.permutations(cluster()), st.integers(1, 4))
def test_the_order_of_things_in_the_cluster_does_not_matter(objects: list[dict[str, Any]], looks: int) -> None:
    fake = Fake([{**thing, "metadata": dict(thing["metadata"])} for thing in objects], looks=looks)
    drained(fake)
    assert not fake.list("karpenter.sh/v1", "NodeClaim")
    assert not [one for one in fake.list("v1", "Service") if one["spec"]["type"] == "LoadBalancer"]


def test_what_does_not_go_is_named_with_what_holds_it() -> None:
    with pytest.raises(DrainError) as error:
        drained(Fake(cluster(), stuck=["web"]), timeout=30)
    assert "after 30 seconds there are still load balancers" in str(error.value)
    assert "Service team/web (held by service.k8s.aws/resources)" in str(error.value)
    assert "fix:" in str(error.value)


def test_a_drain_that_was_cut_short_goes_on() -> None:
    fake = Fake(cluster(), stuck=["web"])
    with pytest.raises(DrainError):
        drained(fake, timeout=5)
    fake.stuck = []
    assert "Service team/web" not in drained(fake)  # it had been asked to go
    assert ("Service", "team", "web") not in fake.live


def test_progress_says_what_is_waited_for() -> None:
    seen: list[Progress] = []
    drained(Fake(cluster()), seen.append)
    assert ("load balancers", ("Ingress team/site", "Service team/web")) in [(one.step, one.waiting) for one in seen]


def test_an_empty_cluster_is_drained_at_once() -> None:
    fake = Fake([])
    assert drained(fake) == []
    assert fake.now == 0
