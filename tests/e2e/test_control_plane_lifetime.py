"""The control plane lives and ends with the sandbox."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Shell
from tests.e2e.plane import api_of, eventually, need_go

pytestmark = pytest.mark.e2e
NOTE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "note", "namespace": "default"},
    "data": {"a": "b"},
}
PLACE = "/api/v1/namespaces/default/configmaps/note"


def supervisor(shell: Shell) -> int:
    """The process that runs the others; it says so once everything is up."""
    record = shell.home / "sandbox/control-plane/control-plane.json"
    eventually(record.exists)
    return int(json.loads(record.read_text())["pid"])


def programs(shell: Shell) -> list[int]:
    """Every process whose command line names the control plane's directory."""
    mark, found = str(shell.home / "sandbox/control-plane").encode(), []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def info(shell: Shell) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell.run("sandbox", "status", "--json"))
    return found


def test_it_ends_with_the_sandbox_however_that_ends_and_comes_back_with_what_it_had(shell: Shell) -> None:
    need_go()
    shell.run("sandbox", "start")
    assert programs(shell) == []
    assert "KUBECONFIG" in shell.run("sandbox", "start", "--control-plane")
    assert len(programs(shell)) == 5
    api_of(shell).apply(NOTE, manager="test")

    os.kill(info(shell)["pid"], signal.SIGKILL)
    eventually(lambda: programs(shell), lambda left: not left)
    shell.run("sandbox", "start")
    assert api_of(shell).request("GET", PLACE)["data"] == {"a": "b"}

    shell.run("sandbox", "reset", "--yes")
    assert not api_of(shell).exists(PLACE)
    assert api_of(shell).ready()

    shell.run("sandbox", "start", "--no-control-plane")
    assert programs(shell) == []
    assert info(shell)["kubeconfig"] == ""
    shell.run("sandbox", "stop")

    shell.run("sandbox", "start", "--control-plane", "--idle", "3")
    assert len(programs(shell)) == 5
    eventually(lambda: programs(shell), lambda left: not left)
    assert shell.run("sandbox", "status", code=1)


def test_a_supervisor_that_is_killed_takes_everything_with_it_and_is_started_again(shell: Shell) -> None:
    need_go()
    shell.run("sandbox", "start", "--control-plane")
    api_of(shell).apply(NOTE, manager="test")
    killed = supervisor(shell)
    before = set(programs(shell))
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: before & set(programs(shell)), lambda left: not left)
    eventually(lambda: supervisor(shell) != killed)
    assert api_of(shell).exists(PLACE)
