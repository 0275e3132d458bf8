"""mlinfra sandbox and mlinfra types, and what becomes of a stack when its account is lost."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mlinfra.errors import ConfigError
from mlinfra.sandbox.server import control
from mlinfra.sandbox.server.files import ServerInfo
from mlinfra.sandbox.session import Session, idle_seconds

from .conftest import Project

INFO = ServerInfo(pid=1, endpoint_url="http://127.0.0.1:5566", provider_port=4321, generation="g1", started=0.0)


def test_a_sandbox_from_start_to_stop(outputs_only: Project, tmp_path: Path) -> None:
    run = outputs_only.run
    os.environ["MLINFRA_HOME"] = str(tmp_path / "home")
    try:
        assert run("sandbox", "status").code == 1
        assert run("sandbox", "status", "--json").out == "null\n"
        assert "does not run" in run("sandbox", "env").error
        assert run("sandbox", "reset", "-y").code == 1
        done = run("sandbox", "start")
        assert done.code == 0, done.err
        assert "123456789012" in done.out
        info = json.loads(run("sandbox", "status", "--json").out)
        assert info["endpoint_url"] in run("sandbox", "status").out
        assert "runs already" in run("sandbox", "start").err
        assert run("sandbox", "start", "--port", "1").code == 2
        assert run("sandbox", "reset").code == 2, "nobody can be asked"
        assert run("sandbox", "reset", "--yes").code == 0
        assert json.loads(run("sandbox", "status", "--json").out)["generation"] != info["generation"]

        os.environ.update(AWS_PROFILE="prod", AWS_ENDPOINT_URL_S3="https://s3.example")
        exports = run("sandbox", "env", "--region", "eu-west-1").out
        script = exports + "env | grep -E '^(AWS|PULUMI|MLINFRA_DRAIN)_'"
        seen = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
        variables = dict(line.split("=", 1) for line in seen)
        assert variables["AWS_ENDPOINT_URL"] == info["endpoint_url"]
        assert variables["AWS_REGION"] == "eu-west-1"
        assert (
            variables["PULUMI_DEBUG_PROVIDERS"] == f"aws:{info['provider_port']},kubernetes:{info['kubernetes_port']}"
        )
        assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3"} & variables.keys()
        told = json.loads(run("sandbox", "env", "--json", "--region", "eu-west-1").out)
        assert told.items() <= variables.items()
    finally:
        stopped = run("sandbox", "stop")
    assert "is stopped" in stopped.err
    assert "does not run" in run("sandbox", "stop").err


def test_a_control_plane_wants_go_unless_it_is_built(
    outputs_only: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlinfra.sandbox.controlplane import toolchain

    monkeypatch.setenv("MLINFRA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLINFRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(toolchain, "USUAL", ())
    done = outputs_only.run("sandbox", "start", "--control-plane")
    assert done.code == 1
    assert "Go is not installed on this machine" in done.err
    assert control.status(tmp_path / "home") is None, "nothing is started without what was asked for"


def test_a_session_turns_the_environment_to_the_sandbox() -> None:
    environ = {
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_ENDPOINT_URL_S3": "https://s3.example",
        "PULUMI_DEBUG_PROVIDERS": "aws:1,random:2",
        "NO_PROXY": "example.com",
        "PATH": "/bin",
    }
    Session(INFO).enter(environ, "eu-west-1")
    assert environ["PATH"] == "/bin"
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5566"
    assert environ["AWS_ACCESS_KEY_ID"] == "test"
    assert environ["AWS_REGION"] == "eu-west-1"
    assert environ["PULUMI_DEBUG_PROVIDERS"] == "aws:4321,random:2"
    assert environ["NO_PROXY"] == "example.com,127.0.0.1,localhost"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3"} & environ.keys()
    assert environ["MLINFRA_DRAIN_KUBECONFIG"] == ""  # nothing runs that would make what is drained
    Session(replace(INFO, kubeconfig="/admin")).enter(environ)
    assert environ["MLINFRA_DRAIN_KUBECONFIG"] == "/admin"


def test_a_sandbox_without_a_provider_is_no_sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(control, "status", lambda _: ServerInfo(**{**vars(INFO), "provider_port": 0}))
    with pytest.raises(control.SandboxError, match="serves no provider"):
        Session.open(tmp_path)


@pytest.mark.parametrize(("said", "seconds"), [("", control.DEFAULT_IDLE_SECONDS), ("60", 60.0), ("0.5", 0.5)])
def test_how_long_an_idle_sandbox_stays(said: str, seconds: float) -> None:
    assert idle_seconds({"MLINFRA_SANDBOX_IDLE": said}) == seconds


@pytest.mark.parametrize("said", ["soon", "0", "-1", "inf", "nan"])
def test_an_idle_time_that_makes_no_sense(said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        idle_seconds({"MLINFRA_SANDBOX_IDLE": said})


AWS_STATE = {
    "version": 3,
    "deployment": {
        "resources": [
            {"urn": "urn:pulumi:dev::{}::pulumi:pulumi:Stack::{}-dev", "custom": False, "type": "pulumi:pulumi:Stack"},
            {
                "urn": "urn:pulumi:dev::{}::aws:s3/bucket:Bucket::b",
                "custom": True,
                "id": "b",
                "type": "aws:s3/bucket:Bucket",
                "parent": "urn:pulumi:dev::{}::pulumi:pulumi:Stack::{}-dev",
            },
        ]
    },
}


def lose(project: Project) -> None:
    """As if the sandbox had been started anew since the stack was deployed."""
    project.state.with_name("dev.account").write_text("another generation")


@pytest.fixture
def deployed(outputs_only: Project) -> Project:
    """A stack whose state says that a bucket is in an account that is lost."""
    outputs_only.write("s.json", json.dumps(AWS_STATE).replace("{}", outputs_only.folder.name))
    assert outputs_only.run("state", "import", "--file", "s.json").code == 0
    lose(outputs_only)
    return outputs_only


def test_up_starts_anew_when_the_account_is_lost(deployed: Project) -> None:
    done = deployed.run("up", "-y", "-f")
    assert done.code == 0, done.out + done.err
    assert "is gone" in done.err
    assert "+ 2 created" in done.out
    (backup,) = deployed.state.parent.glob("dev.json.lost-*")
    assert "aws:s3/bucket:Bucket" in backup.read_text()
    assert "is gone" not in deployed.run("destroy", "-y").err


def test_destroy_has_nothing_to_do_when_the_account_is_lost(deployed: Project) -> None:
    done = deployed.run("destroy", "-y")
    assert done.code == 0
    assert "is gone" in done.err
    assert json.loads(deployed.run("state", "export").out)["deployment"].get("resources", []) == []


def test_a_stack_without_sandbox_resources_has_lost_nothing(outputs_only: Project) -> None:
    lose(outputs_only.deployed())
    done = outputs_only.run("destroy", "-y", "--preview-only")
    assert "is gone" not in done.err
    assert "- 2 to delete" in done.out


def test_an_imported_state_is_believed(deployed: Project) -> None:
    deployed.state.with_name("dev.account").unlink()
    done = deployed.run("destroy", "--preview-only")
    assert "is gone" not in done.err
    assert "to delete" in done.out


def test_types_says_what_is_emulated_and_how_well(outputs_only: Project) -> None:
    rows = json.loads(outputs_only.run("types", "--json").out)
    assert {row["fidelity"] for row in rows} <= {"moto", "overlay", "validated", "recorded"}
    tokens = [row["type"] for row in rows]
    assert tokens == sorted(set(tokens))
    assert "aws:s3/bucket:Bucket" in tokens
    found = outputs_only.run("types", "s3/bucket:")
    assert found.out.split()[0] == "aws:s3/bucket:Bucket"
    kind = rows[0]["fidelity"]
    only = json.loads(outputs_only.run("types", "--fidelity", kind, "--json").out)
    assert only == [row for row in rows if row["fidelity"] == kind]
