"""Killed at random moments: nothing is lost, nothing is left over, nothing is there twice."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mlinfra.sandbox.server import control
from mlinfra.stack.project import Project
from mlinfra.stack.store import Store
from tests.e2e.conftest import ROOT, Shell

log = logging.getLogger(__name__)
pytestmark = pytest.mark.e2e
FOUNDATION = Path(__file__).parent / "foundation"
WHERE = ("--stack", "dev", "--yes", "--skip-preview")
LATE = 0.03  # seconds within which a moment falls after the step that it was drawn for
ORPHANS_GO = 10.0  # seconds
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"


class Stack:
    """A stack that is deployed and destroyed again and again. What must be true of it is measured when all is warm."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.store = Store(shell.home, Project.load(shell.cwd).name, "dev", passphrase=shell.env[PASSPHRASE])
        self.seed = int(os.environ.get("MLINFRA_SEED", str(time.time_ns() % 1_000_000)))
        self.chance = random.Random(self.seed)
        self.kills: Counter[str] = Counter()
        self.output = shell.home.with_name("output.txt")
        self.choose(1)
        self.shell.run("up", *WHERE)
        self.whole, self.resources = self.account(), self.urns()
        self.destroy()
        self.usual = {command: self._measured(command) for command in ("up", "refresh", "destroy")}

    def choose(self, edition: int | None = None) -> None:
        """Which of its two editions the program declares from now on."""
        self.shell.env["EDITION"] = str(edition or self.chance.choice((1, 2)))

    def kill(self, command: str) -> None:
        """Start the command and kill it: mostly while it changes something, else at any moment.

        Only those kills count that leave a deployment behind that had begun and not ended.
        """
        mark, (written, seconds) = self._mark(), self.usual[command]
        process = self._start(command)
        if self.chance.random() < 0.8:
            goal = self.chance.uniform(0, written)
            while self._written(mark) <= goal and process.poll() is None:
                time.sleep(0.002)
            time.sleep(self.chance.uniform(0, LATE))
        else:
            time.sleep(self.chance.uniform(0, seconds))
        whom = {process.pid} if self.chance.random() < 0.5 else {process.pid, *self._family()}
        working = process.poll() is None
        for pid in whom:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        if working and self._written(mark):
            self.kills[command] += 1
            log.warning("killed %s (%d processes), number %d", command, len(whom), self.kills.total())
        self._assert_alone()
        self.urns()
        self._harm_the_sandbox()

    def deploy(self) -> None:
        self.shell.run("up", *WHERE)
        assert self.account() == self.whole, self
        assert self.urns() == self.resources, self
        assert self.pending() == [], self

    def destroy(self) -> None:
        self.shell.run("destroy", *WHERE)
        assert self.account() == Counter(), self
        assert self.urns() == self.pending() == [], self

    def urns(self) -> list[str]:
        """The URNs in the state, none of them twice; fails when the state cannot be read."""
        urns = [one["urn"] for one in self._state().get("resources") or [] if not one.get("delete")]
        assert len(set(urns)) == len(urns), self
        return sorted(urns)

    def pending(self) -> list[str]:
        """What the state says is still under way."""
        return [one["resource"]["urn"] for one in self._state().get("pending_operations") or []]

    def account(self) -> Counter[tuple[str, str]]:
        """How many things of each kind the account has. Their names are random, their numbers are not."""
        self.shell.run("sandbox", "start")
        found = self.shell.inventory()
        return Counter((service, thing.split()[0]) for service, things in found.items() for thing in things)

    def __repr__(self) -> str:
        return f"seed {self.seed}"

    def _state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.store.export()["deployment"]
        return found

    def _start(self, command: str) -> subprocess.Popen[str]:
        """The command, writing into a file: nobody reads along, and would a pipe be full, it would wait for ever."""
        with self.output.open("w") as output:
            return self.shell.start(command, *WHERE, output=output)

    def _measured(self, command: str) -> tuple[int, float]:
        """Run the command: how much it writes into its journal, and how long it takes."""
        mark, began, written = self._mark(), time.monotonic(), 0
        process = self._start(command)
        while process.poll() is None:
            written = max(written, self._written(mark))
            time.sleep(0.005)
        assert process.returncode == 0, self.output.read_text()
        return written, time.monotonic() - began

    def _mark(self) -> int:
        """Tells the journal that is there from those to come."""
        with suppress(FileNotFoundError):
            return self.store.journal_file.stat().st_mtime_ns
        return 0

    def _written(self, mark: int) -> int:
        """The length of the journal of the deployment that is under way, or was cut off; 0 when there is none."""
        with suppress(FileNotFoundError):
            found = self.store.journal_file.stat()
            return 0 if found.st_mtime_ns == mark else found.st_size
        return 0

    def _harm_the_sandbox(self) -> None:
        """Now and then stop it, so that it must remember, or kill it, so that the account may be gone."""
        chance = self.chance.random()
        server = control.status(self.shell.home)
        if chance < 0.1:
            self.shell.run("sandbox", "stop")
        elif chance < 0.15 and server is not None:
            os.kill(server.pid, signal.SIGKILL)
            log.warning("killed the sandbox")

    def _family(self) -> set[int]:
        """Every process that works in the stack's home, but for the sandbox's server."""
        home = f"MLINFRA_HOME={self.shell.home}".encode()
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                server = b"mlinfra.sandbox.server" in (folder / "cmdline").read_bytes()
                if not server and home in (folder / "environ").read_bytes().split(b"\0"):
                    found.add(int(folder.name))
        return found

    def _assert_alone(self) -> None:
        """Neither the program nor anything else that the killed command started goes on without it."""
        deadline = time.monotonic() + ORPHANS_GO
        while self._family() and time.monotonic() < deadline:
            time.sleep(0.02)
        left = [(Path(f"/proc/{pid}") / "cmdline").read_bytes() for pid in self._family()]
        assert left == [], self


def strain(stack: Stack, kills: int) -> None:
    """Kill deployments, refreshes and destructions, one after another; finish about half of them in between."""
    share = kills // 3
    while stack.kills.total() < kills or min(stack.kills["up"], stack.kills["destroy"]) < share:
        stack.kill("up")
        stack.choose()
        if stack.chance.random() < 0.5:
            stack.deploy()
            stack.choose()
            stack.kill(stack.chance.choice(("up", "up", "refresh")))
        if stack.chance.random() < 0.7 or stack.kills["destroy"] < stack.kills["up"]:
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
