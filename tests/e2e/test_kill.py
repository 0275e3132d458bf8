"""Killed at random moments: nothing is lost, nothing is left over, nothing is there twice."""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Shell

log = logging.getLogger(__name__)
pytestmark = pytest.mark.e2e
FOUNDATION = Path(__file__).parent / "foundation"
WHERE = ("--stack", "dev", "--yes", "--skip-preview")


class Stack:
    """A stack that is deployed and destroyed again and again. What must be true of it is measured the first time."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.seed = int(os.environ.get("MLINFRA_SEED", str(time.time_ns() % 1_000_000)))
        self.chance = random.Random(self.seed)
        self.kills: Counter[str] = Counter()
        self.busy = {"up": self._busy("up"), "refresh": self._busy("refresh")}
        self.whole, self.resources = self.account(), self.urns()
        self.busy["destroy"] = self._busy("destroy")
        self.assert_gone()

    def kill(self, command: str) -> None:
        """Start the command and kill it: mostly while it changes something, else at any moment."""
        mark = self._journal()
        process = self.shell.start(command, *WHERE)
        if self.chance.random() < 0.8:
            self._wait(process, mark)
        time.sleep(self.chance.uniform(0, self.busy[command]))
        if process.poll() is None:
            process.kill()
            self.kills[command] += 1
            log.warning("killed %s, number %d", command, self.kills.total())
        process.wait()
        assert process.stdout
        process.stdout.close()
        self.urns()

    def deploy(self) -> None:
        self.shell.run("up", *WHERE)
        assert self.account() == self.whole, f"seed {self.seed}"
        assert self.urns() == self.resources, f"seed {self.seed}"

    def destroy(self) -> None:
        self.shell.run("destroy", *WHERE)
        self.assert_gone()

    def assert_gone(self) -> None:
        assert self.account() == Counter(), f"seed {self.seed}"
        assert self.urns() == [], f"seed {self.seed}"

    def urns(self) -> list[str]:
        """The URNs in the state, none of them twice; fails when the state cannot be read."""
        deployment = json.loads(self.shell.run("state", "export", "--stack", "dev"))["deployment"]
        urns = [r["urn"] for r in deployment.get("resources") or [] if not r.get("delete")]
        assert len(set(urns)) == len(urns), f"seed {self.seed}"
        return sorted(urns)

    def account(self) -> Counter[tuple[str, str]]:
        """How many things of each kind the account has. Their names are random, their numbers are not."""
        found = self.shell.inventory()
        return Counter((service, thing.split()[0]) for service, things in found.items() for thing in things)

    def _busy(self, command: str) -> float:
        """Run the command; for how many seconds it does what it is for, starting and ending aside."""
        mark = self._journal()
        process = self.shell.start(command, *WHERE)
        self._wait(process, mark)
        began = time.monotonic()
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output
        return time.monotonic() - began

    def _wait(self, process: subprocess.Popen[str], mark: int) -> None:
        """Wait until the command writes a journal, or ends without."""
        while self._journal() in (0, mark) and process.poll() is None:
            time.sleep(0.005)

    def _journal(self) -> int:
        """When a journal was written last; 0 when there is none."""
        try:
            return max((file.stat().st_mtime_ns for file in self.shell.home.glob("state/*/dev.journal")), default=0)
        except FileNotFoundError:
            return 0


def strain(stack: Stack, kills: int) -> None:
    """Kill deployments, refreshes and destructions, one after another; finish about half of them in between."""
    while stack.kills.total() < kills:
        stack.kill("up")
        if stack.chance.random() < 0.5:
            stack.deploy()
            if stack.chance.random() < 0.3:
                stack.kill("refresh")
        stack.kill("destroy")
        if stack.chance.random() < 0.5:
            stack.destroy()
    stack.deploy()
    # The account holds what the state says, to the last setting.
    stack.shell.run("preview", "--stack", "dev", "--refresh", "--expect-no-changes")
    stack.destroy()
    log.warning("seed %d: killed %s", stack.seed, dict(stack.kills))


def test_what_was_killed_is_finished_by_the_next_run(shell: Shell, tmp_path: Path) -> None:
    shell.cwd = Path(shutil.copytree(FOUNDATION, tmp_path / "foundation"))
    strain(Stack(shell), int(os.environ.get("MLINFRA_KILLS", "30")))


def test_the_whole_platform_too(shell: Shell) -> None:
    assert shell.cwd == ROOT
    strain(Stack(shell), int(os.environ.get("MLINFRA_PLATFORM_KILLS", "4")))
