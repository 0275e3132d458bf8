"""A home of its own for each test, with its own sandbox, driven through the command line as a user drives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).parents[2]


class Shell:
    """Runs `mlinfra` with a home of its own."""

    def __init__(self, home: Path, cwd: Path = ROOT) -> None:
        self.home, self.cwd = home, cwd
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_"))}
        self.env |= {"MLINFRA_HOME": str(home), "NO_COLOR": "1", "PULUMI_CONFIG_PASSPHRASE": "e2e"}
        self.argv = [sys.executable, "-m", "mlinfra.cli"]

    def start(self, *args: str, output: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        """The command in a process group of its own, so that it can be killed with everything it started."""
        return subprocess.Popen(
            [*self.argv, *args],
            cwd=self.cwd,
            env=self.env,
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, *args: str, code: int | None = 0) -> str:
        process = self.start(*args)
        output, _ = process.communicate(timeout=600)
        assert "Traceback" not in output, output
        if code is not None:
            assert process.returncode == code, f"mlinfra {' '.join(args)} ended with {process.returncode}:\n{output}"
        return output

    def events(self, *args: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [*self.argv, *args, "--json"],
            cwd=self.cwd,
            env=self.env,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def changes(self, *args: str) -> dict[str, int]:
        """The counts of the last summary of a run."""
        found = [e["summaryEvent"]["resourceChanges"] for e in self.events(*args) if "summaryEvent" in e]
        return dict(found[-1])

    def inventory(self) -> dict[str, list[str]]:
        """What exists in the account, by service, over and above what a new account has."""
        from mlinfra.sandbox.server.control import status
        from mlinfra.sandbox.server.inventory import inventory

        server = status(self.home)
        return inventory(server.endpoint_url) if server else {}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path / "home")
    yield shell
    shell.run("sandbox", "stop", code=None)
