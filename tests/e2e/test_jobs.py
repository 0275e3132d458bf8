"""Jobs of every kind driven by the command line: made, left alone, replaced when they change, and gone with their cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Shell
from tests.e2e.test_kubernetes import PROGRAM as CLUSTER

pytestmark = pytest.mark.e2e

PROGRAM = (
    CLUSTER.partition("web = ")[0]
    + """
import os

import mlinfra as ml
from tests.components.jobs.test_jobs import JOBS, TEAM, TRAINING, short

charts = [
    k8s.helm.v3.Release(chart, name=chart, chart=chart, version="1.0.0", namespace="team", opts=inside)
    for chart in ("kubeflow-trainer", "kuberay-operator", "spark-operator")
]
on = pulumi.ResourceOptions(provider=on.provider, depends_on=charts)
training = {**TRAINING, "teams": {"vision": {**TEAM, "namespace": team.metadata.name}}}
seed = os.environ.get("SEED", "1")
for kind, args in JOBS.items():
    kind(short(kind), {**args, "training": training, "env": {"SEED": seed}}, on)
proof = ml.TrainingValidation("proof", {
    "training": training, "team": "vision", "pool": "h100", "image": JOBS[ml.PyTorchJob]["image"]}, on)
pulumi.export("proof", proof.job_name)
"""
)
OBJECTS = {"TrainingRuntime", "TrainJob", "JobSet", "SparkApplication", "RayJob", "ConfigMap", "Service", "Job"}


def test_jobs_are_made_replaced_and_stopped(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: jobs\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    shell.cwd = tmp_path
    shell.env["PYTHONPATH"] = str(Path(__file__).parents[2])
    assert shell.changes("up", "--yes")["create"] >= len(OBJECTS)
    held = {one.partition(" ")[0] for one in shell.inventory()["kubernetes"]}
    assert held >= OBJECTS
    assert set(shell.changes("up", "--yes")) == {"same"}

    shell.env["SEED"] = "2"
    changed = shell.changes("up", "--yes")
    assert changed["replace"] == 5
    assert "update" not in changed

    shell.run("destroy", "--yes")
    assert shell.inventory() == {}
