"""Jobs of every kind driven by the command line: made, left alone, replaced when they change, and gone with their cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Shell
from tests.e2e.plane import api_of, sandbox
from tests.e2e.test_kubernetes import PROGRAM as CLUSTER

pytestmark = pytest.mark.e2e
__all__ = ["sandbox"]
EXAMPLE = ROOT / "examples/training-platform"

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
    shell.env["PYTHONPATH"] = str(ROOT)
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


MORE = """

import os

image = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/vision/train@sha256:{'0' * 64}"
here = {"training": training, "team": "vision", "pool": "h100", "image": image}
small = {"resources": {"cpu": "1", "memory": "4Gi"}}
ml.TensorFlowJob("ranking", {**here, "script": "a.py", "chief": small, "ps": small, "workers": small}, inside)
ml.SparkJob("features", {
    **here, "script": "a.py", "spark_version": "4.0.1", "driver": small["resources"], "executors": small}, inside)
ml.RayTrainJob("tune", {
    **here, "script": "a.py", "ray_version": "2.55.1", "head": small["resources"], "workers": {"cpu": small}}, inside)
ml.TrainingValidation("proof", {**here, "time_limit": os.environ["LIMIT"], "patience": "15s"}, inside)
"""


def test_a_real_api_server_takes_every_kind_and_a_proof_that_fails_fails_the_deployment(
    sandbox: Shell, tmp_path: Path
) -> None:
    """The program of the README and every other kind of job, on two nodes that pretend to have eight GPUs each."""
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    with (project / "__main__.py").open("a") as program:
        program.write(MORE)
    sandbox.cwd = project
    up = ["up", "--yes", "--skip-preview"]

    sandbox.env["LIMIT"] = "1s"  # less than nodes take to start a pod
    assert "proof-job" in sandbox.run(*up, code=1)
    api = api_of(sandbox)
    (failed,) = [
        one for one in api.objects(api.kind("batch/v1", "Job"), "vision") if one["metadata"]["name"] == "proof"
    ]
    assert [one["reason"] for one in failed["status"]["conditions"] if one["type"] == "Failed"] == ["DeadlineExceeded"]
    for version, kind, name in (
        ("trainer.kubeflow.org/v1alpha1", "TrainJob", "finetune"),
        ("jobset.x-k8s.io/v1alpha2", "JobSet", "ranking"),
        ("sparkoperator.k8s.io/v1beta2", "SparkApplication", "features"),
        ("ray.io/v1", "RayJob", "tune"),
    ):
        assert name in {one["metadata"]["name"] for one in api.objects(api.kind(version, kind), "vision")}

    sandbox.env["LIMIT"] = "30m"
    assert sandbox.changes(*up)["replace"] == 1
    assert set(sandbox.changes(*up)) == {"same"}
