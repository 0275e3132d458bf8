"""The examples of training without Kubernetes, deployed, looked at with AWS's own client, changed and taken down."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import boto3
import pytest

import mlinfra as ml
from mlinfra.sandbox.server import control
from tests.e2e.conftest import Shell

pytestmark = pytest.mark.e2e
EXAMPLES = (
    *(ml.KeyRing, ml.Network, ml.AccessLogBucket, ml.DataBucket, ml.ImageRepository),
    *(ml.BatchTraining, ml.BatchPyTorchJob, ml.SparkServerless, ml.SageMakerTraining),
)
BEFORE = """
import mlinfra as ml

account = ml.Account(id="123456789012", region="eu-central-1")
boundary = ml.PermissionsBoundary("platform", ml.PermissionsBoundaryArgs(account=account))
"""
UP = ("up", "--stack", "dev", "--yes", "--skip-preview")


def program() -> str:
    found = [re.search(r"(?:^    .*\n?)+\Z", component.__doc__ or "", re.MULTILINE) for component in EXAMPLES]
    return BEFORE + "".join(textwrap.dedent(example[0]) + "\n" for example in found if example)


@pytest.fixture
def main(tmp_path: Path) -> Path:
    folder = tmp_path / "managed"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: managed\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n")
    (folder / "__main__.py").write_text(program())
    return folder / "__main__.py"


def test_managed_training_deploys_stays_and_changes(shell: Shell, main: Path) -> None:
    shell.cwd = main.parent
    assert set(shell.changes(*UP)) == {"create"}
    server = control.status(shell.home)
    assert server

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name="eu-central-1",
            endpoint_url=server.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    (environment,) = client("batch").describe_compute_environments()["computeEnvironments"]
    assert environment["computeResources"]["maxvCpus"] == 4 * 192
    (definition,) = client("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    assert (definition["type"], definition["nodeProperties"]["numNodes"]) == ("multinode", 2)
    job = client("sagemaker").describe_training_job(TrainingJobName="dev-resnet")
    assert job["EnableNetworkIsolation"]
    assert job["EnableInterContainerTrafficEncryption"]
    (application,) = client("emr-serverless").list_applications()["applications"]
    spark = client("emr-serverless").get_application(applicationId=application["id"])["application"]
    assert spark["monitoringConfiguration"]["cloudWatchLoggingConfiguration"]["enabled"]

    assert set(shell.changes(*UP, "--refresh", "--expect-no-changes")) == {"same"}
    main.write_text(program().replace("max_nodes=4", "max_nodes=8").replace('"12h"', '"13h"'))
    changed = shell.changes(*UP)
    assert (changed["update"], changed["replace"]) == (
        1,
        1,
    )  # the environment in place, the definition as a new revision
