"""Each configuration of the platform: up, up again, change, replace, destroy, and nothing is left."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import ROOT, Shell

pytestmark = pytest.mark.e2e
STACKS = sorted(p.name.split(".")[1] for p in ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_goes_up_changes_and_goes(shell: Shell, stack: str) -> None:
    where = ("--stack", stack, "--yes")
    created = shell.changes("up", *where)
    assert set(created) == {"create"}
    assert any(shell.inventory().values())

    assert set(shell.changes("up", *where, "--expect-no-changes")) == {"same"}

    tagged = shell.changes("up", *where, "--config", "owner=another-team")
    assert "update" in tagged
    assert not {"create", "replace", "delete"} & set(tagged)

    moved = shell.changes("up", *where, "--config", "owner=another-team", "--config", "cidr=10.200.0.0/16")
    assert moved["replace"] >= 1

    shell.run("destroy", *where)
    assert {service: found for service, found in shell.inventory().items() if found} == {}
