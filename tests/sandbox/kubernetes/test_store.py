"""The object store as an API server: merging by managers, defaults, what goes with what, quotas, and what lasts."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlinfra.sandbox.kubernetes.backend import ApiError, Target
from mlinfra.sandbox.kubernetes.diffs import diff
from mlinfra.sandbox.kubernetes.manifests import copied, merge_patch, patch_between, pruned
from mlinfra.sandbox.kubernetes.store import Stores
from mlinfra.sandbox.kubernetes.store.cluster import StoreCluster
from mlinfra.sandbox.kubernetes.store.quantities import amount, is_quantity, spelled

TARGET = Target("key", "prod", "1.35")
JSON = st.recursive(
    st.integers(-3, 3) | st.booleans() | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


def config(data: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "default"},
        "data": data,
        **more,
    }


def deployment(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}},
            **spec,
        },
    }


def pod(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", **more.pop("metadata", {})}
    spec = {"containers": [{"name": "c", "image": "i:1", **more}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.fixture
def cluster() -> StoreCluster:
    return Stores().open(TARGET)


# --- laws ---------------------------------------------------------------------------------------------------------------


@given(OBJECTS, OBJECTS)
def test_a_patch_between_two_makes_one_of_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merge_patch(old, patch_between(old, new)) == new


@given(OBJECTS, OBJECTS)
def test_what_differs_is_told_and_nothing_else(old: dict[str, Any], new: dict[str, Any]) -> None:
    told = diff(old, new, ())
    strictly = repr(old) != repr(new) and old != new
    assert not (strictly and not told)
    assert not diff(old, old, ())
    assert diff(old, new, ()).keys() == diff(old, new, ("a",)).keys()


@given(OBJECTS)
def test_pruning_to_its_own_shape_keeps_everything(value: dict[str, Any]) -> None:
    assert pruned(value, value) == value


DATA = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), DATA), min_size=1, max_size=6))
def test_applies_leave_exactly_what_their_managers_want(steps: list[tuple[str, dict[str, str]]]) -> None:
    """After any applies, all forced: the last word on a key counts, and a key that no manager wants is gone."""
    cluster = Stores().open(TARGET)
    wanted: dict[str, dict[str, str]] = {}
    for manager, data in steps:
        live = cluster.apply(config(data), manager=manager, force=True)
        for other, said in wanted.items():  # a value that is taken over is no longer the other's
            if other != manager:
                wanted[other] = {k: v for k, v in said.items() if data.get(k, v) == v}
        wanted[manager] = data
        assert live.get("data", {}) == {k: v for said in wanted.values() for k, v in said.items()}
        assert cluster.apply(config(data), manager=manager, force=True) == live


@given(st.integers(0, 10**9), st.sampled_from(["", "k", "M", "Ki", "Gi", "m"]))
def test_quantities_are_read_as_they_are_written(number: int, unit: str) -> None:
    text = f"{number}{unit}"
    assert is_quantity(text)
    if unit != "m":
        assert amount(spelled(amount(text))) == amount(text)
    assert not is_quantity(text + "x")


# --- merging ------------------------------------------------------------------------------------------------------------


def test_two_managers_share_a_deployment(cluster: StoreCluster) -> None:
    main = {"name": "main", "image": "i:1", "ports": [{"containerPort": 80}]}
    cluster.apply(deployment(main, replicas=2), manager="pulumi")
    side = {**deployment({"name": "side", "image": "s:1"}), "metadata": {"name": "web"}}
    live = cluster.apply(side, manager="mesh")
    assert [one["name"] for one in live["spec"]["template"]["spec"]["containers"]] == ["side", "main"]
    with pytest.raises(ApiError, match=r'conflict with "pulumi": \.spec\.replicas'):
        cluster.apply(deployment(replicas=3), manager="mesh")
    live = cluster.apply(deployment({"name": "main", "image": "i:2"}), manager="pulumi")
    containers = {one["name"]: one for one in live["spec"]["template"]["spec"]["containers"]}
    assert containers["main"]["image"] == "i:2"
    assert "ports" not in containers["main"]
    assert live["spec"]["replicas"] == 1  # nobody's, so the default
    live = cluster.patch(
        cluster.kind("apps/v1", "Deployment"), "default", "web", {"spec": {"replicas": 5}}, manager="hpa"
    )
    assert (live["spec"]["replicas"], live["status"]["readyReplicas"]) == (5, 5)
    assert cluster.apply(deployment({"name": "main", "image": "i:2"}), manager="pulumi")["spec"]["replicas"] == 5


def test_an_object_tells_of_its_changes(cluster: StoreCluster) -> None:
    one = cluster.apply(deployment({"name": "c", "image": "i"}), manager="m")
    assert one["metadata"]["generation"] == 1
    labelled = deployment({"name": "c", "image": "i"})
    labelled["metadata"]["labels"] = {"a": "b"}
    two = cluster.apply(labelled, manager="m")
    assert (two["metadata"]["generation"], two["metadata"]["uid"]) == (1, one["metadata"]["uid"])
    assert int(two["metadata"]["resourceVersion"]) > int(one["metadata"]["resourceVersion"])
    changed = copied(labelled)
    changed["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    changed["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    with pytest.raises(ApiError, match="field is immutable"):
        cluster.apply(changed, manager="m")
    frozen = config({"a": "1"}, immutable=True)
    cluster.create(frozen, manager="m")
    with pytest.raises(ApiError, match="already exists"):
        cluster.create(frozen, manager="m")
    with pytest.raises(ApiError, match="immutable when `immutable` is set"):
        cluster.apply(config({"a": "2"}, immutable=True), manager="m", force=True)


def test_names_are_made_up_and_secrets_encoded(cluster: StoreCluster) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "s-"}, "stringData": {"a": "b"}}
    live = cluster.create(secret, manager="m")
    assert live["metadata"]["name"].startswith("s-")
    assert (live["data"], live["type"], "stringData" in live) == ({"a": "Yg=="}, "Opaque", False)


# --- what goes with what ------------------------------------------------------------------------------------------------


def test_what_an_object_owns_goes_with_it(cluster: StoreCluster) -> None:
    owner = cluster.create(config({}), manager="m")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": owner["metadata"]["uid"]}
    for name in ("owned", "orphan"):
        cluster.create(pod(name, metadata={"ownerReferences": [reference]}), manager="m")
    pods, maps = cluster.kind("v1", "Pod"), cluster.kind("v1", "ConfigMap")
    cluster.delete(maps, "default", "c", propagation="Orphan")
    assert len(cluster.list(pods)) == 2
    owner = cluster.create(config({}), manager="m")
    cluster.patch(
        pods,
        "default",
        "owned",
        {"metadata": {"ownerReferences": [{**reference, "uid": owner["metadata"]["uid"]}]}},
        manager="m",
    )
    cluster.delete(maps, "default", "c")
    assert [one["metadata"]["name"] for one in cluster.list(pods)] == ["orphan"]


def test_a_namespace_goes_with_its_contents_once_nothing_holds_them(cluster: StoreCluster) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
    cluster.create(space, manager="m")
    held = config({})
    held["metadata"] = {"name": "held", "namespace": "team", "finalizers": ["example.com/hold"]}
    cluster.create(held, manager="m")
    namespaces, maps = cluster.kind("v1", "Namespace"), cluster.kind("v1", "ConfigMap")
    cluster.delete(namespaces, "", "team")
    assert cluster.get(namespaces, "", "team")["status"]["phase"] == "Terminating"
    with pytest.raises(ApiError, match="being terminated"):
        cluster.create({**held, "metadata": {"name": "late", "namespace": "team"}}, manager="m")
    cluster.patch(maps, "team", "held", {"metadata": {"finalizers": None}}, manager="m")
    with pytest.raises(ApiError) as gone:
        cluster.get(namespaces, "", "team")
    assert gone.value.missing
    with pytest.raises(ApiError, match="may not be deleted"):
        cluster.delete(namespaces, "", "default")


def test_custom_kinds_come_and_go_with_their_definition(cluster: StoreCluster) -> None:
    queue = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": {}}
    with pytest.raises(ApiError, match="no matches for kind"):
        cluster.apply(queue, manager="m")
    assert "clusterqueues.kueue.x-k8s.io" in cluster.define("kueue", "0.19.3")
    assert cluster.define("no-such-chart", "") == []
    live = cluster.apply(queue, manager="m")
    assert "namespace" not in live["metadata"]
    assert cluster.fidelity(cluster.kind("kueue.x-k8s.io/v1beta2", "ClusterQueue")) == "recorded"
    assert cluster.get(cluster.kind("kueue.x-k8s.io/v1beta1", "ClusterQueue"), "", "q")["apiVersion"].endswith(
        "v1beta1"
    )
    definitions = cluster.kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    cluster.delete(definitions, "", "clusterqueues.kueue.x-k8s.io")
    with pytest.raises(ApiError, match="no matches for kind"):
        cluster.kind("kueue.x-k8s.io/v1beta2", "ClusterQueue")


def test_quotas_and_limits_hold_for_pods(cluster: StoreCluster) -> None:
    quota = {"hard": {"requests.nvidia.com/gpu": "8", "pods": "3", "requests.cpu": "4"}}
    base = {"apiVersion": "v1", "metadata": {"name": "x", "namespace": "default"}}
    gpus = {"limits": {"nvidia.com/gpu": 8, "cpu": 1}}
    cluster.create({**base, "kind": "ResourceQuota", "spec": quota}, manager="m")
    with pytest.raises(ApiError, match=r"must specify requests\.cpu"):
        cluster.create(pod("bare"), manager="m")
    cluster.create(pod("one", resources=gpus), manager="m")
    said = r"exceeded quota: x, requested: requests.nvidia.com/gpu=8,? .*used: requests.nvidia.com/gpu=8, limited: requests.nvidia.com/gpu=8"
    with pytest.raises(ApiError, match=said):
        cluster.create(pod("two", resources=gpus), manager="m")
    limits = {"limits": [{"type": "Container", "default": {"cpu": "500m"}, "max": {"cpu": 2}}]}
    cluster.create({**base, "kind": "LimitRange", "spec": limits}, manager="m")
    live = cluster.create(pod("three"), manager="m")
    assert live["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "500m"}, "requests": {"cpu": "500m"}}
    with pytest.raises(ApiError, match="maximum cpu usage per Container is 2"):
        cluster.create(pod("four", resources={"limits": {"cpu": 3}}), manager="m")


# --- what lasts ---------------------------------------------------------------------------------------------------------


def test_clusters_are_kept_apart_and_forgotten_with_their_own() -> None:
    changes: list[None] = []
    kept: dict[str, Any] = {}
    stores = Stores(kept, lambda: changes.append(None))
    stores.open(TARGET).create(config({"a": "1"}), manager="m")
    stores.open(Target("other", "staging", "1.34"))
    assert stores.inventory() == {"prod": ["ConfigMap default/c"]}
    assert changes
    again = Stores(pickle.loads(pickle.dumps(kept)))
    found = again.open(TARGET)
    assert found.get(found.kind("v1", "ConfigMap"), "default", "c")["data"] == {"a": "1"}
    again.keep({"other"})
    assert again.inventory() == {}
    stores.reset()
    assert (stores.inventory(), kept) == ({}, {})
