"""Running a job here, with a program that needs no framework: what ends it, what starts it again, what is left."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path

import pytest

from mlinfra.errors import ConfigError
from mlinfra.jobs.local import Ended, Fault, Line, LocalOptions, Restarting, Status, run
from tests.jobs.jobs import SMALL, tensorflow

# Servers serve until they are ended; workers and the chief save each step, and go on from there.
PROGRAM = """
import os, sys, subprocess, time
from pathlib import Path
role, checkpoint = os.environ["REPLICA_ROLE"], Path(os.environ["CHECKPOINT_DIR"]) / "step"
if role == "ps":
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print("child", child.pid, flush=True)
    time.sleep(600)
if role == "worker":
    time.sleep(600)
first = int(checkpoint.read_text()) if checkpoint.exists() else 0
print("from", first, os.environ.get("SEED"), os.environ.get("AWS_SECRET_ACCESS_KEY"), flush=True)
for step in range(first, 4):
    checkpoint.write_text(str(step + 1))
    print("step", step + 1, flush=True)
    time.sleep(float(sys.argv[2]))
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def trial(tmp_path: Path, monkeypatch):
    """Run the program with arguments; the outcome, and what happened."""
    (tmp_path / "train.py").write_text(textwrap.dedent(PROGRAM))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    def attempt(*args: str, **fields):
        options = {name: fields.pop(name) for name in ("fault", "time_limit", "env") if name in fields}
        job = tensorflow(checkpoint={"claim": "c"}, args=args, ps={"resources": SMALL}, **fields)
        events: list[object] = []
        outcome = run(job, LocalOptions(directory=tmp_path, work=tmp_path / "work", grace=1, **options), events.append)
        return outcome, events

    return attempt


def lines(events: list[object]) -> list[str]:
    return [event.text for event in events if isinstance(event, Line)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_job_is_done_with_its_chief_and_leaves_nothing_running(trial) -> None:
    outcome, events = trial("0", "0.2", env={"SEED": "7"})
    assert (outcome.status, outcome.attempts, outcome.reason) == (Status.SUCCEEDED, 1, "")
    assert {one.replica: one.code for one in outcome.replicas} == {
        "ps-0": None,
        "worker-0": None,
        "worker-1": None,
        "chief-0": 0,
    }
    assert "from 0 7 None" in lines(events)  # the shell's credentials stay out
    children = [int(text.split()[1]) for text in lines(events) if text.startswith("child")]
    assert children
    deadline = time.monotonic() + 5
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, children))


def test_a_killed_replica_starts_all_again_from_the_checkpoint(trial) -> None:
    outcome, events = trial("0", "0.2", fault=Fault("worker-1", "step 2"))
    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 2)
    assert Ended("worker-1", -9) in events
    (restart,) = [event for event in events if isinstance(event, Restarting)]
    assert restart.reason == "worker-1 ended with SIGKILL"
    resumed = [text for text in lines(events) if text.startswith("from")]
    assert resumed[0] == "from 0 None None"
    assert int(resumed[1].split()[1]) >= 2


def test_retries_end(trial) -> None:
    outcome, _ = trial("3", "0", retries=1)
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 2)
    assert outcome.reason == "chief-0 ended with exit code 3 after 1 restart"


def test_a_fatal_exit_code_ends_the_job_at_once(trial) -> None:
    outcome, _ = trial("3", "0", fatal_exit_codes=[3])
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 1)
    assert "useless" in outcome.reason


def test_time_runs_out(trial) -> None:
    outcome, _ = trial("0", "60", time_limit=1)
    assert outcome.status is Status.TIMED_OUT
    assert outcome.seconds < 10


def test_a_framework_that_is_not_there(tmp_path: Path) -> None:
    from tests.jobs.jobs import spark

    (tmp_path / "empty" / "bin").mkdir(parents=True)
    (tmp_path / "train.py").touch()
    options = LocalOptions(
        directory=tmp_path, work=tmp_path / "work", environment=tmp_path / "empty", env={"PATH": os.devnull}
    )
    with pytest.raises(ConfigError, match="spark-class"):
        run(spark(), options, lambda _: None)


LAUNCHER = """
import subprocess, sys, time
subprocess.Popen(["sleep", "600"], start_new_session=True)  # has the launcher's output too
sys.exit(3)
"""


def test_a_launcher_that_fails_is_noticed_though_what_it_started_goes_on(trial, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(LAUNCHER)
    outcome, _ = trial("0", "0", retries=0, time_limit=60)
    assert outcome.status is Status.FAILED
    assert outcome.seconds < 30
