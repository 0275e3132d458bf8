"""The provider by itself: what killed runs leave, charts on this machine, and manifests from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlinfra.engine.provider import InitFailure, ProviderFailure
from mlinfra.sandbox.kubernetes import rendering
from mlinfra.sandbox.kubernetes.clusters import OWN, Clusters
from mlinfra.sandbox.kubernetes.config import ProviderConfig
from mlinfra.sandbox.kubernetes.diffs import spelled
from mlinfra.sandbox.kubernetes.provider import KubernetesProvider
from mlinfra.sandbox.kubernetes.readiness import unready
from mlinfra.sandbox.kubernetes.releases import chart_name
from mlinfra.sandbox.kubernetes.store import Stores
from mlinfra.sandbox.kubernetes.store.cluster import StoreCluster

PREFIX = "urn:pulumi:dev::p::"
MAP = f"{PREFIX}kubernetes:core/v1:ConfigMap::c"
JOB = f"{PREFIX}kubernetes:batch/v1:Job::j"
POLICY = f"{PREFIX}kubernetes:networking.k8s.io/v1:NetworkPolicy::p"
RELEASE = f"{PREFIX}kubernetes:helm.sh/v3:Release::r"
HELM = """#!/bin/sh
[ "$1" = template ] || exit 1
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s-rendered}\\ndata: {args: "%s"}\\n' "$2" "$7"
"""


@pytest.fixture
def provider() -> KubernetesProvider:
    return KubernetesProvider(Stores(), Clusters(None, list), ProviderConfig(), patience=0)  # type: ignore[arg-type]


def inputs(provider: KubernetesProvider, urn: str, given: dict[str, Any], seed: bytes = b"s") -> dict[str, Any]:
    found = provider.check(urn, {}, given, seed)
    assert not found.failures
    return found.inputs


def test_what_a_killed_run_made_is_taken_up_or_cleared_away(provider: KubernetesProvider) -> None:
    named = inputs(provider, MAP, {"metadata": {"name": "mine"}, "data": {"a": "1"}})
    made = provider.create(MAP, named)
    again = provider.create(MAP, {**named, "data": {"a": "2"}})  # the run was killed before its state had it
    assert (again.id, again.outputs["data"]) == (made.id, {"a": "2"})
    with pytest.raises(ProviderFailure, match="already exists"):
        provider.create(MAP.replace("::c", "::other"), named)

    release = inputs(provider, RELEASE, {"chart": "kueue", "version": "0.19.3"})
    installed = provider.create(RELEASE, release)
    assert provider.create(RELEASE, release).id == installed.id
    with pytest.raises(ProviderFailure, match="cannot re-use a name"):
        provider.create(RELEASE.replace("::r", "::other"), release)

    assert provider.abandon({MAP: [made.id], RELEASE: [installed.id]}) == []
    assert provider.abandon({MAP: [], RELEASE: []}) == ["default/mine", installed.id]
    assert provider.backend.inventory() == {}


def test_names_are_made_up_once(provider: KubernetesProvider) -> None:
    first = inputs(provider, MAP, {"data": {}})
    name = first["metadata"]["name"]
    assert name.startswith("c-")
    assert len(name) == len("c-") + 8
    assert provider.check(MAP, first, {"data": {"a": "b"}}, b"other").inputs["metadata"]["name"] == name
    assert provider.check(MAP, {}, {}, b"s", proposed="wanted").inputs["metadata"]["name"] == "wanted"


def test_what_does_not_become_ready_is_kept_and_told(
    provider: KubernetesProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StoreCluster, "unready", lambda *_: "0 of 1 replicas are ready")
    given = inputs(provider, MAP, {"metadata": {"name": "slow"}})
    with pytest.raises(InitFailure, match="0 of 1 replicas") as failed:
        provider.create(MAP, given, timeout=0.2)
    assert (failed.value.id, failed.value.outputs["metadata"]["name"]) == ("default/slow", "slow")
    held = {"metadata": {"name": "held", "finalizers": ["a.b/c"], "annotations": {"pulumi.com/skipAwait": "true"}}}
    made = provider.create(MAP, inputs(provider, MAP, held))
    provider.delete(MAP, made.id, held, made.outputs)  # not waited for either
    del held["metadata"]["annotations"]
    with pytest.raises(ProviderFailure, match=r"it waits for: a\.b/c"):
        provider.delete(MAP, made.id, held, made.outputs, timeout=0.2)


def test_a_job_that_failed_is_not_waited_for_and_is_replaced_where_it_says_so(
    provider: KubernetesProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"conditions": [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}]}
    monkeypatch.setattr(StoreCluster, "unready", lambda _, live: unready({**live, "status": failed}))
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x:1"}]}}
    given = {"metadata": {"name": "j"}, "spec": {"template": template}}
    with pytest.raises(InitFailure, match="it failed: BackoffLimitExceeded") as told:
        provider.create(JOB, inputs(provider, JOB, given))  # which would take ten minutes otherwise

    def replaces(metadata: dict[str, Any]) -> bool:
        job = {"metadata": {"name": "j"} | metadata, "spec": {"template": template}}
        outputs = {**told.value.outputs, "metadata": {**told.value.outputs["metadata"], **metadata}}
        found = provider.diff(JOB, "default/j", job, outputs, inputs(provider, JOB, job))
        assert found.changes == bool(found.replaces) == found.delete_before_replace
        return found.changes

    assert not replaces({})
    assert replaces({"annotations": {"pulumi.com/replaceUnready": "true"}})
    monkeypatch.setattr(StoreCluster, "unready", lambda *_: "")
    assert not replaces({"annotations": {"pulumi.com/replaceUnready": "true"}})


def test_what_an_api_server_leaves_out_because_it_is_empty_is_no_drift(
    provider: KubernetesProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "metadata": {"name": "p", "labels": {}},
        "spec": {"podSelector": {}, "egress": [], "policyTypes": ["Egress"]},
    }
    named = inputs(provider, POLICY, given)
    made = provider.create(POLICY, named)
    del made.outputs["spec"]["egress"], made.outputs["metadata"]["labels"]
    assert not provider.diff(POLICY, made.id, named, made.outputs, named).changes
    monkeypatch.setattr(
        StoreCluster, "get", lambda *_: {**live, "spec": {"podSelector": {}, "policyTypes": ["Egress"]}}
    )
    live = made.outputs
    read = provider.read(POLICY, made.id, named, made.outputs)
    assert not provider.diff(POLICY, made.id, read.inputs, read.outputs, named).changes
    named["spec"] = {**named["spec"], "egress": [{}]}
    assert provider.diff(POLICY, made.id, read.inputs, read.outputs, named).diffs == ("spec",)


def test_a_chart_on_this_machine_is_rendered(
    provider: KubernetesProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helm.parent}:/usr/bin:/bin")
    chart = tmp_path / "chart"
    chart.mkdir()
    (chart / "Chart.yaml").write_text("name: mine\nversion: 1.0.0\n")
    made = provider.create(RELEASE, inputs(provider, RELEASE, {"name": "r", "chart": str(chart), "values": {"a": 1}}))
    assert made.outputs["resourceNames"] == {"ConfigMap/v1": ["default/r-rendered"]}
    assert made.outputs["status"]["chart"] == "mine"
    cluster = provider.backend.open(OWN)
    assert cluster.get(cluster.kind("v1", "ConfigMap"), "default", "r-rendered")["data"]["args"].endswith(".json")
    provider.delete(RELEASE, made.id, {}, {})
    assert provider.backend.inventory() == {}


def test_manifests_from_elsewhere() -> None:
    listed = "kind: List\napiVersion: v1\nitems: [{kind: A, apiVersion: v1}]\n---\n---\nkind: B\napiVersion: v1\n"
    assert [one["kind"] for one in rendering.split(listed)] == ["A", "B"]
    with pytest.raises(ProviderFailure, match="no Kubernetes object"):
        rendering.split("a: b")
    assert rendering.joined({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}) == {"a": {"b": 3, "c": 2}}
    assert (
        chart_name("oci://registry.k8s.io/kueue/charts/kueue")
        == chart_name("kueue/kueue")
        == chart_name("kueue")
        == "kueue"
    )
    with pytest.raises(ProviderFailure, match="no absolute path"):
        rendering.kustomized("overlays/prod")
    assert spelled(("metadata", "labels", "a.b/c", 0, "x")) == 'metadata.labels["a.b/c"][0].x'
