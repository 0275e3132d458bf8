"""The validation that `TrainingValidation` deploys, run for real: two processes of torchrun on CPUs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlinfra.components.jobs.validation_objects import program
from tests.training.test_examples import environment

pytestmark = pytest.mark.training

SMALL = ["--bytes", str(2**20), "--storage-bytes", str(2**22)]


def validate(folder: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and lines of the program, delivered as a file by itself, as in a pod."""
    venv = environment("torch")
    file = folder / "training_validation.py"
    file.write_text(program())
    command = [venv / "bin" / "torchrun", "--standalone", "--nproc-per-node", "2", file, *SMALL, *options]
    env = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HOME": str(folder)}
    ended = subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=300)
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert lines, ended.stderr[-2000:]
    return ended.returncode, lines


def test_two_processes_that_train_together_pass(tmp_path: Path) -> None:
    code, (found,) = validate(tmp_path, "--storage", str(tmp_path / "store"))
    assert code == 0
    assert found["ranks"] == 2
    assert found["bus_bandwidth"] > 0
    assert min(found["storage_write"], found["storage_read"]) > 0
    before, after = found["loss"]
    assert after < before / 2


def test_less_than_is_wanted_fails_and_says_what(tmp_path: Path) -> None:
    code, (_, failure) = validate(tmp_path, "--bus-bandwidth", "100000")
    assert code == 1
    assert failure["failure"].startswith("bus_bandwidth is ")
