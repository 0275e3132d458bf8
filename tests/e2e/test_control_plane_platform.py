"""The platform on a real control plane: all of it is accepted, it does what it says, and it goes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mlinfra.sandbox.controlplane.api import Api
from mlinfra.sandbox.controlplane.nodes import POOL_LABEL
from mlinfra.sandbox.kubernetes.backend import ApiError
from tests.e2e.conftest import Shell
from tests.e2e.plane import api_of, eventually, node_of, pod, sandbox

pytestmark = pytest.mark.e2e
__all__ = ["sandbox"]
WHERE = ["--stack", "dev", "--yes", "--skip-preview"]
TEAM = "vision"
GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def api(sandbox: Shell) -> Api:
    created = sandbox.changes("up", *WHERE)
    assert set(created) == {"create"}
    return api_of(sandbox)


def names(api: Api, api_version: str, kind: str, namespace: str = "") -> set[str]:
    return {one["metadata"]["name"] for one in api.objects(api.kind(api_version, kind), namespace)}


def pool_of(labels: dict[str, str]) -> str:
    """The pool that a node is of, by the name that the stack gives it."""
    return labels[POOL_LABEL].split("-")[1]


def pools(api: Api) -> dict[str, int]:
    """How many nodes each pool has."""
    return dict(Counter(pool_of(node["metadata"]["labels"]) for node in api.objects(api.kind("v1", "Node"))))


def test_everything_is_there(api: Api) -> None:
    assert {TEAM, "nvidia"} <= names(api, "v1", "Namespace")
    assert names(api, "v1", "ResourceQuota", TEAM) == {"quota"}
    assert names(api, "v1", "LimitRange", TEAM) == {"limits"}
    assert {"default-deny", "dns"} <= names(api, "networking.k8s.io/v1", "NetworkPolicy", TEAM)
    assert names(api, "rbac.authorization.k8s.io/v1", "RoleBinding", TEAM) == {
        "auditor",
        "data-scientist",
        "ml-engineer",
        "spark",
    }
    eventually(
        lambda: pools(api),
        lambda found: found == {"system": 2, "general": 2, "inference": 2, "training": 2},
    )


def test_nothing_is_left_to_do(sandbox: Shell, api: Api) -> None:
    assert set(sandbox.changes("up", *WHERE, "--expect-no-changes")) == {"same"}
    sandbox.changes("refresh", *WHERE)  # volumes were bound to their claims after they were made
    assert set(sandbox.changes("refresh", *WHERE, "--expect-no-changes")) == {"same"}
    assert set(sandbox.changes("up", *WHERE, "--expect-no-changes")) == {"same"}


def test_eight_gpus_are_had_on_the_right_pool_alone_and_no_more_than_the_quota(api: Api) -> None:
    place = f"/api/v1/namespaces/{TEAM}/pods"
    eventually(lambda: pools(api).get("training"), lambda count: count == 2)
    for name in ("one", "two"):
        api.request("POST", place, pod(name, TEAM, gpu="8", efa="32"))
    for name in ("one", "two"):
        labels = node_of(api, name, TEAM)
        assert pool_of(labels) == "training"
        assert labels["node.kubernetes.io/instance-type"] == "p5.48xlarge"
    with pytest.raises(ApiError, match=r"exceeded quota: quota, requested: .*nvidia.com/gpu=9") as refused:
        api.request("POST", place, pod("three", TEAM, gpu="9"))
    assert refused.value.code == 403
    for name in ("one", "two"):
        api.request("DELETE", f"{place}/{name}")
    eventually(lambda: list(api.objects(api.kind("v1", "Pod"), TEAM)), lambda left: not left)
    # One GPU with EFA is had only where there is EFA; without, where a node of one GPU is free, or on part of a large one.
    api.request("POST", place, pod("fabric", TEAM, gpu="1", efa="1"))
    assert pool_of(node_of(api, "fabric", TEAM)) == "training"
    api.request("DELETE", f"{place}/fabric")


def test_pods_without_gpus_stay_off_gpu_nodes(api: Api) -> None:
    place = f"/api/v1/namespaces/{TEAM}/pods"
    for number in range(6):
        api.request("POST", place, pod(f"plain-{number}", TEAM))
    found = {pool_of(node_of(api, f"plain-{number}", TEAM)) for number in range(6)}
    assert found <= {"general", "system"}
    api.request("DELETE", place)


def test_a_pod_that_fits_nowhere_waits(api: Api) -> None:
    place = f"/api/v1/namespaces/{TEAM}/pods"
    api.request("POST", place, pod("large", TEAM, gpu="9"))

    def unscheduled() -> str:
        conditions = api.request("GET", f"{place}/large").get("status", {}).get("conditions", ())
        return next((one.get("message", "") for one in conditions if one.get("reason") == "Unschedulable"), "")

    assert "Insufficient nvidia.com/gpu" in eventually(unscheduled)
    api.request("DELETE", f"{place}/large")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hostNetwork": True}, "host namespaces"),
        ({"securityContext": {"runAsNonRoot": False}}, "runAsNonRoot"),
        ({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}, "hostPath"),
    ],
)
def test_pod_security_refuses(api: Api, change: dict[str, Any], why: str) -> None:
    bad = pod("bad", TEAM)
    bad["spec"] |= change
    with pytest.raises(ApiError, match=f"violates PodSecurity.*{why}") as refused:
        api.request("POST", f"/api/v1/namespaces/{TEAM}/pods", bad)
    assert refused.value.code == 403


def test_containers_that_say_nothing_get_the_team_s_defaults(api: Api) -> None:
    quiet = pod("quiet", TEAM)
    del quiet["spec"]["containers"][0]["resources"]
    live = api.request("POST", f"/api/v1/namespaces/{TEAM}/pods", quiet)
    assert live["spec"]["containers"][0]["resources"]["limits"]["memory"]
    api.request("DELETE", f"/api/v1/namespaces/{TEAM}/pods/quiet")


def test_traffic_is_denied_by_default(api: Api) -> None:
    path = f"/apis/networking.k8s.io/v1/namespaces/{TEAM}/networkpolicies/default-deny"
    spec = api.request("GET", path)["spec"]
    assert (spec.get("podSelector"), sorted(spec["policyTypes"])) == ({}, ["Egress", "Ingress"])
    assert not spec.get("ingress")
    assert not spec.get("egress")


@pytest.mark.parametrize(
    ("persona", "verb", "group", "resource", "namespace", "allowed"),
    [
        ("data-scientist", "create", "batch", "jobs", TEAM, True),
        ("data-scientist", "create", "batch", "jobs", "default", False),
        ("data-scientist", "get", "", "secrets", TEAM, False),
        ("data-scientist", "create", "apps", "deployments", TEAM, False),
        ("ml-engineer", "create", "apps", "deployments", TEAM, True),
        ("ml-engineer", "delete", "networking.k8s.io", "networkpolicies", TEAM, False),
        ("ml-engineer", "patch", "", "resourcequotas", TEAM, False),
        ("auditor", "list", "rbac.authorization.k8s.io", "roles", TEAM, True),
        ("auditor", "create", "batch", "jobs", TEAM, False),
        ("platform-operator", "patch", "", "nodes", "", True),
        ("platform-operator", "get", "", "secrets", TEAM, False),
    ],
)
def test_people_may_do_what_their_persona_does(
    api: Api, persona: str, verb: str, group: str, resource: str, namespace: str, allowed: bool
) -> None:
    attributes = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "somebody", "groups": [f"mlinfra:{persona}"], "resourceAttributes": attributes},
    }
    answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    assert answer["status"]["allowed"] is allowed


def test_a_pool_grows_and_shrinks(sandbox: Shell, api: Api) -> None:
    larger = ["--config-path", "--config", "platform:pools.general.nodes=4"]
    assert set(sandbox.changes("up", *WHERE, *larger)) == {"same", "update"}
    eventually(lambda: pools(api).get("general"), lambda count: count == 4)
    assert set(sandbox.changes("up", *WHERE)) == {"same", "update"}
    eventually(lambda: pools(api).get("general"), lambda count: count == 2)


def test_what_an_earlier_server_left_is_there_after_a_restart(sandbox: Shell, api: Api) -> None:
    sandbox.run("sandbox", "stop")
    sandbox.run("sandbox", "start")
    again = api_of(sandbox)
    assert {"quota"} <= names(again, "v1", "ResourceQuota", TEAM)
    assert set(sandbox.changes("up", *WHERE, "--expect-no-changes")) == {"same"}


def test_a_control_plane_is_not_taken_from_under_a_stack(sandbox: Shell, api: Api) -> None:
    said = sandbox.run("sandbox", "start", "--no-control-plane", code=1)
    assert "there are objects in dev-platform" in said


def test_it_goes_and_leaves_nothing(sandbox: Shell, api: Api) -> None:
    """With the program running, so that the cluster is drained first; a load balancer of somebody's is in the way."""
    service = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    metadata = {"name": "entry", "namespace": "default"}
    entry = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service}
    api_of(sandbox).apply(entry, manager="somebody", force=True)
    drained = [*WHERE, "--config-path", "--config", "platform:cluster.drainOnDelete=true"]
    sandbox.run("up", *drained)
    assert "deleting load balancers: Service default/entry" in sandbox.run("destroy", *drained, "--run-program")
    assert sandbox.inventory() == {}
    again = api_of(sandbox)
    assert not {TEAM, "nvidia"} & names(again, "v1", "Namespace")
    eventually(lambda: pools(again), lambda found: not found)
