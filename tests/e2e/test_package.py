"""The component package as programs in other languages use it: a Pulumi YAML program under the real CLI."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import ROOT, Shell

NEEDED = ("pulumi", "pulumi-language-yaml", "pulumi-language-python")
MISSING = [command for command in NEEDED if shutil.which(command) is None]
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.pulumi,
    pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example beside a door to the package that opens in the environment of these tests, without installing any."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "components", folder / "components", ignore=shutil.ignore_patterns("__pycache__"))
    plugin = {"runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}}
    (folder / "components/PulumiPlugin.yaml").write_text(yaml.safe_dump(plugin))
    program = (ROOT / "examples/yaml/Pulumi.yaml").read_text()
    (folder / "Pulumi.yaml").write_text(program.replace("../../components", "./components"))
    shutil.copy(ROOT / "examples/yaml/Pulumi.dev.yaml", folder)
    return folder


def environment(shell: Shell, folder: Path) -> dict[str, str]:
    """The sandbox's account, and a Pulumi of its own."""
    shell.run("sandbox", "start")
    env = dict(shell.env)
    for line in shell.run("sandbox", "env").splitlines():
        verb, *assignment = shlex.split(line)
        if verb == "export":
            name, _, value = assignment[0].partition("=")
            env[name] = value
    backend = folder / "backend"
    backend.mkdir()
    return env | {
        "PYTHONPATH": str(ROOT),
        "PULUMI_HOME": str(folder / "pulumi"),
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def test_a_yaml_program_deploys_a_network_and_a_bucket(shell: Shell, project: Path, tmp_path: Path) -> None:
    env = environment(shell, tmp_path)

    def pulumi(*args: str) -> str:
        done = subprocess.run(
            ["pulumi", *args, "--non-interactive"],
            cwd=project,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, f"pulumi {' '.join(args)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    pulumi("stack", "init", "dev")
    pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    exported = json.loads(pulumi("stack", "export", "--stack", "dev"))["deployment"]["resources"]
    outputs = json.loads(pulumi("stack", "output", "--json", "--stack", "dev"))
    assert outputs["vpcId"].startswith("vpc-")
    buckets = [resource for resource in exported if resource["type"] == "aws:s3/bucket:Bucket"]
    assert outputs["bucket"] in {resource["outputs"]["bucket"] for resource in buckets}
    kinds = {resource["type"].rpartition(":")[2] for resource in exported if resource["type"].startswith("mlinfra:")}
    assert {"KeyRing", "Network", "AccessLogBucket", "DataBucket"} <= kinds
    pulumi("preview", "--expect-no-changes", "--stack", "dev")
    pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    assert shell.inventory() == {}
