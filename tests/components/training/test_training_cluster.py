"""A place to train: what is declared, who reaches what, and that every rule passes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog.charts import chart
from mlinfra.compliance.profiles import Profile
from mlinfra.graph import Node, ResourceGraph
from mlinfra.jobs import PyTorchJob
from mlinfra.testing import assert_compliant, plan
from tests.components.training import platform

KUEUE = "kubernetes:kueue.x-k8s.io/v1beta2:"


@pytest.fixture(scope="module")
def made() -> list[ml.TrainingCluster]:
    return []


@pytest.fixture(scope="module")
def graph(made: list[ml.TrainingCluster]) -> ResourceGraph:
    return plan(lambda: made.append(platform.program()))


def one(graph: ResourceGraph, kind: str, name: str) -> Node:
    (found,) = [node for node in graph if node.type.endswith(kind) and node.get("metadata.name") == name]
    return found


def called(graph: ResourceGraph, kind: str, name: str) -> Node:
    (found,) = [node for node in graph.of_type(kind) if node.name == name]
    return found


def release(graph: ResourceGraph, name: str) -> Node:
    return called(graph, "kubernetes:helm.sh/v3:Release", f"training-{name}")


def reachable(graph: ResourceGraph, role: str) -> dict[str, list[str]]:
    """The actions on S3 of a role's policy, by resource."""
    policy = called(graph, "aws:iam/rolePolicy:RolePolicy", f"{role}-access")
    found: dict[str, list[str]] = {}
    for statement in json.loads(policy.inputs["policy"])["Statement"]:
        for resource in [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]:
            found.setdefault(resource, []).extend(
                [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            )
    return {resource: sorted(actions) for resource, actions in found.items() if ":s3:::" in resource}


@pytest.mark.parametrize("profile", [*Profile], ids=lambda profile: profile.value)
def test_every_rule_passes(graph: ResourceGraph, profile: Profile) -> None:
    assert_compliant(graph, profile=profile, today=date(2026, 11, 22))


def test_operators_come_one_after_the_other_from_the_lock(graph: ResourceGraph) -> None:
    order = ["jobset", "kubeflow-trainer", "kuberay-operator", "spark-operator", "kueue"]
    for name in order:
        assert release(graph, name).inputs["version"] == chart(name).version
        before = {found.name for found in graph.dependencies(release(graph, name))}
        assert {f"training-{earlier}" for earlier in order[: order.index(name)]} <= before
        assert {"training-system-default-deny", "training-vision-trainer", "training-speech-spark"} <= before
    assert release(graph, "kubeflow-trainer").inputs["values"]["jobset"] == {"install": False}


def test_operators_have_rights_in_the_teams_namespaces_alone(graph: ResourceGraph) -> None:
    assert release(graph, "spark-operator").inputs["values"]["spark"]["jobNamespaces"] == ["speech", "vision"]
    ray = release(graph, "kuberay-operator").inputs["values"]
    assert (ray["singleNamespaceInstall"], ray["watchNamespace"]) == (True, ["speech", "vision"])


def test_queues_come_after_kueue_and_what_they_speak_of(graph: ResourceGraph) -> None:
    local = called(graph, f"{KUEUE}LocalQueue", "training-vision-queue")
    assert local.inputs["spec"] == {"clusterQueue": "training-vision"}
    queue = called(graph, f"{KUEUE}ClusterQueue", "training-vision")
    assert queue in graph.dependencies(local)
    assert {"training-h100", "training-general", "training-cohort"} <= {one.name for one in graph.dependencies(queue)}
    flavor = called(graph, f"{KUEUE}ResourceFlavor", "training-h100")
    assert {"training-network", "training-kueue"} <= {one.name for one in graph.dependencies(flavor)}
    values = {
        node.get("metadata.name"): node.inputs["value"] for node in graph.of_type(f"{KUEUE}WorkloadPriorityClass")
    }
    assert values == {"research": 100, "production": 1000, "urgent": 10000}


def test_a_role_reaches_the_data_of_its_team_and_no_other(graph: ResourceGraph) -> None:
    vision = reachable(graph, "training-vision-trainer-role")
    speech = reachable(graph, "training-speech-trainer-role")
    assert {resource for resource in vision if resource.endswith("*")} == {
        "arn:aws:s3:::datasets/imagenet/*",
        "arn:aws:s3:::checkpoints/runs/vision/*",
    }
    assert "s3:PutObject" not in vision["arn:aws:s3:::datasets/imagenet/*"]
    assert "s3:PutObject" in vision["arn:aws:s3:::checkpoints/runs/vision/*"]
    assert {resource for resource in speech if resource.endswith("*")} == {
        "arn:aws:s3:::tables/*",
        "arn:aws:s3:::checkpoints/runs/speech/*",
    }


def test_identities_are_for_one_account_each(graph: ResourceGraph) -> None:
    found = {
        (node.inputs["namespace"], node.inputs["serviceAccount"])
        for node in graph.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    }
    assert found == {(team, account) for team in ("vision", "speech") for account in ("trainer", "spark")}


def test_data_sets_are_volumes_that_only_the_teams_claim_can_have(graph: ResourceGraph) -> None:
    bucket = one(graph, ":PersistentVolume", "vision-imagenet").inputs["spec"]
    assert bucket["claimRef"] == {"namespace": "vision", "name": "imagenet"}
    assert bucket["csi"]["volumeAttributes"] == {"bucketName": "datasets", "authenticationSource": "pod"}
    assert {"read-only", "prefix imagenet/", "region eu-central-1"} <= set(bucket["mountOptions"])
    files = one(graph, ":PersistentVolume", "vision-scratch").inputs["spec"]
    assert files["csi"]["volumeAttributes"] == {
        "dnsname": "fs-0123456789abcdef0.fsx.eu-central-1.amazonaws.com",
        "mountname": "abcdef",
    }
    assert files["capacity"] == {"storage": "2400Gi"}
    claims = {node.name for node in graph.of_type("kubernetes:core/v1:PersistentVolumeClaim")}
    assert claims == {"training-vision-imagenet", "training-vision-scratch"}  # programs read speech's tables themselves


def test_only_a_namespace_that_is_made_here_gets_quota_and_members(graph: ResourceGraph) -> None:
    (quota,) = [node for node in graph.of_type("kubernetes:core/v1:ResourceQuota") if "vision" in node.name]
    assert quota.get("spec.hard")["requests.nvidia.com/gpu"] == "16"  # twelve, and the four that it may borrow
    assert not [node for node in graph.of_type("kubernetes:core/v1:Namespace") if node.get("metadata.name") == "speech"]


def test_jobs_reach_named_networks_and_are_called_by_kuberay_alone(graph: ResourceGraph) -> None:
    policies = {
        node.get("metadata.name"): node.inputs["spec"]
        for node in graph.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if node.name.startswith("training-speech")
    }
    assert set(policies) == {"network-0", "services-0", "services-1", "kuberay"}
    (rule,) = policies["network-0"]["egress"]
    assert rule["to"][0]["ipBlock"]["cidr"] == "10.0.0.0/16"
    assert [port["port"] for port in rule["ports"]] == [443]
    (rule,) = policies["kuberay"]["ingress"]
    peer = rule["from"][0]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "training-system"}
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "kuberay-operator"}


