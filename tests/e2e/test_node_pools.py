"""Managed node pools in the sandbox: what a change does to them is what EKS would do, and nothing is left at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
PROGRAM = Path(__file__).parent / "pools"


def test_pools_come_change_and_go(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home", project(tmp_path))
    try:
        made = done(shell)
        assert made["create"] > 40
        assert done(shell) == {"same": made["create"]}
        shell.run("refresh", "-s", "dev", "--yes")
        assert done(shell) == {"same": made["create"]}

        configure(shell, nodes=5, team="vision")
        assert done(shell) == {"update": 2, "same": made["create"] - 2}
        configure(shell, nodes=5, team="vision", type="g6.2xlarge")
        assert done(shell) == {"replace": 1, "same": made["create"] - 1}
        shell.run("destroy", "-s", "dev", "--yes")
        assert shell.inventory() == {}
    finally:
        shell.run("sandbox", "stop", code=None)


def project(folder: Path) -> Path:
    """A copy of the program, whose configuration a test can change."""
    made = folder / "project"
    made.mkdir()
    for file in PROGRAM.iterdir():
        if file.is_file():
            (made / file.name).write_text(file.read_text())
    return made


def configure(shell: Shell, **values: Any) -> None:
    lines = "".join(f"  pools:{key}: {value}\n" for key, value in values.items())
    (shell.cwd / "Pulumi.dev.yaml").write_text(f"config:\n{lines}")


def done(shell: Shell) -> dict[str, int]:
    """What an update did, by operation."""
    return shell.changes("up", "-s", "dev", "--yes")
