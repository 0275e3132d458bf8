"""Killed at random moments: nothing is lost, nothing is left over, nothing is there twice."""

from __future__ import annotations

import collections
import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
KILLS = int(os.environ.get("MLINFRA_KILLS", "30"))
WHERE = ("--stack", "dev", "--yes")


def killed_after(shell: Shell, seconds: float, *args: str) -> bool:
    """Start the command and kill it, with its program, after some time; false when it had ended before."""
    process = shell.start(*args)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    finally:
        assert process.stdout
        process.stdout.close()
    return False


def counts(shell: Shell) -> dict[str, int]:
    """How many things of each kind the account has."""
    return {kind: len(found) for kind, found in shell.inventory().items() if found}


def readable(shell: Shell) -> list[str]:
    """The URNs in the state, none of them twice; fails when the state cannot be read."""
    deployment = json.loads(shell.run("state", "export", "--stack", "dev"))["deployment"]
    urns = collections.Counter(r["urn"] for r in deployment.get("resources") or [] if not r.get("delete"))
    assert [urn for urn, n in urns.items() if n > 1] == []
    return list(urns)


def test_a_killed_deployment_is_finished_by_the_next(shell: Shell) -> None:
    seed = int(os.environ.get("MLINFRA_SEED", str(time.time_ns() % 1_000_000)))
    print(f"MLINFRA_SEED={seed}")
    chance = random.Random(seed)
    start = time.monotonic()
    shell.run("up", *WHERE)
    up_takes = time.monotonic() - start
    whole, resources = counts(shell), sorted(readable(shell))
    start = time.monotonic()
    shell.run("destroy", *WHERE)
    destroy_takes = time.monotonic() - start
    assert counts(shell) == {}

    kills = 0
    while kills < KILLS:
        kills += killed_after(shell, chance.uniform(0.3, up_takes), "up", *WHERE, "--skip-preview")
        readable(shell)
        if chance.random() < 0.5:
            shell.run("up", *WHERE, "--skip-preview")
            assert sorted(readable(shell)) == resources
            assert counts(shell) == whole
        kills += killed_after(shell, chance.uniform(0.3, destroy_takes), "destroy", *WHERE, "--skip-preview")
        readable(shell)
        if chance.random() < 0.5:
            shell.run("destroy", *WHERE, "--skip-preview")
            assert readable(shell) == []
            assert counts(shell) == {}
    output = shell.run("up", *WHERE, "--skip-preview")
    assert re.search(r"\bcreate|same|unchanged", output)
    assert counts(shell) == whole
    shell.run("destroy", *WHERE, "--skip-preview")
    assert counts(shell) == {}
