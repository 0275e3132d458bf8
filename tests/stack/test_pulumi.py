"""Against the real CLI: it takes our states, we take its, and both open each other's secrets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlinfra.stack.project import Project
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.stack import Stack
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.values import UNKNOWN, Archive, Asset, ResourceRef, Secret

pytestmark = [
    pytest.mark.pulumi,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the pulumi CLI on PATH"),
]

PROVIDER = "urn:pulumi:dev::p::pulumi:providers:conf::default"
ROOT = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
THING = "urn:pulumi:dev::p::conf:index:Thing::"


class Cli:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        (self.folder / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
        backend = folder / "backend"
        backend.mkdir()
        self.environ = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "open sesame",
            "PULUMI_HOME": str(folder / "pulumi"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self("stack", "init", "dev")

    def __call__(self, *args: str) -> str:
        run = subprocess.run(
            ["pulumi", *args, "--non-interactive"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def stack(cli: Cli, tmp_path: Path) -> Stack:
    return Stack.open(Project.load(cli.folder), "dev", home=tmp_path / "home", passphrase="open sesame")


def thing(name: str, **more: Any) -> ResourceState:
    return ResourceState(
        urn=THING + name, type="conf:index:Thing", custom=True, id=name, parent=ROOT, provider=f"{PROVIDER}::x", **more
    )


SNAPSHOT = Snapshot(
    [
        ResourceState(urn=ROOT, type="pulumi:pulumi:Stack", outputs={"word": Secret({"k": ["v"]}), "n": 1.5}),
        ResourceState(urn=PROVIDER, type="pulumi:providers:conf", custom=True, id="x", inputs={"version": "1.0.0"}),
        thing(
            "a",
            inputs={"t": Asset(text="x", hash="h"), "z": Archive({"f": Asset(path="p")}), "u": UNKNOWN},
            protect=True,
        ),
        thing(
            "b",
            dependencies=[THING + "a"],
            property_dependencies={"v": [THING + "a"], "w": []},
            inputs={"s": Secret("hush"), "r": ResourceRef(THING + "a", "a")},
            outputs={"deep": [{"s": Secret(None)}]},
            custom_timeouts={"create": 60.0},
            created="2026-01-01T00:00:00Z",
            source_position="project:///__main__.py#1,1",
            stack_trace=[{"sourcePosition": "project:///__main__.py#1,1"}],
            ignore_changes=["v"],
            hide_diff=["v.w"],
            additional_secret_outputs=["deep"],
            import_id="b",
            retain_on_delete=True,
            deleted_with=THING + "a",
        ),
        thing("b", delete=True),
        thing(
            "c",
            resource_hooks={"before_create": ["h"]},
            replace_with=[THING + "a"],
            replacement_trigger=1,
            taint=True,
        ),
    ],
    [PendingOperation("creating", thing("d", inputs={"s": Secret("x")}))],
)


def test_our_state_is_taken_and_comes_back(cli: Cli, stack: Stack, tmp_path: Path) -> None:
    stack.save(SNAPSHOT)
    file = tmp_path / "export.json"
    file.write_text(json.dumps(stack.export()))
    cli("stack", "import", "--file", str(file))
    theirs = json.loads(cli("stack", "export"))
    assert (theirs["version"], theirs["features"]) == (4, ["hooks", "replaceWith", "taint"])
    other = Stack.open(stack.project, "dev", home=tmp_path / "other", passphrase="open sesame")
    assert other.import_(theirs) == Snapshot(SNAPSHOT.resources)  # pulumi drops pending operations when it imports
    assert json.loads(cli("stack", "output", "--json", "--show-secrets")) == {"word": {"k": ["v"]}, "n": 1.5}


def test_a_state_without_features_stays_version_3(cli: Cli, stack: Stack, tmp_path: Path) -> None:
    stack.save(Snapshot(SNAPSHOT.resources[:-1]))
    file = tmp_path / "export.json"
    file.write_text(json.dumps(stack.export()))
    cli("stack", "import", "--file", str(file))
    theirs = json.loads(cli("stack", "export", "--show-secrets"))
    assert theirs["version"] == 3
    assert stack.import_(theirs) == Snapshot(SNAPSHOT.resources[:-1])


def test_secrets_both_ways(cli: Cli, stack: Stack) -> None:
    cli("config", "set", "--secret", "theirs", "hush")
    cli("config", "set", "--path", "deep.list[0].plain", "007")
    cli("config", "set", "--path", "--secret", "deep.list[0].word", "whisper")
    assert stack.config.values() == {"p:theirs": "hush", "p:deep": '{"list":[{"plain":"007","word":"whisper"}]}'}
    assert stack.config.secret_keys == ["p:deep", "p:theirs"]
    crypter = Crypter("open sesame", stack.config.crypter.salt)
    with stack.project.stack_file("dev").open("a") as file:
        file.write(f"  p:ours:\n    secure: {crypter.encrypt('said')}\n")
    assert cli("config", "get", "ours").strip() == "said"


def test_our_salt_is_theirs_too(cli: Cli, stack: Stack) -> None:
    ours = Crypter("open sesame")
    ours.encrypt("x")
    stack.project.stack_file("dev").write_text(f"encryptionsalt: {ours.salt}\n")
    cli("config", "set", "--secret", "word", "hush")
    assert stack.config.crypter.salt == ours.salt
    assert stack.config.values() == {"p:word": "hush"}
