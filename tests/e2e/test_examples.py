"""The examples of all components' docstrings, deployed as one program."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import pytest

from mlinfra.components.registry import COMPONENTS
from mlinfra.sandbox.server import control
from tests.components.docstrings import program
from tests.e2e.conftest import ROOT, Shell

pytestmark = pytest.mark.e2e


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "__main__.py").write_text(program())
    (folder / "Pulumi.yaml").write_text("name: examples\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n")
    return folder


def test_every_components_example_deploys_and_stays_as_it_is(shell: Shell, project: Path) -> None:
    shell.cwd = project
    shell.run("sandbox", "start")
    server = control.status(shell.home)
    assert server
    account = boto3.session.Session("test", "test", region_name="eu-central-1")
    # What the examples take for granted: AWS takes no policy that speaks of somebody who is not there.
    iam = account.client("iam", endpoint_url=server.endpoint_url)
    iam.create_user(UserName="emergency")
    anybody = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]}
    )
    for role in sorted(set(re.findall(r"arn:aws:iam::123456789012:role/([\w-]+)", program()))):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=anybody)
    account.client("eks", endpoint_url=server.endpoint_url).create_cluster(
        name="platform", roleArn="arn:aws:iam::123456789012:role/cluster", resourcesVpcConfig={}
    )

    up = ["up", "--stack", "dev", "--yes", "--skip-preview"]
    created = shell.changes(*up)
    assert set(created) == {"create"}
    assert created["create"] > len(COMPONENTS)
    assert set(shell.changes(*up, "--expect-no-changes")) == {"same"}


def test_the_picture_in_the_readme_is_what_is_drawn(shell: Shell, tmp_path: Path) -> None:
    """Draw it anew with `mlinfra graph examples/training-platform -o docs/pictures/training-platform.svg`."""
    drawn = tmp_path / "training-platform.svg"
    shell.run("graph", "examples/training-platform", "-o", str(drawn))
    assert drawn.read_text() == (ROOT / "docs/pictures/training-platform.svg").read_text()
