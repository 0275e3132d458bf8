"""The examples, trained for real: several processes, compared with one, and killed on the way.

Each framework is in an environment of its own, `.venv-train-<framework>` of the checkout, which `make e2e-training` makes.
MLINFRA_TRAIN_VENVS names another folder of them.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlinfra.jobs.load import load
from mlinfra.jobs.local import Ended, Fault, Line, LocalOptions, Outcome, Restarting, Status, run
from mlinfra.jobs.model import Job

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "training"
VENVS = Path(os.environ.get("MLINFRA_TRAIN_VENVS", ROOT))
LIMIT = 900  # seconds; on an idle machine of two processors the slowest takes a minute

pytestmark = pytest.mark.training


@dataclass(frozen=True)
class Trained:
    outcome: Outcome
    report: dict[str, Any]
    events: list[object]

    def said(self, text: str) -> bool:
        return any(text in event.text for event in self.events if isinstance(event, Line))


def environment(framework: str) -> Path:
    folder = VENVS / f".venv-train-{framework}"
    if not (folder / "bin" / "python").exists():
        pytest.skip(f"{framework} is not installed: make e2e-training TRAIN={framework}")
    if framework == "spark" and shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer on PATH")
    return folder


def train(work: Path, name: str, framework: str, *, fault: Fault | None = None, **changes: Any) -> Trained:
    venv = environment(framework)
    job, directory = load(str(EXAMPLES / name))
    fields = job.model_dump(exclude={"kind"}, exclude_unset=True) | changes
    job = type(job)(**fields)
    events: list[object] = []
    options = LocalOptions(directory=directory, work=work, environment=venv, time_limit=LIMIT, fault=fault)
    outcome = run(job, options, events.append)
    tail = "\n".join(f"{one.replica}: {one.text}" for one in events if isinstance(one, Line))[-4000:]
    assert outcome.status is Status.SUCCEEDED, f"{outcome.reason}\n{tail}"
    return Trained(outcome, report(work, job), events)


def report(work: Path, job: Job) -> dict[str, Any]:
    assert job.output is not None
    return json.loads((work / "output" / "report.json").read_text())


def losses(trained: Trained) -> list[float]:
    found = trained.report["losses"]
    return [found[key] for key in sorted(found, key=int)] if isinstance(found, dict) else found


def check_restart(trained: Trained, victim: str) -> None:
    assert Ended(victim, -9) in trained.events
    assert [event for event in trained.events if isinstance(event, Restarting)]


@pytest.mark.parametrize("name", ["ddp", "fsdp"])
def test_pytorch_processes_learn_what_one_learns_though_one_is_killed(name: str, tmp_path: Path) -> None:
    four = train(tmp_path / "four", f"pytorch/{name}.yaml", "torch", fault=Fault("node-1", "step 30"))
    one = train(tmp_path / "one", f"pytorch/{name}.yaml", "torch", nodes=1, processes_per_node=1)

    assert (four.report["world_size"], one.report["world_size"]) == (4, 1)
    assert losses(one)[-1] < losses(one)[0] / 3
    check_restart(four, "node-1")
    assert four.report["resumed_at"] >= 30
    # The same batches in parts: the gradients of four, averaged, are those of one.
    assert four.report["weights"] == pytest.approx(one.report["weights"], abs=5e-3)
    assert four.report["final_loss"] == pytest.approx(one.report["final_loss"], rel=0.02)
    if name == "ddp":
        assert four.report["same_on_every_rank"] is True
    else:
        assert (
            sum(four.report["parameters_of_ranks"])
            == four.report["parameters"]
            == sum(one.report["parameters_of_ranks"])
        )
        assert max(four.report["parameters_of_ranks"]) < four.report["parameters"] / 2


def test_parts_of_a_model_learn_what_the_whole_learns_though_one_is_killed(tmp_path: Path) -> None:
    four = train(tmp_path / "four", "pytorch/parallel.yaml", "torch", fault=Fault("node-1", "step 30"))
    alone = {"nodes": 1, "processes_per_node": 1, "strategy": "ddp", "layout": None}
    one = train(tmp_path / "one", "pytorch/parallel.yaml", "torch", **alone)

    assert four.report["layout"] == {"tensor": 2, "pipeline": 2, "data": 1}
    assert losses(one)[-1] < losses(one)[0] / 3
    check_restart(four, "node-1")
    assert four.report["resumed_at"] >= 30
    assert max(four.report["parameters_of_ranks"]) < four.report["parameters"] / 2 == one.report["parameters"] / 2
    assert four.report["weights"] == pytest.approx(one.report["weights"], abs=5e-3)


def test_tensorflow_parameter_servers_learn_what_one_process_learns_though_a_worker_is_killed(tmp_path: Path) -> None:
    many = train(tmp_path / "many", "tensorflow/ps.yaml", "tensorflow", fault=Fault("worker-1", "round 6"))
    assert many.report["cluster"] == {"chief": 1, "ps": 2, "worker": 2}
    assert [device.partition("/device")[0] for device in many.report["weights_live_on"]] == [
        "/job:ps/replica:0/task:0",
        "/job:ps/replica:0/task:1",
    ]
    check_restart(many, "worker-1")
    assert many.report["resumed_at"] >= 6

    job, directory = load(str(EXAMPLES / "tensorflow" / "ps.yaml"))
    one = alone(tmp_path / "one", job, directory)
    assert one["cluster"] == {}
    history = [one["losses"][key] for key in sorted(one["losses"], key=int)]
    assert history[-1] < history[0] / 3
    # Workers do not wait for each other, so the way differs; where it leads does not.
    assert many.report["final_loss"] == pytest.approx(one["final_loss"], rel=0.3)
    assert many.report["weights"] == pytest.approx(one["weights"], abs=0.05)


def test_tensorflow_workers_that_mirror_learn_what_one_learns_while_another_evaluates(tmp_path: Path) -> None:
    two = train(tmp_path / "two", "tensorflow/mirrored.yaml", "tensorflow", fault=Fault("worker-1", "round 6"))
    one = alone(tmp_path / "one", *load(str(EXAMPLES / "tensorflow" / "mirrored.yaml")))

    check_restart(two, "worker-1")
    assert (two.report["workers"], one["workers"]) == (2, 1)
    assert two.report["resumed_at"] >= 6
    assert two.said("evaluated round")
    assert one["losses"]["12"] < one["losses"]["1"] / 3
    assert two.report["weights"] == pytest.approx(one["weights"], abs=1e-3)


def alone(work: Path, job: Job, directory: Path) -> dict[str, Any]:
    """The program by itself, without TF_CONFIG."""
    import subprocess

    folders = {"CHECKPOINT_DIR": work / "checkpoint", "OUTPUT_DIR": work / "output"}
    for folder in folders.values():
        folder.mkdir(parents=True)
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    python = environment("tensorflow") / "bin" / "python"
    command = [str(python), *job.program]
    subprocess.run(
        command,
        cwd=directory,
        env=env | {k: str(v) for k, v in folders.items()},
        check=True,
        timeout=LIMIT,
        capture_output=True,
    )
    return report(work, job)


def test_spark_executors_learn_what_one_learns_though_one_is_killed(tmp_path: Path) -> None:
    two = train(tmp_path / "two", "spark/mllib.yaml", "spark", fault=Fault("executor-1", "candidate 0.01"))
    single = {"count": 1, "resources": {"cpu": "1", "memory": "2Gi"}}
    one = train(tmp_path / "one", "spark/mllib.yaml", "spark", executors=single)

    check_restart(two, "executor-1")
    assert (two.report["executors"], one.report["executors"]) == (2, 1)
    assert losses(two)[-1] < losses(two)[0] * 0.8
    assert two.report["best"] == one.report["best"]
    assert two.report["weights"] == pytest.approx(one.report["weights"], rel=1e-3)


def test_spark_drivers_go_on_where_they_were(tmp_path: Path) -> None:
    trained = train(tmp_path, "spark/mllib.yaml", "spark", fault=Fault("driver-0", "candidate 0.01"))
    assert trained.outcome.attempts == 2
    assert trained.said("candidate 0.0 was finished before")
    assert trained.said("candidate 0.01 was finished before")


def test_ray_workers_learn_what_one_learns_though_one_is_killed(tmp_path: Path) -> None:
    two = train(tmp_path / "two", "ray/train.yaml", "ray", fault=Fault("cpu-1", "step 30"))
    group = {"cpu": {"min": 1, "resources": {"cpu": "1", "memory": "4Gi"}}}
    one = train(tmp_path / "one", "ray/train.yaml", "ray", workers=group, args=["--workers", "1"])

    assert two.report["nodes"] == 3
    assert two.report["resumed_at"] >= 10  # a report counts once the controller has read it
    check_restart(two, "cpu-1")
    assert two.report["weights"] == pytest.approx(one.report["weights"], abs=2e-3)
