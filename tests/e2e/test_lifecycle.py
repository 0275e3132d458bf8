"""Each configuration of the platform: up, up again, change, replace, destroy, and nothing is left."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import ROOT, Shell

pytestmark = pytest.mark.e2e
STACKS = {p.name.split(".")[1]: yaml.safe_load(p.read_text())["config"] for p in sorted(ROOT.glob("Pulumi.*.yaml"))}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_goes_up_changes_and_goes(shell: Shell, stack: str, tmp_path: Path) -> None:
    where = ["--stack", stack, "--yes", "--skip-preview"]
    created = shell.changes("up", *where)
    assert set(created) == {"create"}
    assert shell.inventory() != {}

    state = tmp_path / "state.json"
    shell.run("state", "export", "--stack", stack, "--file", str(state))
    planned, deployed = (
        json.loads(shell.run("check", "--stack", stack, "--json", *of)) for of in ([], ["--state", str(state)])
    )
    assert planned["counts"]["failed"] == planned["counts"]["undetermined"] == 0
    assert verdicts(deployed) == verdicts(planned)

    assert shell.changes("up", *where, "--expect-no-changes") == {"same": created["create"]}
    assert set(shell.changes("refresh", *where, "--expect-no-changes")) == {"same"}

    where += ["--config", "owner=another-team"]
    tagged = shell.changes("up", *where)
    assert set(tagged) == {"same", "update"}

    where += [part for change in compute_changes(STACKS[stack]) for part in ("--config", change)]
    assert set(shell.changes("up", *where)) == {"same", "update"}

    moved = ["--config", "cidr=10.200.0.0/16"]
    if STACKS[stack].get("platform:deletionProtection", True):
        before = shell.inventory()
        # The preview finds it out; without one, as in Pulumi, everything goes that is not protected itself.
        asked = ["--stack", stack, "--yes"]
        assert "protect" in shell.run("destroy", *asked, code=1)
        if "platform:lustre" in STACKS[stack]:  # which would be another one in another network
            assert "protect" in shell.run("up", *asked, *moved, code=1)
        assert shell.inventory() == before
        where += ["--config", "deletionProtection=false"]
        assert not {"create", "replace", "delete"} & set(shell.changes("up", *where))

    where += moved
    assert shell.changes("up", *where)["replace"] >= 1
    assert set(shell.changes("up", *where, "--expect-no-changes")) == {"same"}

    shell.run("destroy", *where)
    assert shell.inventory() == {}


def compute_changes(config: dict[str, Any]) -> list[str]:
    """A newer version of Kubernetes, one more node in a pool, and a taint: all of it happens in place."""
    cluster, pools = copy.deepcopy((config["platform:cluster"], config["platform:pools"]))
    name = next(name for name, pool in pools.items() if "nodes" in pool)
    pools[name] |= {"nodes": pools[name]["nodes"] + 1, "taints": [{"key": "team", "value": "vision"}]}
    return [f"cluster={json.dumps(cluster | {'version': '1.36'})}", f"pools={json.dumps(pools)}"]


def verdicts(report: dict[str, Any]) -> dict[str, Any]:
    """What each rule came to."""
    return {one["id"]: one["result"] for one in report["rules"]}
