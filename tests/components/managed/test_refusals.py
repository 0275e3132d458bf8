"""What AWS's managed services do not take is refused at construction, and says who says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog import managed
from tests.components.managed.wanted import (
    IMAGE,
    ODCR,
    SPOT,
    SUBNETS,
    batch,
    batch_job,
    batch_reference,
    sagemaker,
    spark,
    store,
    team,
)

G6 = {"instance_types": ["g6.12xlarge"]}
ON_SPOT = batch_reference(instance_types=["g6.xlarge", "g5.xlarge"], capacity="spot", efa_per_node=0)
MIXED = batch_reference(instance_types=["g6.xlarge", "g5.xlarge"], efa_per_node=0)
ONE_GPU = {"batch": ON_SPOT, "resources": {"cpu": "4", "memory": "8Gi", "gpus": 1}}
NO_ARGUMENTS = ("image-private",)

# The limit of the catalogue (or part of the reason), the argument that is blamed, and what was asked for.
BATCH = (
    ("mnp-zone", "subnet_ids", {"subnet_ids": SUBNETS}),
    ("mnp-zone", "subnet_ids", {**G6, "subnet_ids": SUBNETS, "capacity": {"on_demand": {"placement_group": True}}}),
    ("mnp-groups", "security_group_ids", {"security_group_ids": [f"sg-{number:017}" for number in range(5)]}),
    ("efa-image", "image_id", {"image_id": None}),
    ("efa-type", "efa", {"instance_types": ["g6.xlarge"], "efa": True}),
    ("efa-type-one", "instance_types", {"instance_types": ["p5.48xlarge", "p4d.24xlarge"], "efa": True}),
    ("efa-spot", "capacity", {"instance_types": ["p5.48xlarge", "p4d.24xlarge", "p5en.48xlarge"], "efa": True, "capacity": {"spot": {}}}),
    ("spot-one-type", "instance_types", {**G6, "capacity": {"spot": {}}}),
    ("keeps no checkpoints", "teams", {**SPOT, "teams": {"vision": {}}}),
    ("reservation-one-type", "instance_types", {"instance_types": ["g6.xlarge", "g5.xlarge"], "capacity": ODCR}),
    ("reservation-zone", "subnet_ids", {**G6, "capacity": ODCR, "subnet_ids": SUBNETS}),
    ("not-sold-so", "capacity", {"instance_types": ["p6e-gb200.36xlarge"]}),
    ("a block's window", "capacity", {"capacity": {"capacity_block": {"reservation_id": "cr-0123456789abcdef0", "start": "2027-01-11T11:30:00Z", "end": "2027-01-12T11:30:00Z"}}}),
    ("buys in one way", "capacity", {**SPOT, "capacity": {"spot": {"fallback": True}}}),
    ("share-name", "teams", {"teams": {"team-a": team()}}),
    ("share-weight", "teams.vision.weight", {"teams": {"vision": team(weight=0)}}),
    ("no instances", "max_nodes", {"max_nodes": 0}),
    ("max_nodes", "min_nodes", {"min_nodes": 5}),
    ("several architectures", "instance_types", {"instance_types": ["g5g.xlarge", "g5.xlarge"]}),
    ("accelerators", "instance_types", {"instance_types": ["trn1.32xlarge"]}),
)  # fmt: skip
JOBS = (
    ("mnp-spot", "nodes", {**ONE_GPU, "nodes": 2, "slow_network": True}),
    ("mnp-type", "nodes", {**ONE_GPU, "batch": MIXED, "nodes": 2, "slow_network": True}),
    ("need EFA", "batch", {"batch": batch_reference(efa_per_node=0), "nodes": 2}),
    ("at most", "nodes", {"nodes": 5}),
    ("batch-host", "resources", {"resources": {"cpu": "8", "memory": "4Ti", "gpus": 8}}),
    ("batch-retries", "retries", {"retries": 10}),
    ("batch-time", "time_limit", {"time_limit": "30s"}),
    ("batch-variables", "env", {"env": {"AWS_BATCH_X": "1"}}),
    ("no digest", "image", {"image": "training:latest"}),
    ("either script or module", "script", {"script": ""}),
    ("no team", "team", {"team": "nlp"}),
    ("no data set", "datasets", {"datasets": ["faces"]}),
    ("taken away", "checkpoint", {"batch": batch_reference(capacity="spot", teams={"vision": {"role_arn": "arn:aws:iam::123456789012:role/x"}})}),
)  # fmt: skip
SAGEMAKER = (
    ("sagemaker-type", "instance_type", {"instance_type": "p5.48xlarge"}),
    ("sagemaker-disks", "volume_gib", {"volume_gib": 500}),
    ("sagemaker-volume", "volume_gib", {"instance_type": "ml.m7i.4xlarge", "volume_gib": 0}),
    ("sagemaker-isolated", "tracking", {"tracking": {"url": "https://mlflow.example.com", "experiment": "x"}}),
    ("sagemaker-time", "time_limit", {"time_limit": "29d"}),
    ("sagemaker-retries", "retries", {"retries": 31}),
    ("sagemaker-wait", "spot", {"spot": {"max_wait": "1h"}, "checkpoint": store("checkpoints/")}),
    ("sagemaker-environment", "env", {"env": {"LONG": "x" * 513}}),
    ("sagemaker-environment", "args", {"args": ["x" * 257]}),
    ("image-private", "image", {"image": IMAGE.replace("123456789012.dkr.ecr.us-east-1.amazonaws.com", "docker.io")}),
    ("taken away", "checkpoint", {"spot": {}}),
    ("need EFA", "instance_type", {"instance_type": "ml.g6.xlarge", "nodes": 2}),
)  # fmt: skip
SPARK = (
    ("emr-release", "release", {"release": "7.9"}),
    ("emr-worker", "max_vcpus", {"max_vcpus": 1}),
    ("image-private", "image", {"image": IMAGE.replace("123456789012.dkr.ecr.us-east-1.amazonaws.com", "docker.io")}),
    ("no digest", "image", {"image": IMAGE.partition("@")[0]}),
    ("nobody", "teams", {"teams": {}}),
    ("a week", "idle_minutes", {"idle_minutes": 0}),
)
ROWS = [
    *((row, batch, ml.BatchTraining) for row in BATCH),
    *((row, batch_job, ml.BatchPyTorchJob) for row in JOBS),
    *((row, sagemaker, ml.SageMakerTraining) for row in SAGEMAKER),
    *((row, spark, ml.SparkServerless) for row in SPARK),
]


@pytest.mark.parametrize(
    ("row", "make", "component"), ROWS, ids=[f"{component.__name__}-{row[0]}-{row[1]}" for row, _, component in ROWS]
)
def test_what_cannot_be_had_is_refused_with_its_source(
    row: tuple[str, str, dict[str, Any]], make: Callable[..., Any], component: Any
) -> None:
    reason, argument, wanted = row
    with pytest.raises(ml.ArgumentError) as refused:
        component("training", make(**wanted))
    (problem,) = refused.value.problems
    assert problem.argument == argument
    assert problem.fix
    known = {limit.id: limit for limit in managed.limits()}
    if reason in known:
        assert known[reason].reason in problem.reason
        assert known[reason].source in problem.reason
    else:
        assert reason in problem.reason


def test_every_limit_of_the_catalogue_is_met_by_an_example() -> None:
    met = {row[0] for row, _, _ in ROWS}
    assert {limit.id for limit in managed.limits()} <= met
