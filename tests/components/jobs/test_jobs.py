"""Jobs as components: what they render, what they refuse, and outputs where nobody knows the value yet."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

import mlinfra as ml
from mlinfra.components.jobs.arguments import JobArgs
from mlinfra.components.jobs.base import PLACE, JobComponent
from mlinfra.jobs import Job
from mlinfra.jobs.manifests import manifests
from mlinfra.testing import assert_compliant, plan

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/train@sha256:" + "0" * 64
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
SMALL = {"cpu": "2", "memory": "8Gi"}
GPUS = {"cpu": "96", "memory": "1000Gi", "gpus": 8}
H100 = {
    "name": "h100",
    "provisioner": "managed",
    "capacity": "spot",
    "instance_types": ["p5.48xlarge"],
    "zones": ["eu-central-1a"],
    "max_nodes": 4,
    "accelerators_per_node": 8,
    "resource": "nvidia.com/gpu",
    "efa_per_node": 32,
    "devices": {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 32},
    "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
}
L4 = {**H100, "name": "l4", "instance_types": ["g6.12xlarge"], "accelerators_per_node": 4, "efa_per_node": 0}
L4 |= {"devices": {"nvidia.com/gpu": 4}, "capacity": "on-demand"}
TEAM = {
    "name": "vision",
    "namespace": "vision",
    "queue": "training",
    "priorities": ["research", "production"],
    "service_account": "trainer",
    "driver_account": "spark",
    "role_arn": "arn:aws:iam::123456789012:role/trainer",
    "pools": ["h100", "l4"],
    "datasets": {"images": {"claim": "images", "classification": "confidential", "key_arn": KEY, "read_only": True}},
    "checkpoints": {"claim": "checkpoints", "classification": "internal", "key_arn": KEY, "read_only": False},
    "outputs": {"url": "s3://models/vision/", "classification": "internal", "key_arn": KEY, "read_only": False},
}
OPERATORS = dict.fromkeys(["kueue", "jobset", "kubeflow-trainer", "kuberay-operator", "spark-operator"], "1.0.0")
LEVELS = ["topology.kubernetes.io/zone", "topology.k8s.aws/network-node-layer-3", "kubernetes.io/hostname"]
TRAINING = {
    "teams": {"vision": TEAM, "poor": {**TEAM, "name": "poor", "checkpoints": None, "pools": ["h100"]}},
    "pools": {"h100": H100, "l4": L4, "others": {**L4, "name": "others"}},
    "topologies": {"h100": LEVELS},
    "operators": OPERATORS,
}
HERE = {"training": TRAINING, "team": "vision", "image": IMAGE, "script": "train.py"}
JOBS: dict[type[JobComponent[Any]], dict[str, Any]] = {
    ml.PyTorchJob: {**HERE, "pool": "h100", "nodes": 2, "resources": GPUS, "datasets": ["images"], "time_limit": "2d"},
    ml.TensorFlowJob: {
        **HERE,
        "chief": {"resources": SMALL},
        "ps": {"count": 2, "resources": SMALL},
        "workers": {"count": 2, "resources": SMALL},
    },
    ml.SparkJob: {**HERE, "spark_version": "4.0.1", "driver": SMALL, "executors": {"count": 2, "resources": SMALL}},
    ml.RayTrainJob: {
        **HERE,
        "ray_version": "2.55.1",
        "head": SMALL,
        "workers": {"cpu": {"min": 1, "max": 4, "resources": SMALL}},
    },
}
every_kind = pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.__name__)


def on_cluster() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{}"))


def short(kind: type[Any]) -> str:
    return kind.__name__.lower().removesuffix("job")


@pytest.fixture(scope="module")
def graph():
    """Every kind of job, with outputs wherever an argument can be one."""

    def program() -> None:
        opts = on_cluster()
        known = kubernetes.core.v1.ConfigMap("known", metadata={"namespace": "vision"}, opts=opts)
        team = {**TEAM, "namespace": known.metadata.namespace}
        late = {
            "training": {**TRAINING, "teams": {"vision": team}},
            "image": known.metadata.namespace.apply(lambda _: IMAGE),
            "env": {"SEED": known.metadata.namespace},
            "tracking": {"url": pulumi.Output.concat("https://", known.metadata.namespace), "experiment": "x"},
        }
        for kind, args in JOBS.items():
            kind(short(kind), {**args, **late}, opts)

    return plan(program)


def objects(graph, name: str) -> dict[str, Any]:
    return {node.type.rpartition(":")[2]: node for node in graph.resources() if node.name.startswith(f"{name}-")}


@every_kind
def test_objects_are_those_of_the_job_with_outputs_in_place(graph, kind: type[JobComponent[Any]]) -> None:
    args = kind._args_type(**JOBS[kind])
    plain = {name: args.model_dump(exclude_unset=True)[name] for name in args.model_fields_set - PLACE}
    found = objects(graph, short(kind))
    known = kind._job_type(
        **plain,
        name=short(kind),
        namespace="vision",
        queue="training",
        service_account="spark" if kind is ml.SparkJob else "trainer",
        keep=None,
        checkpoint={"claim": "checkpoints"},
        output={"url": f"s3://models/vision/{short(kind)}/output"},
        env={"SEED": "vision"},
        tracking={"url": "https://vision", "experiment": "x"},
        **({"pool": {**pool(H100), "topology": LEVELS[1]}} if "pool" in JOBS[kind] else {}),
        **({"data": {"images": {"claim": "images", "classification": "confidential"}}} if "datasets" in JOBS[kind] else {}),
    )  # fmt: skip
    expected = manifests(known)
    assert sorted(found) == sorted(manifest["kind"] for manifest in expected)
    for manifest in expected:
        node = found[manifest["kind"]]
        assert node.inputs["spec"] == manifest["spec"]
        assert {key: node.get(f"metadata.{key}") for key in manifest["metadata"]} == manifest["metadata"]


def pool(reference: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "instance_types", "capacity", "accelerators_per_node", "resource", "efa_per_node", "taints")
    return {name: reference[name] for name in names}


@pytest.mark.parametrize("profile", ["baseline", "regulated", "isolated"])
def test_no_rule_objects_and_nothing_is_undetermined(graph, profile: str) -> None:
    assert_compliant(graph, profile=profile, today=date(2026, 11, 22), undetermined=False)


def test_the_runtime_comes_before_its_job_and_both_after_the_namespace(graph) -> None:
    (job,) = graph.named("pytorch-train-job")
    assert {"known", "pytorch-training-runtime"} <= {node.name for node in graph.dependencies(job)}


def test_a_job_says_how_sensitive_its_data_are(graph) -> None:
    label = "mlinfra/data-classification"
    assert objects(graph, "pytorch")["TrainJob"].get("metadata.labels")[label] == "confidential"
    assert objects(graph, "raytrain")["RayJob"].get("metadata.labels")[label] == "internal"


def test_another_runtime_is_another_job() -> None:
    """A TrainJob refers to its runtime by name, and Trainer reads it once."""

    def built_on(seed: str) -> Any:
        args = {**JOBS[ml.PyTorchJob], "env": {"SEED": seed}}
        return objects(plan(lambda: ml.PyTorchJob("job", args, on_cluster())), "job")["TrainJob"]

    one, two = built_on("1"), built_on("2")
    assert one.get("spec") == two.get("spec")
    assert one.get("metadata.annotations") != two.get("metadata.annotations")


def test_pods_are_placed_near_each_other_where_kueue_counts_by_topology(graph) -> None:
    runtime = objects(graph, "pytorch")["TrainingRuntime"]
    (template,) = runtime.get("spec.template.spec.replicatedJobs")
    annotations = template["template"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {"kueue.x-k8s.io/podset-preferred-topology": "topology.k8s.aws/network-node-layer-3"}


@every_kind
def test_a_job_of_a_stack_stays_until_the_stack_lets_it_go(graph, kind: type[JobComponent[Any]]) -> None:
    for node in objects(graph, short(kind)).values():
        assert "ttlSecondsAfterFinished" not in repr(node.inputs)
        assert "timeToLiveSeconds" not in repr(node.inputs)


def test_every_field_of_a_job_is_an_argument_with_the_same_default() -> None:
    for kind in JOBS:
        fields, args = kind._job_type.model_fields, kind._args_type.model_fields
        of_the_place = {"kind", "name", "namespace", "queue", "service_account", "keep"}
        assert set(fields) - of_the_place == set(args) - (PLACE - {"pool"})
        for name in set(fields) & set(JobArgs.model_fields) - {"pool", "time_limit"}:
            default = args[name].default
            assert args[name].is_required() == fields[name].is_required(), name
            assert default == fields[name].default or default in ("", ()), name


def test_an_output_is_checked_when_it_is_known() -> None:
    def program() -> None:
        opts = on_cluster()
        known = kubernetes.core.v1.ConfigMap("known", metadata={"namespace": "vision"}, opts=opts)
        ml.PyTorchJob("late", {**JOBS[ml.PyTorchJob], "image": known.metadata.namespace}, opts)

    with pytest.raises(
        Exception, match=r"(?s)PyTorchJob \"late\": image = 'vision': has no digest.*fix: write the image"
    ):
        plan(program)


FILE = """
kind: PyTorchJob
name: ddp
namespace: research
image: {image}
script: ddp.py
args: [--steps, "60"]
nodes: 2
resources: {{ cpu: 4, memory: 8Gi, gpus: 8 }}
pool: {{ name: h100 }}
time_limit: 30m
queue: research
"""


def test_a_job_file_is_a_job_of_the_team(tmp_path: Path) -> None:
    file = tmp_path / "ddp.yaml"
    file.write_text(FILE.format(image=IMAGE))
    training = ml.TrainingReference(**TRAINING)

    def program() -> None:
        ml.PyTorchJob.from_file(str(file), training=training, team="vision", opts=on_cluster())
        for wrong, says in (
            ("kind: SparkJob", "not a PyTorchJob"),
            ("kind: PyTorchJob\nscrpt: a.py", "did you mean script"),
            ("{", "cannot be read"),
        ):
            (tmp_path / "wrong.yaml").write_text(wrong)
            with pytest.raises(ml.ArgumentError, match=rf"(?s)wrong\.yaml: .*{says}.*fix: |{says}"):
                ml.PyTorchJob.from_file(str(tmp_path / "wrong.yaml"), training=training, team="vision")

    job = objects(plan(program), "ddp")["TrainJob"]
    assert job.get("metadata.namespace") == "vision"
    assert job.get("metadata.labels")["kueue.x-k8s.io/queue-name"] == "training"
    assert job.get("spec.activeDeadlineSeconds") == 1800


def other(**changes: Any) -> dict[str, Any]:
    return {"training": {**TRAINING, **changes}}


GANG = {"pool": "l4", "nodes": 2, "resources": {**SMALL, "gpus": 4}}
REFUSED: dict[str, tuple[type[Any], dict[str, Any], str, str]] = {
    "an unknown team": (ml.PyTorchJob, {"team": "audio"}, "team = 'audio': no team", "poor, vision"),
    "an unknown pool": (ml.PyTorchJob, {"pool": "a100"}, "pool = 'a100': the team vision has no share", "h100, l4"),
    "another team's pool": (ml.PyTorchJob, {"pool": "others"}, "has no share in it", "name one of h100, l4"),
    "an unknown priority": (ml.PyTorchJob, {"priority": "high"}, "priority = 'high'", "research, production"),
    "another team's data": (ml.PyTorchJob, {"datasets": ["voices"]}, "no data set 'voices'", "images"),
    "no operator": (ml.PyTorchJob, other(operators={}), "needs kubeflow-trainer", "install kubeflow-trainer"),
    "no JobSet": (ml.TensorFlowJob, other(operators={}), "needs jobset", "install jobset"),
    "no digest": (ml.PyTorchJob, {"image": "torch:latest"}, "image = 'torch:latest': has no digest", "@sha256:"),
    "no program": (ml.PyTorchJob, {"script": ""}, "needs either script or module", "script: train.py"),
    "TCP between GPUs": (ml.PyTorchJob, GANG, "pool = 'l4': accelerators on several nodes need EFA", "pool with EFA"),
    "GPUs anywhere": (ml.PyTorchJob, {"pool": None, "nodes": 1}, "needs a pool that has them", "pools with accelerators"),
    "more GPUs than a node has": (ml.PyTorchJob, {"pool": "l4", "nodes": 1}, "l4 has 4 accelerators", "ask for fewer"),
    "Spot without a checkpoint": (ml.PyTorchJob, {"team": "poor", "datasets": []}, "keeps no checkpoint", "checkpoint"),
    "no time": (ml.PyTorchJob, {"time_limit": "soon"}, "time_limit = 'soon': not a length of time", "90m"),
    "no memory": (ml.PyTorchJob, {"resources": {**GPUS, "memory": "lots"}}, "resources.memory", "64Gi"),
    "two places": (ml.PyTorchJob, {"output": {"claim": "a", "url": "s3://a"}}, "output.claim", "either claim or url"),
    "a layout that does not fit": (
        ml.PyTorchJob,
        {"strategy": "model-parallel", "layout": {"tensor": 8, "data": 4}},
        "tensor x pipeline x data",
        "multiply out",
    ),
    "servers without a chief": (ml.TensorFlowJob, {"chief": None}, "has a coordinator", "chief"),
    "dynamic allocation": (
        ml.SparkJob,
        {"conf": {"spark.dynamicAllocation.enabled": "true"}},
        "reserves a fixed number",
        "executors.count",
    ),
    "limits upside down": (
        ml.RayTrainJob,
        {"workers": {"cpu": {"min": 4, "max": 2, "resources": SMALL}}},
        "max 2 below min 4",
        "raise max",
    ),
}  # fmt: skip


def test_refused_before_anything_is_registered() -> None:
    def program() -> None:
        opts = on_cluster()
        for case, (kind, wrong, *said) in REFUSED.items():
            with pytest.raises(ml.ArgumentError) as refused:
                kind("job", {**JOBS[kind], **wrong}, opts)
            text = str(refused.value)
            assert text.startswith(f'{kind.__name__} "job": '), case
            for part in (*said, "fix: "):
                assert part in text, f"{case}: {text}"

    assert not [node for node in plan(program) if node.package != "pulumi"]


def test_every_kind_of_job_has_a_component() -> None:
    assert {kind._job_type for kind in JOBS} == {*Job.__subclasses__()}
