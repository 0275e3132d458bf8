"""What is rendered: accepted by the operators' own models, and by the restricted pod security standard."""

from __future__ import annotations

from typing import Any

import pytest

from mlinfra.jobs import replicas
from mlinfra.jobs.manifests import manifests
from mlinfra.jobs.pytorch import INJECTED
from tests.jobs.jobs import GPUS, P5, SMALL, pytorch, ray, spark, tensorflow

FULL: dict[str, Any] = {
    "namespace": "vision",
    "queue": "vision",
    "priority": "high",
    "service_account": "trainer",
    "checkpoint": {"claim": "checkpoints"},
    "output": {"url": "s3://models/x"},
    "data": {"images": {"claim": "datasets", "classification": "confidential"}},
    "env": {"SEED": "1"},
    "shm": "4Gi",
    "fatal_exit_codes": [2],
    "time_limit": "12h",
}
GANG = {"nodes": 2, "resources": GPUS, "pool": P5 | {"capacity": "spot"}}
JOBS = {
    "pytorch": pytorch(**FULL, **GANG),
    "elastic": pytorch(**FULL, nodes=4, elastic={"min_nodes": 2}),
    "tensorflow": tensorflow(**FULL),
    "mirrored": tensorflow(**FULL, chief=None, ps=None),
    "spark": spark(**FULL),
    "ray": ray(**FULL, workers={"cpu": {"min": 1, "max": 4, "resources": SMALL}}),
}


def models_of(kind: str) -> Any:
    if kind == "SparkApplication":
        spark_api = pytest.importorskip("kubeflow_spark_api.models")
        return spark_api.SparkV1beta2SparkApplication
    trainer = pytest.importorskip("kubeflow_trainer_api.models")
    return {
        "TrainJob": trainer.TrainerV1alpha1TrainJob,
        "TrainingRuntime": trainer.TrainerV1alpha1TrainingRuntime,
        "JobSet": trainer.JobsetV1alpha2JobSet,
        "Pod": trainer.IoK8sApiCoreV1PodTemplateSpec,
    }[kind]


def lost(given: Any, kept: Any, path: str = "") -> list[str]:
    """Where a model has dropped or changed what it was given: a field that it does not know."""
    if isinstance(given, dict):
        return [
            one
            for key, value in given.items()
            for one in (
                lost(value, kept[key], f"{path}.{key}") if isinstance(kept, dict) and key in kept else [f"{path}.{key}"]
            )
        ]
    if isinstance(given, list):
        return [one for i, (a, b) in enumerate(zip(given, kept, strict=True)) for one in lost(a, b, f"{path}[{i}]")]
    return [] if given == kept else [f"{path}: {given!r} became {kept!r}"]


def pods(value: Any) -> list[dict[str, Any]]:
    """Every pod's spec within objects."""
    if isinstance(value, list):
        return [pod for one in value for pod in pods(one)]
    if not isinstance(value, dict):
        return []
    own = [value] if "containers" in value and "securityContext" in value else []
    return own + [pod for one in value.values() for pod in pods(one)]


@pytest.mark.parametrize("name", [name for name in JOBS if name != "ray"])
def test_the_operators_models_know_every_field(name: str) -> None:
    for found in manifests(JOBS[name]):
        model = models_of(found["kind"]).from_dict(found)
        assert lost(found, model.to_dict()) == []


def test_pods_of_ray_are_pods() -> None:
    (job,) = manifests(JOBS["ray"])
    cluster = job["spec"]["rayClusterSpec"]
    templates = [
        job["spec"]["submitterPodTemplate"],
        cluster["headGroupSpec"]["template"],
        cluster["workerGroupSpecs"][0]["template"],
    ]
    for template in templates:
        assert lost(template, models_of("Pod").from_dict(template).to_dict()) == []


@pytest.mark.parametrize("name", [name for name in JOBS if name != "spark"])
def test_pods_are_restricted_and_bounded(name: str) -> None:
    found = pods(manifests(JOBS[name]))
    assert found
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        empty = [volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume]
        assert len(empty) == 2
        assert all("sizeLimit" in one for one in empty)
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            mounted = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
            assert mounted["/data/images"]["readOnly"] is True
            assert mounted["/checkpoint"]["subPath"] == "train/checkpoint"


@pytest.mark.parametrize("name", JOBS)
def test_the_object_that_queues_says_so(name: str) -> None:
    queued = manifests(JOBS[name])[-1]
    labels = queued["metadata"]["labels"]
    assert (labels["kueue.x-k8s.io/queue-name"], labels["kueue.x-k8s.io/priority-class"]) == ("vision", "high")
    assert queued["metadata"]["namespace"] == "vision"


