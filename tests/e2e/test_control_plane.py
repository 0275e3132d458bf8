"""The control plane itself: who gets in, what runs and ends with what, and Karpenter's part."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlinfra.catalog import charts
from mlinfra.components.cluster.api import ClusterObjects
from mlinfra.components.cluster.drain import DrainError, drain
from mlinfra.sandbox.controlplane.api import MERGE, Api
from mlinfra.sandbox.controlplane.control import ControlPlane
from mlinfra.sandbox.controlplane.mirror import NODES, Mirror
from mlinfra.sandbox.controlplane.programs import kubernetes_version
from mlinfra.sandbox.kubernetes.backend import ApiError, NoKindError, Target, UnreachableError
from mlinfra.sandbox.kubernetes.real import RealBackend, RealCluster
from tests.e2e.plane import api, eventually, node_of, plane, pod

pytestmark = pytest.mark.e2e
__all__ = ["api", "plane"]
FIRST = Target("arn:aws:eks:us-east-1:123456789012:cluster/first@1", "first", "1.35")
SECOND = Target("arn:aws:eks:us-east-1:123456789012:cluster/second@1", "second", "1.35")
GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def backend(plane: ControlPlane) -> RealBackend:
    return RealBackend(plane)


@pytest.fixture
def cluster(backend: RealBackend) -> RealCluster:
    return backend.open(FIRST)


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def test_nobody_gets_in_without_a_certificate(plane: ControlPlane, api: Api) -> None:
    assert plane.info is not None
    assert api.request("GET", "/version")["gitVersion"] == f"v{kubernetes_version()}"
    context = ssl.create_default_context(cafile=plane.files.certificates / "ca.crt")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{plane.info.endpoint}/api/v1/namespaces", context=context, timeout=10)
    assert refused.value.code == 401
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(plane.info.endpoint, timeout=10)


def test_fields_have_owners(cluster: RealCluster) -> None:
    live = cluster.apply(config_map(a="1", b="2"), manager="one")
    assert live["data"] == {"a": "1", "b": "2"}
    with pytest.raises(ApiError) as conflict:
        cluster.apply(config_map(a="3"), manager="two")
    assert (conflict.value.code, conflict.value.reason) == (409, "Conflict")
    assert cluster.apply(config_map(a="3"), manager="two", force=True)["data"] == {"a": "3", "b": "2"}
    assert cluster.apply(config_map(c="4"), manager="one", dry_run=True)["data"] == {"a": "3", "c": "4"}
    assert cluster.apply(config_map(), manager="one").get("data") == {"a": "3"}
    kind = cluster.kind("v1", "ConfigMap")
    with pytest.raises(ApiError) as exists:
        cluster.create(config_map(), manager="one")
    assert exists.value.code == 409
    assert cluster.patch(kind, "default", "settings", {"data": {"a": None}}, manager="one").get("data") is None
    cluster.delete(kind, "default", "settings")
    with pytest.raises(ApiError) as gone:
        cluster.get(kind, "default", "settings")
    assert gone.value.missing


def test_unknown_fields_and_kinds_are_refused(cluster: RealCluster) -> None:
    with pytest.raises(ApiError, match="field not declared in schema"):
        cluster.apply({**config_map(), "datas": {}}, manager="one")
    with pytest.raises(NoKindError):
        cluster.kind("example.org/v1", "Nothing")


def test_workloads_become_ready(cluster: RealCluster, api: Api) -> None:
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("x")["spec"]},
        },
    }
    assert "0 of 2" in cluster.unready(cluster.apply(workload, manager="one"))
    with nodes(api, "m7i.2xlarge", 1):
        kind = cluster.kind("apps/v1", "Deployment")
        eventually(lambda: cluster.unready(cluster.get(kind, "default", "web")), lambda why: why == "")
        cluster.delete(kind, "default", "web", propagation="Foreground")
        eventually(lambda: list(cluster.list(cluster.kind("v1", "Pod"), "default")), lambda left: not left)


def test_one_cluster_at_a_time(backend: RealBackend) -> None:
    first = backend.open(FIRST)
    backend.keep({FIRST.key, SECOND.key})
    first.apply(config_map("mine"), manager="one")
    assert backend.inventory() == {"first": ["ConfigMap default/mine"]}
    with pytest.raises(UnreachableError, match="is cluster first's, so second has no API server"):
        backend.open(SECOND)
    backend.keep({SECOND.key})
    second = backend.open(SECOND)
    assert "mine" not in {one["metadata"]["name"] for one in second.list(second.kind("v1", "ConfigMap"), "default")}
    assert backend.place == ("us-east-1", "second")
    backend.keep({FIRST.key})
    backend.open(FIRST)


def test_the_definitions_of_every_chart_are_accepted_and_served(backend: RealBackend) -> None:
    cluster = backend.open(FIRST)
    kind = cluster.kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    wanted = {name for chart in charts.charts() for name in cluster.define(chart, charts.chart(chart).version)}
    assert {"jobsets.jobset.x-k8s.io", "trainjobs.trainer.kubeflow.org", "clusterqueues.kueue.x-k8s.io"} <= wanted
    eventually(
        lambda: [why for name in wanted if (why := cluster.unready(cluster.get(kind, "", name)))], lambda left: not left
    )
    flavor = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "ResourceFlavor",
        "metadata": {"name": "h100"},
        "spec": {},
    }
    cluster.apply(flavor, manager="one")
    metadata = {"name": "a", "namespace": "default"}
    job = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": metadata, "spec": {}}
    with pytest.raises(ApiError, match="runtimeRef"):
        cluster.apply(job, manager="one")
    # What is there as its project publishes it stays so, also when another chart knows no more than its name.
    schema = cluster.get(kind, "", "nodefeatures.nfd.k8s-sigs.io")["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert "spec" in schema["properties"]
    for name in wanted:
        cluster.delete(kind, "", name)
    # A definition that goes while its storage still starts is tried again later and later.
    left = lambda: wanted & {one["metadata"]["name"] for one in cluster.list(kind)}  # noqa: E731
    eventually(left, lambda names: not names, seconds=240)


def test_karpenter_makes_nodes_for_pods_and_takes_them_away(backend: RealBackend) -> None:
    cluster = backend.open(FIRST)
    names = cluster.define("karpenter-crd", charts.chart("karpenter-crd").version)
    assert {"nodepools.karpenter.sh", "ec2nodeclasses.karpenter.k8s.aws"} <= set(names)
    kind = eventually(lambda: _served(cluster, "karpenter.sh/v1", "NodePool"))
    assert cluster.fidelity(kind) == "validated"
    pool = node_pool()
    with pytest.raises(ApiError, match="should be less than or equal to 100"):
        cluster.apply(node_pool(weight=1000), manager="one")
    cluster.apply(pool, manager="one")
    mirror = Mirror(lambda: backend.api, tuple, kubernetes_version())
    mirror.start()
    try:
        for name in ("small", "large"):
            backend.api.request(
                "POST", "/api/v1/namespaces/default/pods", pod(name, gpu={"small": "1", "large": "8"}[name])
            )
        assert node_of(backend.api, "small")["node.kubernetes.io/instance-type"] in {"g6.xlarge", "g6.48xlarge"}
        assert node_of(backend.api, "large")["node.kubernetes.io/instance-type"] == "g6.48xlarge"
        backend.api.request("POST", "/api/v1/namespaces/default/pods", pod("more", gpu="8"))
        time.sleep(5)  # the limit is 16 GPUs, of which nine at least are had
        used = sum(int(one["status"]["capacity"][GPU]) for one in cluster.list(NODES))
        assert used <= 16
        backend.api.request("DELETE", "/api/v1/namespaces/default/pods")
        eventually(lambda: list(cluster.list(NODES)), lambda left: not left)
    finally:
        cluster.delete(kind, "", "g6")
        mirror.stop()


def test_a_cluster_is_drained_of_what_its_controllers_made(plane: ControlPlane, backend: RealBackend) -> None:
    """Controllers that take their finalizers off a second late, and a webhook that nobody answers."""
    assert plane.info is not None
    cluster = backend.open(FIRST)
    cluster.define("karpenter-crd", charts.chart("karpenter-crd").version)
    eventually(lambda: _served(cluster, "karpenter.sh/v1", "NodeClaim"))
    for manifest in (load_balancer(), volume(), claim(), node_claim(), dead_webhook()):
        cluster.apply(manifest, manager="one")
    claims = cluster.kind("v1", "PersistentVolumeClaim")
    eventually(lambda: cluster.get(claims, "default", "data")["status"]["phase"], lambda phase: phase == "Bound")
    objects = ClusterObjects.of(Path(plane.info.kubeconfig).read_text())
    with pytest.raises(ApiError, match="failed calling webhook"):
        cluster.apply(config_map("blocked"), manager="one")
    with pytest.raises(
        DrainError, match=r"Service default/entry \(held by service.kubernetes.io/load-balancer-cleanup\)"
    ):
        drain(objects, timeout=1, interval=0.2)
    started = time.monotonic()

    def controllers(_: object) -> None:
        """They work between two looks of the drain, and only on what is on its way out."""
        for api_version, name in (("v1", "Service"), ("v1", "PersistentVolume"), ("karpenter.sh/v1", "NodeClaim")):
            kind = cluster.kind(api_version, name)
            for live in cluster.list(kind):
                metadata = live["metadata"]
                if "deletionTimestamp" in metadata and time.monotonic() - started > 1:
                    path = backend.api.path(kind, metadata.get("namespace", ""), metadata["name"])
                    backend.api.request("PATCH", path, {"metadata": {"finalizers": []}}, content=MERGE)

    asked = drain(objects, controllers, timeout=30, interval=0.2)
    assert {"NodeClaim training-1", "PersistentVolumeClaim default/data"} <= set(asked)
    left = {line for found in backend.inventory().values() for line in found if not line.startswith("CustomResource")}
    assert left == set()


def test_a_process_that_dies_is_started_again_and_all_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    running = ControlPlane(tmp_path)
    info = running.start()
    programs = children(info.pid)
    assert sorted(programs.values()) == ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]
    scheduler = next(pid for pid, name in programs.items() if name == "kube-scheduler")
    os.kill(scheduler, signal.SIGKILL)
    eventually(lambda: children(info.pid), lambda found: "kube-scheduler" in found.values() and scheduler not in found)
    programs = children(info.pid)
    os.kill(info.pid, signal.SIGKILL)
    eventually(lambda: [pid for pid in programs if Path(f"/proc/{pid}").exists()], lambda left: not left)
    assert running.info is None
    running.stop()


def test_programs_that_are_not_built_are_named_with_the_way_to_build_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLINFRA_CACHE", str(tmp_path))
    with pytest.raises(Exception, match="are not built") as refused:
        ControlPlane(tmp_path).start()
    assert "mlinfra sandbox start --control-plane" in str(refused.value)


@contextlib.contextmanager
def nodes(api: Api, type_name: str, count: int) -> Iterator[None]:
    from mlinfra.sandbox.controlplane.nodes import Pool, node

    made = [
        node(Pool(name="cpu", source="eks", instance_types=[type_name], zones=["us-east-1a"]), i) for i in range(count)
    ]
    for one in made:
        api.request("POST", api.path(NODES), one)
    yield
    api.request("DELETE", api.path(NODES))


def children(parent: int) -> dict[int, str]:
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found[int(entry.name)] = (entry / "exe").readlink().name
    return found


def _served(cluster: RealCluster, api_version: str, name: str) -> Any:
    try:
        return cluster.kind(api_version, name)
    except NoKindError:
        return None


def node_pool(**spec: Any) -> dict[str, Any]:
    requirements = [
        {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["g6.xlarge", "g6.48xlarge"]},
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1a"]},
    ]
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "g6"}
    template = {
        "nodeClassRef": reference,
        "requirements": requirements,
        "taints": [{"key": GPU, "effect": "NoSchedule"}],
    }
    disruption = {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "2s"}
    spec = {"limits": {GPU: "16"}, "disruption": disruption, "template": {"spec": template}, **spec}
    return {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "g6"}, "spec": spec}


def load_balancer() -> dict[str, Any]:
    metadata = {"name": "entry", "namespace": "default", "finalizers": ["service.kubernetes.io/load-balancer-cleanup"]}
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "web"}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def claim() -> dict[str, Any]:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "manual",
        "volumeName": "disk",
    }
    metadata = {"name": "data", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def volume() -> dict[str, Any]:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "manual",
    }
    metadata = {"name": "disk", "finalizers": ["external-attacher/ebs-csi-aws-com"]}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def node_claim() -> dict[str, Any]:
    spec = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "g6"},
        "requirements": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}],
    }
    metadata = {"name": "training-1", "finalizers": ["karpenter.sh/termination"]}
    return {"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim", "metadata": metadata, "spec": spec}


def dead_webhook() -> dict[str, Any]:
    hook = {
        "name": "gone.example.org",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "clientConfig": {"service": {"namespace": "default", "name": "gone"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
    }
    kind = "ValidatingWebhookConfiguration"
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "gone"},
        "webhooks": [hook],
    }
