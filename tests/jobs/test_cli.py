"""`mlinfra jobs`, as it is typed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from mlinfra.cli.main import run
from tests.jobs.jobs import IMAGE
from tests.jobs.test_local import alive

EXAMPLES = Path(__file__).parents[2] / "examples" / "training"
JOB = {
    "kind": "TensorFlowJob",
    "name": "tiny",
    "namespace": "team",
    "image": IMAGE,
    "script": "tiny.py",
    "workers": {"count": 2, "resources": {"cpu": 1, "memory": "1Gi"}},
    "retries": 0,
}


@pytest.fixture
def job(tmp_path: Path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(JOB))
    (tmp_path / "tiny.py").write_text(
        "import os, sys\nprint(os.environ['TF_CONFIG'])\nsys.exit(int(os.environ.get('CODE', 0)))\n"
    )
    return "tiny.yaml"


def test_run_reports_json_and_exit_codes(job: str, capsys) -> None:
    assert run(["jobs", "run", job, "--local", "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["status"], [one["replica"] for one in report["replicas"]]) == ("succeeded", ["worker-0", "worker-1"])
    assert '"index": 1' in err
    assert run(["jobs", "run", job, "--local", "--quiet", "--env", "CODE=4"]) == 1
    out, err = capsys.readouterr()
    assert "exit code 4" in out
    assert "TF_CONFIG" not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "tiny.yaml"], "--local"),
        (["run", "missing.yaml", "--local"], "missing.yaml cannot be read"),
        (["run", "tiny", "--local"], "name its file: lost.yaml, tiny.yaml"),
        (["run", "nobody", "--local"], "MODULE:ATTRIBUTE"),
        (["run", "json:loads", "--local"], "json:loads is a function"),
        (["run", "tiny.yaml", "--local", "--kill", "worker-9@x"], "worker-0, worker-1"),
        (["run", "tiny.yaml", "--local", "--venv", "nowhere"], "no virtual environment"),
        (["run", "tiny.yaml", "--local", "--time-limit", "soon"], "90m"),
        (["run", "tiny.yaml", "--local", "--directory", "nowhere"], "nowhere does not exist"),
        (["run", "tiny.yaml", "--local", "--work", "/proc/x"], "--work"),
        (["run", "lost.yaml", "--local"], "tiny runs lost.py"),
        (["run", "broken:job", "--local"], "ZeroDivisionError"),
        (["list", "nowhere"], "nowhere is no folder"),
        (["run", "tiny.yaml", "--local", "--data", "x=."], "no data set of that name"),
        (["render", "bad.yaml"], "bad.yaml: image"),
        (["render", "other.yaml"], "kind: one of PyTorchJob"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(job: str, arguments: list[str], says: str, capsys) -> None:
    Path("bad.yaml").write_text(yaml.safe_dump(JOB | {"image": "tiny:latest"}))
    Path("lost.yaml").write_text(yaml.safe_dump(JOB | {"script": "lost.py"}))
    Path("broken.py").write_text("1 / 0")
    Path("other.yaml").write_text("kind: Deployment\n")
    assert run(["jobs", *arguments]) == 2
    assert says in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_no_replica_outlives_the_command(job: str, sent: signal.Signals) -> None:
    """Ctrl-C, a terminal that is closed, and a command that is killed."""
    Path("tiny.py").write_text("import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)\n")
    command = [sys.executable, "-m", "mlinfra.cli", "jobs", "run", job, "--local"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        pids = []
        while len(pids) < 2:
            if "│ pid" in (line := process.stderr.readline()):
                pids.append(int(line.split()[-1]))
        process.send_signal(sent)
        out, _ = process.communicate(timeout=60)
    if sent is signal.SIGKILL:
        if sys.platform != "linux":
            pytest.skip("only Linux tells children")
    else:
        assert process.returncode == 130
        assert "interrupted" in out
    deadline = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def test_render_and_explain(job: str, capsys) -> None:
    assert run(["jobs", "render", job, "--namespace", "vision"]) == 0
    (found,) = yaml.safe_load_all(capsys.readouterr().out)
    assert (found["kind"], found["metadata"]["namespace"]) == ("JobSet", "vision")
    assert run(["jobs", "explain", job, "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["worker-1"]["command"] == ["python", "tiny.py"]


def test_a_job_of_a_module(job: str, capsys) -> None:
    Path("tinyjobs.py").write_text(
        f"from mlinfra.jobs import PyTorchJob, Resources\n"
        f"train = PyTorchJob(name='t', namespace='team', image={IMAGE!r}, script='t.py', resources=Resources(cpu='1', memory='1Gi'))\n"
    )
    assert run(["jobs", "render", "tinyjobs:train", "--json"]) == 0
    assert [one["kind"] for one in json.loads(capsys.readouterr().out)] == ["TrainingRuntime", "TrainJob"]


def test_every_example_is_listed_and_renders(capsys) -> None:
    assert run(["jobs", "list", str(EXAMPLES), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one.get("kind") for one in found} == {"PyTorchJob", "TensorFlowJob", "SparkJob", "RayTrainJob"}
    assert run(["jobs", "list", str(EXAMPLES)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [one["file"] for one in found] == [line.split()[2] for line in lines[1:]], "a line each, whatever the width"
    for one in found:
        assert (Path(one["file"]).parent / yaml.safe_load(Path(one["file"]).read_text())["script"]).is_file()
        assert run(["jobs", "render", one["file"]]) == 0
