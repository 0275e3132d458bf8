"""A cluster with nodes of its own, and one in Auto Mode: each goes up, stays as it is, is drained and goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
PROGRAM = Path(__file__).parent / "clusters"
WHERE = ("--stack", "dev", "--yes", "--skip-preview")


@pytest.mark.parametrize("auto", [False, True])
def test_a_cluster_comes_and_goes(shell: Shell, tmp_path: Path, auto: bool) -> None:
    shell.cwd = tmp_path
    for file in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / file).write_text((PROGRAM / file).read_text())
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  clusters:auto: {str(auto).lower()}\n")

    made = shell.changes("up", *WHERE)
    assert set(made) == {"create"}
    assert shell.changes("up", *WHERE, "--expect-no-changes") == {"same": made["create"]}
    assert set(shell.changes("refresh", *WHERE, "--expect-no-changes")) == {"same"}
    held = shell.inventory()["kubernetes"]
    assert {one.partition(" (")[0] for one in held} >= {
        "NodeClass gpus" if auto else "EC2NodeClass gpus",
        "NodePool gpus",
    }

    # Who runs no program has no hook, and a cluster that is to be drained does not go without.
    assert "--run-program" in shell.run("destroy", *WHERE, code=1)
    gone = shell.run("destroy", *WHERE, "--run-program")
    assert "nothing to drain" in gone
    assert shell.inventory() == {}