def test_a_gang_of_gpus_is_wired() -> None:
    runtime, job = manifests(JOBS["pytorch"])
    limits = job["spec"]["trainer"]["resourcesPerNode"]["limits"]
    assert (limits["nvidia.com/gpu"], limits["vpc.amazonaws.com/efa"], limits["hugepages-2Mi"]) == ("8", "32", "5120Mi")
    assert job["spec"]["trainer"]["numProcPerNode"] == 8
    template = runtime["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]
    pod = template["template"]["spec"]
    env = [one["name"] for one in pod["containers"][0]["env"]]
    assert env[0] == "REPLICA_INDEX"
    assert not INJECTED & set(env)
    assert "FI_PROVIDER" in env
    assert pod["nodeSelector"] == {"mlinfra/pool": "h100"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "effect": "NoSchedule", "operator": "Exists"}]
    assert pod["terminationGracePeriodSeconds"] < 120
    assert job["spec"]["activeDeadlineSeconds"] == 12 * 3600


def test_trainer_does_not_know_elastic_jobs_so_theirs_bring_their_own_variables() -> None:
    runtime, job = manifests(JOBS["elastic"])
    assert runtime["spec"]["mlPolicy"] == {"numNodes": 4}
    (replicated,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    env = {
        one["name"]: one.get("value")
        for one in replicated["template"]["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert env["PET_NNODES"] == "2:4"
    assert env["PET_LOCAL_ADDR"] == "train-node-0-$(REPLICA_INDEX).train"
    assert replicated["template"]["spec"]["backoffLimit"] == 3
    assert "numProcPerNode" not in job["spec"]["trainer"]


def test_a_jobset_ends_with_its_chief_and_not_for_lack_of_time_again() -> None:
    (found,) = manifests(JOBS["tensorflow"])
    assert found["spec"]["successPolicy"] == {"operator": "All", "targetReplicatedJobs": ["chief"]}
    rules = {tuple(rule["onJobFailureReasons"]): rule["action"] for rule in found["spec"]["failurePolicy"]["rules"]}
    assert rules == {("DeadlineExceeded",): "FailJobSet", ("PodFailurePolicy",): "FailJobSet"}
    counts = {one["name"]: one["template"]["spec"]["completions"] for one in found["spec"]["replicatedJobs"]}
    assert sum(counts.values()) == len([*replicas(JOBS["tensorflow"])])
    (mirrored,) = manifests(JOBS["mirrored"])
    assert mirrored["spec"]["successPolicy"]["targetReplicatedJobs"] == ["worker"]


def test_spark_has_a_fixed_number_of_executors_and_all_of_its_memory() -> None:
    (found,) = manifests(JOBS["spark"])
    spec = found["spec"]
    assert (spec["dynamicAllocation"], spec["executor"]["instances"], spec["mode"]) == (
        {"enabled": False},
        2,
        "cluster",
    )
    executor = spec["executor"]
    assert int(executor["memory"].rstrip("m")) + int(executor["memoryOverhead"].rstrip("m")) == 4096
    assert spec["mainApplicationFile"] == "local:///workspace/train.py"
    assert spec["driver"]["template"]["spec"]["activeDeadlineSeconds"] == 12 * 3600
    for one in (spec["driver"], executor):
        assert one["podSecurityContext"]["runAsNonRoot"] is True
        assert not [variable for variable in one["env"] if variable["name"].startswith("SPARK_")]


def test_ray_scales_under_a_queue_only_as_an_elastic_job() -> None:
    (scaling,), (fixed,) = manifests(JOBS["ray"]), manifests(ray(queue="team"))
    assert scaling["metadata"]["annotations"] == {"kueue.x-k8s.io/elastic-job": "true"}
    assert scaling["spec"]["rayClusterSpec"]["enableInTreeAutoscaling"] is True
    assert "annotations" not in fixed["metadata"]
    assert fixed["spec"]["rayClusterSpec"]["enableInTreeAutoscaling"] is False
    assert scaling["spec"]["shutdownAfterJobFinishes"] is True
    assert scaling["spec"]["rayClusterSpec"]["authOptions"] == {"mode": "token"}
    assert "authOptions" not in manifests(ray(ray_version="2.49.0"))[0]["spec"]["rayClusterSpec"]
    assert scaling["spec"]["entrypoint"] == "cd /workspace && python train.py"


def test_every_rule_is_content_with_what_is_rendered() -> None:
    pulumi = pytest.importorskip("pulumi")
    kubernetes = pytest.importorskip("pulumi_kubernetes")
    from mlinfra.testing import assert_compliant, plan

    def program() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        for name, job in JOBS.items():
            for found in manifests(job):
                kubernetes.apiextensions.CustomResource(
                    f"{name}-{found['kind']}",
                    api_version=found["apiVersion"],
                    kind=found["kind"],
                    metadata=found["metadata"],
                    spec=found["spec"],
                    opts=pulumi.ResourceOptions(provider=provider),
                )

    assert_compliant(plan(program))
