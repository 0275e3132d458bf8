"""The examples of all components' docstrings, deployed as one program."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import boto3
import pytest

from mlinfra.components import COMPONENTS
from mlinfra.sandbox.server import control
from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
LAST = ("AuditTrail", "PermissionsBoundary", "AuditAlarms", "ConfigRecorder", "ThreatDetection", "AccountBaseline")
FIRST = ("KeyRing", "Network", "AccessLogBucket", "DataBucket")
ACCOUNT = 'account = ml.Account(id="123456789012", region="eu-central-1")'


def order(component: type[Any]) -> tuple[int, int]:
    """Each after those whose names its example uses: the foundation, storage, audit, and then those who use them."""
    name = component.__name__
    for stage, names in enumerate((FIRST, ("FileSystem", "LustreFileSystem", "ImageRepository", "Secret"), LAST)):
        if name in names:
            return stage, names.index(name)
    return 3, ("ServiceRole", "PodRole", "ServiceAccountRole", "GitHubProvider", "GitHubRole", "Personas").index(name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "examples"
    folder.mkdir()
    found = [re.search(r"(?:^    .*\n?)+\Z", c.__doc__ or "", re.MULTILINE) for c in sorted(COMPONENTS, key=order)]
    examples = "".join(textwrap.dedent(example[0]) + "\n" for example in found if example)
    (folder / "__main__.py").write_text(f"import mlinfra as ml\n\n{ACCOUNT}\n{examples}")
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
    account.client("iam", endpoint_url=server.endpoint_url).create_user(UserName="emergency")
    account.client("eks", endpoint_url=server.endpoint_url).create_cluster(
        name="platform", roleArn="arn:aws:iam::123456789012:role/cluster", resourcesVpcConfig={}
    )

    up = ["up", "--stack", "dev", "--yes", "--skip-preview"]
    created = shell.changes(*up)
    assert set(created) == {"create"}
    assert created["create"] > len(COMPONENTS)
    assert set(shell.changes(*up, "--expect-no-changes")) == {"same"}
