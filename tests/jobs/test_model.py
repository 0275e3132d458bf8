"""What can be written in a job, and how a mistake is answered."""

from __future__ import annotations

from typing import Any

import pytest

from mlinfra.jobs import JobError, PoolTarget
from mlinfra.jobs.quantities import amount
from tests.jobs.jobs import GPUS, P5, SMALL, pytorch, ray, spark, tensorflow

MISTAKES: list[tuple[Any, dict[str, Any], str, str]] = [
    (pytorch, {"image": "train:latest"}, "image = 'train:latest': has no digest", "@sha256:"),
    (pytorch, {"script": ""}, "script = '': needs either script or module", "module: package.train"),
    (pytorch, {"name": "Train"}, "name = 'Train'", "lower-case"),
    (pytorch, {"name": "a" * 41}, "at most 40", "name"),
    (
        pytorch,
        {"resources": {"cpu": 1, "memory": "2Gi", "gpu": 1}},
        "resources.gpu = 1: not known here",
        "did you mean gpus?",
    ),
    (pytorch, {"resources": {"cpu": "four", "memory": "2Gi"}}, "resources.cpu = 'four': not an amount", "500m"),
    (pytorch, {"resources": {"cpu": 1, "memory": 512}}, "resources.memory = 512: less than 1Mi", "64Gi"),
    (pytorch, {"time_limit": "forever"}, "time_limit = 'forever': not a length of time", "90m"),
    (pytorch, {"checkpoint": {}}, "checkpoint.claim: needs either claim or url", "s3://"),
    (pytorch, {"pool": {"name": "spot", "capacity": "spot"}}, "two minutes' notice", "checkpoint:"),
    (pytorch, {"nodes": 2, "resources": GPUS}, "the job names no pool", "slow_network: true"),
    (
        pytorch,
        {"nodes": 2, "resources": GPUS, "pool": P5 | {"efa_per_node": 0}},
        "pool h100 has none to give",
        "efa_per_node",
    ),
    (pytorch, {"resources": {**GPUS, "gpus": 16}, "pool": P5}, "has 8 accelerators, and each node wants 16", "fewer"),
    (pytorch, {"resources": {**GPUS, "gpus": 2}, "processes_per_node": 4}, "2 GPUs for 4 processes", "one process"),
    (pytorch, {"strategy": "model-parallel"}, "layout: goes with strategy", "both or neither"),
    (
        pytorch,
        {"strategy": "model-parallel", "nodes": 2, "processes_per_node": 4, "layout": {"tensor": 2, "data": 2}},
        "2 x 1 x 2 = 4, and there are 2 nodes x 4 processes = 8",
        "multiply out",
    ),
    (
        pytorch,
        {"strategy": "model-parallel", "nodes": 4, "processes_per_node": 2, "layout": {"tensor": 4, "data": 2}},
        "layers would be torn over nodes",
        "divides",
    ),
    (pytorch, {"nodes": 2, "elastic": {"min_nodes": 2}}, "min_nodes is not below nodes = 2", "lower min_nodes"),
    (tensorflow, {"chief": None}, "has a coordinator", "chief:"),
    (tensorflow, {"ps": None}, "the first worker is the chief", "leave chief out"),
    (tensorflow, {"chief": {"count": 2, "resources": SMALL}}, "one chief, not 2", "count: 1"),
    (tensorflow, {"evaluator": {"resources": SMALL}}, "the job keeps none", "checkpoint:"),
    (
        spark,
        {"queue": "team", "conf": {"spark.dynamicAllocation.enabled": "true"}},
        "under the queue team",
        "executors.count",
    ),
    (spark, {"service_account": ""}, "the driver makes its executors", "platform engineer"),
    (spark, {"conf": {"spark.master": "local"}}, "sets spark.master", "take it out"),
    (spark, {"main_class": "org.example.Main"}, "goes with a jar", "app.jar"),
    (spark, {"driver": {"cpu": "500m", "memory": "2Gi"}}, "whole cores", "1 or more"),
    (ray, {"workers": {"head": {"resources": SMALL}}}, "head is taken", "worker"),
    (ray, {"workers": {"gpu": {"min": 3, "max": 2, "resources": SMALL}}}, "max 2 below min 3", "raise max"),
    (ray, {"workers": {}}, "workers", "Groups of workers"),
]


@pytest.mark.parametrize(("make", "fields", "says", "fix"), MISTAKES, ids=[says for *_, says, _ in MISTAKES])
def test_a_mistake_names_the_field_the_value_and_the_fix(
    make: Any, fields: dict[str, Any], says: str, fix: str
) -> None:
    with pytest.raises(JobError) as caught:
        make(**fields)
    assert says.lower() in caught.value.message.lower() or says.lower() in str(caught.value).lower()
    assert fix.lower() in caught.value.fix.lower()
    assert caught.value.subject.startswith(("PyTorchJob ", "TensorFlowJob ", "SparkJob ", "RayTrainJob "))
    assert "Traceback" not in str(caught.value)


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(JobError) as caught:
        pytorch(image="train:latest", nodes=0, retries=-1)
    assert {problem.split(" ")[0] for problem, _ in caught.value.problems} >= {"nodes", "retries"}


def test_accepting_a_slow_network_needs_saying_so() -> None:
    assert pytorch(nodes=2, resources=GPUS, slow_network=True).total_gpus == 16


def test_gpus_of_one_node_need_no_fabric() -> None:
    assert pytorch(nodes=2, resources={**GPUS, "gpus": 4}, pool=P5 | {"efa_per_node": 0}).world_size == 8


def test_a_pool_reference_of_the_components_is_a_target() -> None:
    from mlinfra.components.pools.reference import CapacityKind, PoolReference, Provisioner, Taint

    reference = PoolReference(
        name="h100",
        provisioner=Provisioner.MANAGED,
        capacity=CapacityKind.SPOT,
        instance_types=["p5.48xlarge"],
        zones=["us-east-1a"],
        max_nodes=4,
        taints=[Taint(key="nvidia.com/gpu")],
        accelerators_per_node=8,
        resource="nvidia.com/gpu",
        efa_per_node=32,
    )
    target = PoolTarget.model_validate(reference)
    assert target.interruptible
    assert target.node_selector() == reference.node_selector()
    assert [dict(one) for one in target.tolerations()] == [dict(one) for one in reference.tolerations()]


@pytest.mark.parametrize(
    ("text", "wanted"), [("500m", 0.5), ("4", 4), ("2Ki", 2048), ("1.5Gi", 1.5 * 2**30), ("1G", 1e9)]
)
def test_amounts(text: str, wanted: float) -> None:
    assert amount(text) == wanted


@pytest.mark.parametrize(
    ("written", "seconds"), [(60, 60), ("90m", 5400), ("1h30m", 5400), ("1d6h", 108000), ("45s", 45)]
)
def test_lengths_of_time(written: Any, seconds: int) -> None:
    assert pytorch(time_limit=written).time_limit == seconds
