"""Opens `components/` as Pulumi does: a process that prints its port and answers GetSchema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import grpc
import yaml
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

import mlinfra

ROOT = Path(__file__).parents[2]
NO_ENGINE = "127.0.0.1:1"  # the schema needs none


def test_the_folder_opens_and_serves_the_schema() -> None:
    command = [sys.executable, "components", NO_ENGINE]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                provider = provider_pb2_grpc.ResourceProviderStub(channel)
                schema = json.loads(provider.GetSchema(provider_pb2.GetSchemaRequest(), timeout=30).schema)
        finally:
            process.kill()
    assert schema["name"] == "mlinfra"
    assert schema["version"] == mlinfra.__version__
    snapshot = json.loads((ROOT / "tests/components/schema.json").read_text())
    assert schema["resources"] == snapshot["resources"]


def test_the_plugin_runs_in_the_environment_of_the_repository() -> None:
    plugin = yaml.safe_load((ROOT / "components/PulumiPlugin.yaml").read_text())
    assert plugin["runtime"] == {"name": "python", "options": {"toolchain": "uv"}}
    assert not (ROOT / "components/pyproject.toml").exists(), "Pulumi walks up to the root's lock file"
