"""Proof in the stack: what is wanted of which pool, and the Job that the deployment waits for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import mlinfra as ml
from mlinfra.catalog import nccl
from mlinfra.testing import assert_compliant, plan
from tests.components.jobs.test_jobs import H100, IMAGE, TEAM, TRAINING, on_cluster

ARGS = {"training": TRAINING, "team": "vision", "pool": "h100", "image": IMAGE}


@pytest.fixture(scope="module")
def graph():
    return plan(
        lambda: ml.TrainingValidation("proof", {**ARGS, "storage_bandwidth": 1.5, "patience": "1h"}, on_cluster())
    )


def one(graph, kind: str) -> Any:
    (found,) = [node for node in graph.resources() if node.type.endswith(f":{kind}")]
    return found


def container(job) -> dict[str, Any]:
    (found,) = job.get("spec.template.spec.containers")
    return found


def test_pods_find_each_other_by_the_names_that_the_service_gives_them(graph) -> None:
    job, service = one(graph, "Job"), one(graph, "Service")
    env = {one["name"]: one.get("value") for one in container(job)["env"]}
    assert (env["PET_NNODES"], env["PET_NPROC_PER_NODE"], env["PET_NODE_RANK"]) == ("2", "8", "$(REPLICA_INDEX)")
    assert env["PET_MASTER_ADDR"] == "proof-0.proof"
    assert (
        job.get("spec.template.spec.subdomain") == service.get("metadata.name") == job.get("metadata.name") == "proof"
    )
    assert service.get("spec.clusterIP") == "None"
    assert service.get("spec.selector") == {"batch.kubernetes.io/job-name": "proof"}
    assert str(service.get("spec.ports")[0]["port"]) == env["PET_MASTER_PORT"]


def test_the_program_is_the_one_that_is_tested(graph) -> None:
    from mlinfra.components.jobs.validation_objects import program

    code = one(graph, "ConfigMap")
    assert code.get("data") == {"training_validation.py": program()}
    assert code.get("immutable") is True
    (volume,) = [one for one in one(graph, "Job").get("spec.template.spec.volumes") if one["name"] == "program"]
    assert volume["configMap"]["name"] == code.get("metadata.name")


def test_it_takes_whole_nodes_and_wants_what_has_been_published(graph) -> None:
    job = one(graph, "Job")
    limits = container(job)["resources"]["limits"]
    assert (limits["nvidia.com/gpu"], limits["vpc.amazonaws.com/efa"]) == ("8", "32")
    command = container(job)["command"]
    measured = nccl.measured("p5.48xlarge")
    assert measured
    assert float(command[command.index("--bus-bandwidth") + 1]) == pytest.approx(0.8 * measured.bus_bandwidth, rel=1e-4)
    assert int(command[command.index("--bytes") + 1]) == measured.bytes
    assert command[command.index("--storage") : command.index("--storage") + 4] == ["--storage", "/checkpoint", "--storage-bandwidth", "1.5"]  # fmt: skip


def test_a_failure_is_final_at_once_and_the_next_deployment_tries_again(graph) -> None:
    """Pulumi fails on BackoffLimitExceeded and DeadlineExceeded alone: with another reason it would wait to the end."""
    job = one(graph, "Job")
    assert job.get("spec.backoffLimit") == 0
    assert "podFailurePolicy" not in job.get("spec")
    assert job.get("spec.activeDeadlineSeconds") == 1800
    assert job.get("metadata.annotations") == {"pulumi.com/replaceUnready": "true"}
    assert job.get("metadata.labels")["kueue.x-k8s.io/queue-name"] == "training"
    assert "ttlSecondsAfterFinished" not in job.get("spec")


@pytest.mark.parametrize("profile", ["baseline", "regulated", "isolated"])
def test_no_rule_objects_and_nothing_is_undetermined(graph, profile: str) -> None:
    assert_compliant(graph, profile=profile, today=date(2026, 11, 22), undetermined=False)


MANY = {**H100, "instance_types": ["p5.48xlarge", "p5e.48xlarge"]}
FOREIGN = {**TRAINING, "teams": {"vision": {**TEAM, "checkpoints": {**TEAM["outputs"], "read_only": False}}}}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no figure": ({"pool": "l4", "slow_network": True}, "nothing is published of all-reduce on g6.12xlarge", "or 0 to measure"),
    "several types": ({"training": {**TRAINING, "pools": {"h100": MANY}}}, "on several types", "in GB/s"),
    "one node": ({"nodes": 1}, "on a single node", "in GB/s"),
    "TCP": ({"pool": "l4", "bus_bandwidth": 1}, "need EFA between them", "slow_network"),
    "no volume": ({"training": FOREIGN, "storage_bandwidth": 1}, "keeps checkpoints in no volume", "leave it out"),
    "no digest": ({"image": "torch"}, "has no digest", "@sha256:"),
    "no pool": ({"pool": "a100", "bus_bandwidth": 1}, "the team vision has no share in it", "h100, l4"),
    "no patience": ({"patience": "long"}, "not a length of time", "90m"),
}  # fmt: skip


def test_refused() -> None:
    def program() -> None:
        opts = on_cluster()
        for case, (wrong, *said) in REFUSED.items():
            with pytest.raises(ml.ArgumentError) as refused:
                ml.TrainingValidation("proof", {**ARGS, **wrong}, opts)
            for part in ('TrainingValidation "proof": ', *said, "fix: "):
                assert part in str(refused.value), f"{case}: {refused.value}"
        ml.TrainingValidation("measured", {**ARGS, "pool": "l4", "slow_network": True, "bus_bandwidth": 0}, opts)

    plan(program)
