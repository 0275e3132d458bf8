"""Each configuration of the platform: up, up again, change, replace, destroy, and nothing is left."""

from __future__ import annotations

import pytest
import yaml

from tests.e2e.conftest import ROOT, Shell

pytestmark = pytest.mark.e2e
STACKS = {p.name.split(".")[1]: yaml.safe_load(p.read_text())["config"] for p in sorted(ROOT.glob("Pulumi.*.yaml"))}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_goes_up_changes_and_goes(shell: Shell, stack: str) -> None:
    where = ["--stack", stack, "--yes", "--skip-preview"]
    created = shell.changes("up", *where)
    assert set(created) == {"create"}
    assert shell.inventory() != {}

    assert shell.changes("up", *where, "--expect-no-changes") == {"same": created["create"]}
    assert set(shell.changes("refresh", *where, "--expect-no-changes")) == {"same"}

    where += ["--config", "owner=another-team"]
    tagged = shell.changes("up", *where)
    assert set(tagged) == {"same", "update"}

    where += ["--config", "cidr=10.200.0.0/16"]
    moved = shell.changes("up", *where)
    assert moved["replace"] >= 1
    assert set(shell.changes("up", *where, "--expect-no-changes")) == {"same"}

    if STACKS[stack].get("platform:deletionProtection", True):
        before = shell.inventory()
        # The preview finds it out; without one, as in Pulumi, everything goes that is not protected itself.
        refused = shell.run("destroy", "--stack", stack, "--yes", code=1)
        assert "protect" in refused
        assert shell.inventory() == before
        where += ["--config", "deletionProtection=false"]
        assert not {"create", "replace", "delete"} & set(shell.changes("up", *where))

    shell.run("destroy", *where)
    assert shell.inventory() == {}
