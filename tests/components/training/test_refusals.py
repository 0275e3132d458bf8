"""What cannot be a place to train, and what to change."""

from __future__ import annotations

import re
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.components.training.arguments import (
    PoolShare,
    Queueing,
    TrainingClusterArgs,
    TrainingOperators,
    TrainingTeam,
)
from mlinfra.components.training.stores import BucketStore, TrainingStore
from mlinfra.testing import plan
from tests.components.training import platform
from tests.components.training.platform import SPEECH, VISION, arguments, general, gpus, lustre


def teams(**shares: dict[str, Any]) -> dict[str, Any]:
    return {"teams": {name: {"namespace": name, "shares": given} for name, given in shares.items()}}


def vision(**other: Any) -> dict[str, Any]:
    return {"teams": {"vision": VISION | other}}


@pytest.mark.parametrize(
    ("given", "argument", "reason"),
    [
        (
            teams(a={"h100": {"accelerators": 9}}, b={"h100": {"nodes": 1}}),
            "teams",
            "a, b have 2.125 nodes of pool h100",
        ),
        (teams(a={"moon": {"nodes": 1}}), "teams", "the pool 'moon', which is not there"),
        (teams(a={"general": {"accelerators": 1}}), "teams", "gives no whole ones"),
        ({"teams": {}}, "teams", "nobody would train"),
        (teams(**{"kube-system": {"general": {"nodes": 1}}}), "teams", "belongs to the cluster"),
        ({"pools": []}, "pools", "nothing to train on"),
        ({"pools": [gpus(), gpus(), general()]}, "pools", "two pools are called h100"),
        ({"pools": [gpus(instance_types=["p99.large"]), general()]}, "pools", "does not know p99.large"),
        ({"pools": [gpus(dra=True), general()]}, "pools", "by claims"),
        (vision(datasets=["moon"]), "teams", "vision has datasets in 'moon', which is no store"),
        (vision(checkpoints="moon"), "teams", "vision has checkpoints in 'moon'"),
        (
            {"teams": {"vision": VISION | {"checkpoints": "scratch"}, "speech": SPEECH | {"datasets": ["scratch"]}}},
            "stores",
            "speech would read all of it",
        ),
        ({"networks": ["0.0.0.0/0"]}, "networks", "anywhere"),
        ({"networks": ["here"]}, "networks", "does not appear to be"),
        ({"service_account": "spark"}, "service_account", "is taken"),
        ({"service_account": "default"}, "service_account", "is taken"),
        ({"stores": {"A b": lustre()}}, "stores", "is not the name of a store"),
        ({"versions": {"karpenter": "1.0.0"}}, "versions", "not installed here"),
        ({"versions": {"kubeflow-trainer": "2.1.0"}}, "versions", "stays suspended for ever"),
        ({"versions": {"spark-operator": "2.3.0"}}, "versions", "Kueue admits"),
        ({"versions": {"jobset": "0.11.0"}}, "versions", "Trainer is built against"),
        ({"versions": {"kueue": "0.18.1"}, "operators": {"kueue": False}}, "versions", "is not installed"),
        ({"definitions": {"kueue": "kueue.yaml"}}, "definitions", "'kueue' does not keep definitions"),
        ({"definitions": {"jobset": "nowhere.yaml"}}, "definitions", "nowhere.yaml cannot be read: No such file"),
        ({"definitions": {"jobset": "/dev/null"}}, "definitions", "/dev/null has no definitions"),
        ({"definitions": {"jobset": __file__}}, "definitions", "it is no YAML"),
        ({"definitions": {"jobset": "pyproject.toml"}}, "definitions", "cannot be read"),
        ({"definitions": {"jobset": "mlinfra.waivers.yaml"}}, "definitions", "something else than definitions of"),
        ({"cluster": platform.CLUSTER | {"version": "1.33"}}, "versions", "needs Kubernetes 1.34"),
    ],
)
def test_what_does_not_go_together(given: dict[str, Any], argument: str, reason: str) -> None:
    with pytest.raises(ml.ArgumentError) as caught:
        TrainingClusterArgs(**arguments(**given))
    (problem,) = caught.value.problems
    assert problem.argument == argument
    assert re.search(re.escape(reason), problem.reason)
    assert problem.fix


@pytest.mark.parametrize(
    ("kind", "given", "argument"),
    [
        (PoolShare, {}, "accelerators"),
        (PoolShare, {"accelerators": 1, "nodes": 1}, "accelerators"),
        (PoolShare, {"nodes": -1}, "nodes"),
        (PoolShare, {"nodes": 1, "borrow": -1}, "borrow"),
        (PoolShare, {"nodes": 1, "lend": 2}, "lend"),
        (TrainingTeam, {"shares": {}, "namespace": "a"}, "shares"),
        (TrainingTeam, {"shares": {"a": {"nodes": 1}}}, "members"),
        (TrainingTeam, {"shares": {"a": {"nodes": 1}}, "namespace": "a", "members": {"auditor": ["a"]}}, "members"),
        (TrainingTeam, {"shares": {"a": {"nodes": 1}}, "namespace": "a", "weight": 0}, "weight"),
        (
            TrainingTeam,
            {"shares": {"a": {"nodes": 1}}, "namespace": "a", "quota": {"cpu": 1, "memory_gib": 1}},
            "quota",
        ),
        (TrainingOperators, {"replicas": 1}, "replicas"),
        (TrainingOperators, {"metrics_from": "No Space"}, "metrics_from"),
        (Queueing, {"preempt_to_borrow": True, "fair_sharing": True}, "preempt_to_borrow"),
        (Queueing, {"priorities": {}}, "priorities"),
        (Queueing, {"priorities": {"Very High": 1}}, "priorities"),
        (Queueing, {"ready_minutes": 0}, "ready_minutes"),
        (BucketStore, {"bucket_arn": "arn:aws:s3:::data", "prefix": "team"}, "prefix"),
        (BucketStore, {"bucket_arn": "data"}, "bucket_arn"),
        (TrainingStore, {"classification": "internal", "key_arn": platform.KEY}, "bucket"),
    ],
)
def test_what_says_too_little_or_too_much(kind: Any, given: dict[str, Any], argument: str) -> None:
    with pytest.raises(ml.ArgumentError) as caught:
        kind(**given)
    assert [problem.argument for problem in caught.value.problems] == [argument]


def test_a_team_whose_space_could_not_be_named_is_refused_before_anything_is_there() -> None:
    long = "a-team-with-quite-a-name"

    def program() -> None:
        with pytest.raises(ml.ArgumentError, match=f"{long}.*\n  fix: choose a shorter name"):
            platform.program(teams={long: TrainingTeam(**VISION)})

    assert not [node for node in plan(program) if node.type.startswith("mlinfra:")]