def test_drivers_of_spark_make_pods_and_read_no_secrets(graph: ResourceGraph) -> None:
    (rule,) = called(graph, "kubernetes:rbac.authorization.k8s.io/v1:Role", "training-vision-spark").inputs["rules"]
    assert "pods" in rule["resources"]
    assert "secrets" not in rule["resources"]


def test_what_is_in_a_teams_namespace_comes_after_its_queue(graph: ResourceGraph) -> None:
    later = called(graph, "kubernetes:core/v1:ConfigMap", "later")
    before = {found.name for found in graph.dependencies(later)}
    assert {"training-vision-queue", "training-spark-operator", "training-vision-trainer-association"} <= before


def test_the_reference_says_what_jobs_must_know(graph: ResourceGraph, made: list[ml.TrainingCluster]) -> None:
    del graph
    reference = made[0].reference
    vision = reference.team("vision")
    assert (vision.queue, vision.service_account, vision.driver_account) == ("training", "trainer", "spark")
    assert [*vision.priorities] == ["research", "production", "urgent"]
    assert {name: store.claim for name, store in vision.datasets.items()} == {
        "imagenet": "imagenet",
        "scratch": "scratch",
    }
    assert vision.checkpoints is not None
    assert (vision.checkpoints.claim, vision.checkpoints.read_only) == ("", False)
    assert vision.outputs is not None
    assert reference.topologies["h100"][0] == "topology.kubernetes.io/zone"
    assert reference.topologies["h100"][-1] == "kubernetes.io/hostname"
    assert "general" not in reference.topologies
    assert set(reference.operators) == {"jobset", "kubeflow-trainer", "kuberay-operator", "spark-operator", "kueue"}
    place = reference.place("vision", "h100")
    assert place["data"] == {
        name: {"claim": name, "classification": "confidential"} for name in ("imagenet", "scratch")
    }
    job = PyTorchJob(
        **place | {"namespace": "vision", "checkpoint": None, "output": None},
        name="train",
        image=f"a@sha256:{'0' * 64}",
        script="train.py",
        nodes=2,
        resources={"cpu": 1, "memory": "1Gi", "gpus": 8},
    )
    assert job.pool is not None
    assert job.pool.topology == reference.topologies["h100"][-2]
    with pytest.raises(ValueError, match="no team 'nobody'"):
        reference.team("nobody")
    with pytest.raises(ValueError, match="no pool 'moon'"):
        reference.pool("moon")


DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rayjobs.ray.io, annotations: {controller-gen.kubebuilder.io/version: v0.17.3}}
spec:
  group: ray.io
  names: {kind: RayJob, plural: rayjobs}
  scope: Namespaced
  versions: []
"""


def test_definitions_that_helm_never_updates_are_updated_before_their_chart(tmp_path: Path) -> None:
    file = tmp_path / "kuberay.yaml"
    file.write_text(DEFINITION)
    operators: dict[str, Any] = {"kueue": False, "jobset": False, "spark": False}
    graph = plan(lambda: platform.program(operators=operators, definitions={"kuberay-operator": str(file)}))
    (kind,) = graph.of_type("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    assert kind in graph.dependencies(release(graph, "kuberay-operator"))
    assert release(graph, "kuberay-operator").inputs["skipCrds"] is True
    assert not release(graph, "kubeflow-trainer").inputs.get("skipCrds")
    assert kind.options.retain_on_delete
    assert kind.inputs["metadata"]["annotations"] == {
        "controller-gen.kubebuilder.io/version": "v0.17.3",
        "pulumi.com/patchForce": "true",
    }
    assert kind.inputs["spec"]["names"] == {"kind": "RayJob", "plural": "rayjobs"}


def test_what_is_left_out_is_not_there() -> None:
    made: list[ml.TrainingCluster] = []
    operators: dict[str, Any] = {"kueue": False, "jobset": False, "spark": False, "ray": False}
    graph = plan(lambda: made.append(platform.program(operators=operators)))
    assert [node.name for node in graph.of_type("kubernetes:helm.sh/v3:Release")] == ["training-kubeflow-trainer"]
    assert release(graph, "kubeflow-trainer").inputs["values"]["jobset"] == {"install": True}
    assert not [node for node in graph if "kueue" in node.type]
    team = made[0].reference.team("vision")
    assert (team.queue, [*team.priorities], team.driver_account) == ("", [], "")
    assert not made[0].reference.topologies
    assert {node.get("metadata.name") for node in graph.of_type("kubernetes:core/v1:ServiceAccount")} == {"trainer"}
    assert_compliant(graph, profile=Profile.REGULATED, today=date(2026, 11, 22))
