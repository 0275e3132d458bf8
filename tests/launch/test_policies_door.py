"""Opens `policies/` as Pulumi does: a process that prints its port and answers GetAnalyzerInfo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grpc
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc

import mlinfra

ROOT = Path(__file__).parents[2]


def test_the_folder_opens_and_lists_the_rules() -> None:
    with subprocess.Popen([sys.executable, "policies"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                info = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(empty_pb2.Empty(), timeout=30)
        finally:
            process.kill()
    assert info.name == "mlinfra"
    assert len(info.policies) > 1


def test_the_pack_has_the_packages_version() -> None:
    pack = yaml.safe_load((ROOT / "policies/PulumiPolicy.yaml").read_text())
    assert pack["version"] == mlinfra.__version__
    assert pack["runtime"] == {"name": "python", "options": {"toolchain": "uv"}}
