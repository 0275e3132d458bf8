"""When objects of a real API server are ready."""

from __future__ import annotations

from typing import Any

import pytest

from mlinfra.sandbox.kubernetes.fresh import belongs_to_cluster
from mlinfra.sandbox.kubernetes.readiness import unready


def live(
    kind: str, status: dict[str, Any], spec: dict[str, Any] | None = None, group: str = "apps/v1"
) -> dict[str, Any]:
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": "x", "generation": 2},
        "spec": spec or {},
        "status": status,
    }


def condition(name: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": name, "status": status, **more}]}


DONE = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
CASES = [
    (live("Deployment", DONE, {"replicas": 2}), ""),
    (live("Deployment", {}, {"replicas": 1}), "0 of 1 replicas are updated"),
    (live("Deployment", {}, {"replicas": 0}), "its controller has not seen it yet"),
    (live("Deployment", DONE | {"observedGeneration": 1}, {"replicas": 2}), "its controller has not seen the change yet"),
    (live("Deployment", DONE | {"availableReplicas": 1}, {"replicas": 2}), "1 of 2 replicas are available"),
    (live("Deployment", DONE | {"replicas": 3}, {"replicas": 2}), "1 old replicas are still there"),
    (
        live("Deployment", DONE | condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="slow")),
        "it makes no progress: slow",
    ),
    (live("StatefulSet", DONE | {"currentRevision": "a", "updateRevision": "a"}, {"replicas": 2}), ""),
    (live("StatefulSet", DONE | {"currentRevision": "a", "updateRevision": "b"}, {"replicas": 2}), "its replicas are being updated"),
    (live("StatefulSet", {"readyReplicas": 1}, {"replicas": 2}), "1 of 2 replicas are ready"),
    (live("DaemonSet", {"observedGeneration": 2, "desiredNumberScheduled": 0}), ""),
    (live("DaemonSet", {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}), "1 of 2 pods are available"),
    (live("Job", condition("Complete"), group="batch/v1"), ""),
    (live("Job", condition("Failed", message="BackoffLimitExceeded"), group="batch/v1"), "it failed: BackoffLimitExceeded"),
    (live("Job", {"succeeded": 1}, {"completions": 3}, "batch/v1"), "1 of 3 pods have succeeded"),
    (live("Job", condition("Failed", reason="PodFailurePolicy"), group="batch/v1"), "it failed: PodFailurePolicy"),
    (live("Job", {}, {"suspend": True}, "batch/v1"), "it is suspended"),
    (live("Pod", condition("Ready"), group="v1"), ""),
    (live("Pod", {"phase": "Succeeded"}, group="v1"), ""),
    (live("Pod", condition("PodScheduled", "False", message="0/3 nodes"), group="v1"), "it is not scheduled: 0/3 nodes"),
    (live("Namespace", {"phase": "Active"}, group="v1"), ""),
    (live("CustomResourceDefinition", condition("NamesAccepted"), group="apiextensions.k8s.io/v1"), "it is not Established: not yet looked at"),
    (live("ConfigMap", {}, group="v1"), ""),
    (live("Service", {}, {"type": "LoadBalancer"}, "v1"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "why"), CASES)
def test_why_an_object_is_not_ready(manifest: dict[str, Any], why: str) -> None:
    assert unready(manifest) == why


def test_what_is_on_its_way_out_is_not_waited_for() -> None:
    going = live("Deployment", {}, {"replicas": 1})
    going["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert unready(going) == ""


@pytest.mark.parametrize(
    ("kind", "metadata", "own"),
    [
        ("Namespace", {"name": "kube-system"}, True),
        ("Namespace", {"name": "team", "managedFields": [{"manager": "kube-controller-manager"}]}, False),
        ("Node", {"name": "a", "managedFields": [{"manager": "x"}]}, True),
        ("ClusterRole", {"name": "a", "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}, "managedFields": [{"manager": "x"}]}, True),
        ("ServiceAccount", {"name": "job-controller", "namespace": "kube-system"}, True),
        ("ServiceAccount", {"name": "trainer", "managedFields": [{"manager": "pulumi"}]}, False),
        ("Pod", {"name": "a-1", "ownerReferences": [{}], "managedFields": [{"manager": "pulumi"}]}, True),
        ("ConfigMap", {"name": "c", "managedFields": [{"manager": "kube-apiserver"}, {"manager": "pulumi"}]}, False),
        ("CustomResourceDefinition", {"name": "c", "managedFields": [{"manager": "mlinfra-sandbox-eks"}, {"manager": "kube-apiserver"}]}, True),
        ("CustomResourceDefinition", {"name": "c", "managedFields": [{"manager": "mlinfra-sandbox-charts"}]}, False),
    ],
)  # fmt: skip
def test_what_belongs_to_the_cluster_itself(kind: str, metadata: dict[str, Any], own: bool) -> None:
    assert belongs_to_cluster({"apiVersion": "v1", "kind": kind, "metadata": metadata}) is own
