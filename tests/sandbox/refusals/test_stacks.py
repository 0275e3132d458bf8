"""No false alarm on what our own stacks declare: every configuration goes up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STACKS = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.e2e
@pytest.mark.parametrize("stack", STACKS)
def test_our_stack_is_not_refused(stack: str, tmp_path: Path) -> None:
    env = {**os.environ, "MLINFRA_HOME": str(tmp_path), "PULUMI_CONFIG_PASSPHRASE": "passphrase"}

    def mlinfra(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).parent / "mlinfra", *arguments]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)

    try:
        up = mlinfra("up", "--yes", "--non-interactive", "--stack", stack)
        assert up.returncode == 0, up.stdout + up.stderr
    finally:
        mlinfra("sandbox", "stop")


def test_there_are_stacks() -> None:
    assert STACKS
