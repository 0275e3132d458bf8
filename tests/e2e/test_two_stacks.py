"""The foundation in a stack of its own, and a stack of workloads that reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Shell

pytestmark = pytest.mark.e2e
DEV = ("--stack", "dev", "--yes", "--skip-preview")


@pytest.fixture
def stacks(shell: Shell) -> dict[str, Shell]:
    """The two projects, in one account."""
    return {name: Shell(shell.home, ROOT / "stacks" / name) for name in ("foundation", "workloads")}


def outputs(stack: Shell) -> dict[str, Any]:
    return json.loads(stack.run("outputs", "--json", "--stack", "dev"))


def resources(stack: Shell) -> dict[str, dict[str, Any]]:
    """The resources of a stack's state, by type and name."""
    state = json.loads((stack.home / "state" / stack.cwd.name / "dev.json").read_text())
    found = state["deployment"]["resources"]
    return {"::".join(resource["urn"].split("::")[2:]).rpartition("$")[2]: resource for resource in found}


def test_workloads_stand_on_the_foundation_of_another_stack(stacks: dict[str, Shell]) -> None:
    foundation, workloads = stacks["foundation"], stacks["workloads"]
    assert set(foundation.changes("up", *DEV)) == {"create"}
    assert set(workloads.changes("up", *DEV)) == {"create"}
    assert set(workloads.changes("up", *DEV, "--expect-no-changes")) == {"same"}

    below, made = outputs(foundation), resources(workloads)
    targets = [made[f"aws:efs/mountTarget:MountTarget::workloads-shared-{zone}"]["inputs"] for zone in "ab"]
    assert [target["subnetId"] for target in targets] == below["dataSubnetIds"]
    repository = made["aws:ecr/repository:Repository::workloads-training"]["inputs"]
    assert repository["encryptionConfigurations"][0]["kmsKey"] == below["keyArns"]["artifacts"]
    restricted = made["aws:s3/bucketPolicy:BucketPolicy::workloads-datasets-bucket-policy"]["inputs"]["policy"]
    assert below["endpointIds"]["s3"] in restricted

    workloads.run("destroy", *DEV)
    foundation.run("destroy", *DEV)
    assert foundation.inventory() == {}


def test_a_foundation_that_is_not_there_is_named(stacks: dict[str, Shell]) -> None:
    said = stacks["workloads"].run("up", *DEV, "--config", "foundation=organization/foundation/nowhere", code=1)
    assert "organization/foundation/nowhere" in said


def test_zones_that_are_not_the_foundations_are_refused(stacks: dict[str, Shell]) -> None:
    stacks["foundation"].run("up", *DEV)
    zones = 'zones=["us-east-1a","us-east-1b","us-east-1c"]'
    said = stacks["workloads"].run("up", *DEV, "--config", zones, code=1)
    assert 'FileSystem "workloads-shared": subnet_ids' in said
    assert "2 for 3 zones" in said
