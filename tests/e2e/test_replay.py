"""The benchmark's plain script: recorded from a deployment, it does the same AWS calls again in an empty account."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlinfra.sandbox.server import control
from tests.e2e.conftest import ROOT, Shell
from tests.e2e.test_kubernetes import PROGRAM

pytestmark = pytest.mark.e2e


def test_only_calls_of_aws_are_recorded_and_done_again(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: replayed\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    server = control.start(shell.home, port=0)
    calls = tmp_path / "calls"

    def replay(*arguments: str) -> None:
        command = [sys.executable, "-m", "bench.replay", *arguments]
        subprocess.run(command, cwd=ROOT, env=shell.env, check=True)

    def counted() -> dict[str, int]:
        return {service: len(found) for service, found in shell.inventory().items() if service != "kubernetes"}

    replay("record", server.endpoint_url, str(calls), str(tmp_path), "dev")
    made = counted()
    assert "kubernetes" in shell.inventory()
    assert {json.loads(line)["service"] for line in calls.read_text().splitlines()} == {"ec2", "eks", "iam"}

    control.reset(shell.home)
    assert shell.inventory() == {}
    replay("do", server.endpoint_url, str(calls))
    assert counted() == made
