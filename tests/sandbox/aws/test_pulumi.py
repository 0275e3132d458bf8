"""The real pulumi CLI attached to the provider: what the protocol is for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.pulumi,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no pulumi CLI on PATH"),
]
ROOT = Path(__file__).parents[3]
PROGRAM = """
import pulumi, pulumi_aws as aws

config = pulumi.Config()
cidr = config.get("cidr") or "10.60.0.0/16"
vpc = aws.ec2.Vpc("net", cidr_block=cidr, tags={"version": config.get("version") or "1"})
for number, zone in enumerate(aws.get_availability_zones(state="available").names[:2]):
    block = cidr.replace(".0.0/16", f".{number}.0/24")
    aws.ec2.Subnet(f"net-{number}", vpc_id=vpc.id, cidr_block=block, availability_zone=zone)
bucket = aws.s3.Bucket("Data", force_destroy=True)
aws.s3.BucketVersioning("data", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
eu = aws.Provider("eu", region="eu-west-1", default_tags={"tags": {"team": "ml"}})
other = aws.s3.Bucket("other", opts=pulumi.ResourceOptions(provider=eu))
if config.get("adopt"):
    aws.sns.Topic("adopted", name="adopted", opts=pulumi.ResourceOptions(import_=config.get("adopt")))
pulumi.export("region", other.bucket_region)
pulumi.export("tags", other.tags_all)
pulumi.export("vpc", vpc.id)
pulumi.export("read", aws.s3.Bucket.get("again", bucket.id).arn)
"""


class Cli:
    """The pulumi CLI in a project of its own."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        (folder / "__main__.py").write_text(PROGRAM)
        options = {"toolchain": "uv", "virtualenv": sys.prefix}
        (folder / "Pulumi.yaml").write_text(
            json.dumps({"name": "attached", "runtime": {"name": "python", "options": options}})
        )
        shutil.copy(ROOT / "uv.lock", folder)  # what Pulumi knows a uv project by; nothing is installed from it
        backend = folder / "backend"
        backend.mkdir()
        self.env = {**os.environ, "PATH": os.pathsep.join((str(ROOT / ".uv" / "bin"), os.environ["PATH"]))} | {
            "AWS_REGION": "us-east-1",
            "PULUMI_BACKEND_URL": backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{sandbox.info.provider_port}",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self("stack", "init", "dev")

    def __call__(self, *args: str) -> str:
        command = ["pulumi", *args, "--non-interactive"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, f"{' '.join(args)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self, *args: str) -> str:
        return self("up", "--yes", "--skip-preview", *args)

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("stack", "output", "--json"))
        return found


def test_a_stack_lives_under_the_real_engine(tmp_path: Path, sandbox: Sandbox) -> None:
    pulumi = Cli(tmp_path, sandbox)
    pulumi("preview")
    assert "8 created" in pulumi.up()
    first = pulumi.outputs()
    assert (first["region"], first["tags"]) == ("eu-west-1", {"team": "ml"})
    pulumi.up("--expect-no-changes")

    updated = pulumi.up("--config", "version=2")
    assert "1 updated" in updated
    assert "replaced" not in updated
    assert "3 replaced" in pulumi.up("--config", "cidr=10.61.0.0/16")
    vpc = sandbox.client("ec2").describe_vpcs(VpcIds=[pulumi.outputs()["vpc"]])["Vpcs"][0]
    assert vpc["CidrBlock"] == "10.61.0.0/16"

    pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    sandbox.client("ec2").create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "by-hand", "Value": "yes"}])
    assert "1 updated" in pulumi("refresh", "--yes", "--skip-preview")
    assert "1 updated" in pulumi.up()
    tags = sandbox.client("ec2").describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["Tags"]
    assert tags == [{"Key": "version", "Value": "2"}]

    topic = sandbox.client("sns").create_topic(Name="adopted")["TopicArn"]
    assert "1 imported" in pulumi.up("--config", f"adopt={topic}")
    pulumi.up("--expect-no-changes")
    pulumi("destroy", "--yes", "--skip-preview")
    assert vpc["VpcId"] not in [one["VpcId"] for one in sandbox.client("ec2").describe_vpcs()["Vpcs"]]
