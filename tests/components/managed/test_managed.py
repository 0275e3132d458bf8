"""Training without Kubernetes: what is declared, what the rules say of it, and what nodes really start."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.compliance.evaluate import Verdict, evaluate
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.rule import STACK
from mlinfra.graph import ResourceGraph
from mlinfra.policies.registry import RULES
from mlinfra.testing import plan
from tests.components.managed.wanted import IMAGE, KEY, ODCR, SPOT, batch, batch_job, sagemaker, spark, store

TODAY = date(2026, 11, 22)
TAGS = {"owner": "ml", "cost-center": "ml", "environment": "dev", "data-classification": "internal"}
ABOUT_RESOURCES = tuple(rule for rule in RULES if STACK not in rule.types)


def program() -> None:
    ml.tag_everything(TAGS)
    gpus = ml.BatchTraining("gpus", batch())
    ml.BatchPyTorchJob(
        "bert", batch_job(batch=gpus.reference, nodes=2, datasets=["imagenet"], time_limit="12h", args=["--lr", "$1"])
    )
    ml.BatchTraining("reserved", batch(capacity=ODCR))
    spot = ml.BatchTraining("spot", batch(**SPOT, image_id=None))
    ml.BatchPyTorchJob("small", batch_job(batch=spot.reference, retries=5))
    ml.SparkServerless("spark", spark(image=IMAGE, spark={"spark.executor.cores": "4"}, event_logs=store("events/")))
    ml.SageMakerTraining(
        "resnet",
        sagemaker(nodes=2, data={"imagenet": store("imagenet/")}, checkpoint=store("checkpoints/"), spot={}, run="b"),
    )
    ml.SageMakerTraining("plain", sagemaker(instance_type="ml.m7i.4xlarge", volume_gib=50))


@pytest.fixture(scope="module")
def graph() -> ResourceGraph:
    return plan(program, stack="dev", project="platform")


def one(graph: ResourceGraph, kind: str, name: str) -> Any:
    (found,) = [node for node in graph.of_type(kind) if node.name == name]
    return found.inputs


@pytest.mark.parametrize("profile", list(Profile), ids=lambda profile: profile.value)
def test_no_rule_objects_and_none_is_left_undetermined(graph: ResourceGraph, profile: Profile) -> None:
    said = {
        (outcome.rule.id, outcome.urn.rpartition("::")[2]): outcome.error or [str(one) for one in outcome.evidence]
        for outcome in evaluate(graph, ABOUT_RESOURCES, profile, today=TODAY)
        if outcome.verdict in (Verdict.FAIL, Verdict.UNDETERMINED)
    }
    assert said == {}


def test_environments_of_batch_have_a_limit_one_place_and_the_interfaces_of_their_type(graph: ResourceGraph) -> None:
    kind = "aws:batch/computeEnvironment:ComputeEnvironment"
    gpus, spot = (one(graph, kind, f"{name}-environment")["computeResources"] for name in ("gpus", "spot"))
    assert (gpus["minVcpus"], gpus["maxVcpus"], gpus["type"]) == (0, 4 * 192, "EC2")
    assert gpus["placementGroup"]
    assert "placementGroup" not in one(graph, kind, "reserved-environment")["computeResources"]
    assert (spot["type"], spot["allocationStrategy"]) == ("SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED")
    template = one(graph, "aws:ec2/launchTemplate:LaunchTemplate", "gpus-nodes")
    kinds = [card["interfaceType"] for card in template["networkInterfaces"]]
    assert (kinds.count("efa-only"), kinds.count("interface")) == (32, 1)
    reserved = one(graph, "aws:ec2/launchTemplate:LaunchTemplate", "reserved-nodes")
    assert reserved["capacityReservationSpecification"]["capacityReservationTarget"] == {
        "capacityReservationId": "cr-0123456789abcdef0"
    }


def test_a_team_of_twice_the_weight_gets_half_the_factor(graph: ResourceGraph) -> None:
    shares = one(graph, "aws:batch/schedulingPolicy:SchedulingPolicy", "gpus-shares")["fairSharePolicy"]
    factors = {share["shareIdentifier"]: share["weightFactor"] for share in shares["shareDistributions"]}
    assert factors == {"vision": 0.5, "nlp": 1}


def test_a_job_over_several_nodes_has_the_fabric_its_team_and_nothing_else(graph: ResourceGraph) -> None:
    job = one(graph, "aws:batch/jobDefinition:JobDefinition", "bert-job")
    assert (job["type"], job["retryStrategy"], job["timeout"]) == (
        "multinode",
        {"attempts": 4},
        {"attemptDurationSeconds": 43200},
    )
    nodes = json.loads(job["nodeProperties"])
    assert (nodes["mainNode"], nodes["numNodes"]) == (0, 2)
    ((targets, made),) = ((part["targetNodes"], part["container"]) for part in nodes["nodeRangeProperties"])
    assert (targets, made["instanceType"]) == ("0:1", "p5.48xlarge")
    assert len(made["linuxParameters"]["devices"]) == 32
    assert made["ulimits"] == [{"name": "memlock", "softLimit": -1, "hardLimit": -1}]
    assert (made["privileged"], made["readonlyRootFilesystem"], made["user"]) == (False, True, "1000:1000")
    env = {one["name"]: one["value"] for one in made["environment"]}
    assert env["DATA_IMAGENET"] == "s3://team-data/imagenet/"
    assert env["CHECKPOINT_DIR"] == "s3://team-data/checkpoints/bert/checkpoint/"
    assert env["FI_PROVIDER"] == "efa"
    wanted = {one["type"]: one["value"] for one in made["resourceRequirements"]}
    assert (wanted["GPU"], wanted["VCPU"]) == ("8", "192")
    small = one(graph, "aws:batch/jobDefinition:JobDefinition", "small-job")
    assert (small["type"], small["retryStrategy"]) == ("container", {"attempts": 6})
    assert "devices" not in json.loads(small["containerProperties"])["linuxParameters"]


def test_teams_reach_their_own_folders_alone(graph: ResourceGraph) -> None:
    document = json.loads(one(graph, "aws:iam/rolePolicy:RolePolicy", "gpus-vision-access")["policy"])
    objects = {
        statement["Sid"]: statement["Resource"]
        for statement in document["Statement"]
        if statement["Sid"].endswith("Objects")
    }
    written = ["arn:aws:s3:::team-data/checkpoints/*", "arn:aws:s3:::team-data/models/*"]
    assert sorted(objects["WriteObjects"]) == written
    assert sorted(objects["ReadObjects"]) == sorted([*written, "arn:aws:s3:::team-data/imagenet/*"])


def test_spark_is_limited_logged_and_run_with_the_teams_role_alone(graph: ResourceGraph) -> None:
    application = one(graph, "aws:emrserverless/application:Application", "spark-spark")
    assert application["maximumCapacity"] == {"cpu": "200 vCPU", "memory": "1600 GB"}
    assert application["imageConfiguration"] == {"imageUri": IMAGE}
    logs = application["monitoringConfiguration"]
    assert logs["managedPersistenceMonitoringConfiguration"] == {"enabled": False}
    group = one(graph, "aws:cloudwatch/logGroup:LogGroup", "spark-jobs")
    assert logs["cloudwatchLoggingConfiguration"]["logGroupName"] == group["name"]
    assert group["kmsKeyId"] == KEY
    submit = json.loads(one(graph, "aws:iam/policy:Policy", "spark-fraud-submit")["policy"])["Statement"]
    (passed,) = (
        statement
        for statement in submit
        if statement["Action"] == ["iam:PassRole"] or statement["Action"] == "iam:PassRole"
    )
    assert "spark-fraud" in str(passed["Resource"])


def test_sagemaker_trains_isolated_encrypted_and_for_so_long(graph: ResourceGraph) -> None:
    kind = "aws:sagemaker/trainingJob:TrainingJob"
    job = one(graph, kind, "resnet-job")
    assert job["trainingJobName"] == "dev-resnet-b"
    assert job["enableNetworkIsolation"]
    assert job["enableInterContainerTrafficEncryption"]
    assert job["stoppingCondition"] == {"maxRuntimeInSeconds": 86400, "maxWaitTimeInSeconds": 172800}
    assert job["checkpointConfig"]["s3Uri"] == "s3://team-data/checkpoints/resnet/checkpoint/"
    assert job["environment"]["DATA_IMAGENET"] == "/opt/ml/input/data/imagenet"
    assert "volumeKmsKeyId" not in job["resourceConfig"]  # disks of its own
    assert one(graph, kind, "plain-job")["resourceConfig"]["volumeKmsKeyId"] == KEY


@pytest.fixture
def torchrun(tmp_path: Path) -> Path:
    """A torchrun that says what it was started with."""
    program = tmp_path / "bin/torchrun"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$PET_NNODES $PET_NODE_RANK $PET_MASTER_ADDR $REPLICA_INDEX $PWD $*"\n')
    program.chmod(0o755)
    return program.parent


def started(command: list[str], env: dict[str, str], torchrun: Path, work: Path) -> str:
    command = [str(work) if part == "/workspace" else part for part in command]
    path = f"{torchrun}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(command, env={**env, "PATH": path}, check=True, capture_output=True, text=True).stdout.strip()


def test_nodes_of_batch_know_their_rank_and_the_main_node(graph: ResourceGraph, torchrun: Path, tmp_path: Path) -> None:
    nodes = json.loads(one(graph, "aws:batch/jobDefinition:JobDefinition", "bert-job")["nodeProperties"])
    made = nodes["nodeRangeProperties"][0]["container"]
    env = {one["name"]: one["value"] for one in made["environment"]}
    main = {"AWS_BATCH_JOB_NODE_INDEX": "0"}
    child = {"AWS_BATCH_JOB_NODE_INDEX": "1", "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": "10.0.0.7"}
    said = [started(made["command"], {**env, **told}, torchrun, tmp_path) for told in (main, child)]
    assert said == [
        f"2 0 127.0.0.1 0 {tmp_path} train.py --lr $1",
        f"2 1 10.0.0.7 1 {tmp_path} train.py --lr $1",
    ]


def test_nodes_of_sagemaker_read_who_they_are(graph: ResourceGraph, torchrun: Path, tmp_path: Path) -> None:
    job = one(graph, "aws:sagemaker/trainingJob:TrainingJob", "resnet-job")
    told = tmp_path / "resourceconfig.json"
    told.write_text(json.dumps({"current_host": "algo-2", "hosts": ["algo-2", "algo-1"]}))
    env = {
        name: value.replace("/opt/ml/input/config/resourceconfig.json", str(told))
        for name, value in job["environment"].items()
    }
    asked = job["algorithmSpecification"]
    command = [*asked["containerEntrypoints"], *asked["containerArguments"]]
    assert started(command, env, torchrun, tmp_path) == f"2 1 algo-1 1 {tmp_path} train.py"
