"""The real pulumi CLI and `mlinfra` on one account: what one has done, the other takes over as its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import ROOT, Shell

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.pulumi,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no pulumi CLI on PATH"),
]
STACK = ("--stack", "dev")


class Both:
    """A project that both command lines deploy. Each has its own state; the account is the sandbox's."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        # A copy, since Pulumi writes a salt into Pulumi.dev.yaml. It names the environment that these tests run in;
        # beside a pyproject.toml Pulumi would synchronise that before every run.
        self.project = folder / "project"
        shutil.copytree(ROOT / "stacks", self.project / "stacks")
        for name in ("Pulumi.dev.yaml", "uv.lock", "mlinfra.waivers.yaml"):
            shutil.copy(ROOT / name, self.project)
        settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        settings["runtime"]["options"] = {"toolchain": "uv", "virtualenv": sys.prefix}
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        self.mlinfra = shell
        shell.cwd = self.project
        shell.run("sandbox", "start")
        self.env = dict(shell.env)
        for line in shell.run("sandbox", "env").splitlines():
            verb, *assignment = shlex.split(line)
            if verb == "export":
                name, _, value = assignment[0].partition("=")
                self.env[name] = value
        home, backend = folder / "pulumi", folder / "backend"
        backend.mkdir()
        self.env |= {
            "PATH": os.pathsep.join((str(ROOT / ".uv/bin"), os.environ["PATH"])),
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": backend.as_uri(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        self.pulumi("stack", "init", "dev")

    def pulumi(self, *args: str, code: int = 0) -> str:
        done = subprocess.run(
            ["pulumi", *args, "--non-interactive"],
            cwd=self.project,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=900,
        )
        assert done.returncode == code, f"pulumi {' '.join(args)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def open_pack(self) -> None:
        """Put the policy pack into the project, to run in the environment of these tests."""
        shutil.copytree(ROOT / "policies", self.project / "policies")
        pack = self.project / "policies/PulumiPolicy.yaml"
        described = yaml.safe_load(pack.read_text())
        described["runtime"]["options"] = {"toolchain": "uv", "virtualenv": sys.prefix}
        pack.write_text(yaml.safe_dump(described))


@pytest.fixture
def both(shell: Shell, tmp_path: Path) -> Both:
    return Both(shell, tmp_path)


def test_pulumi_deploys_and_destroys_the_platform_and_mlinfra_takes_over(both: Both, tmp_path: Path) -> None:
    both.pulumi("preview", *STACK)
    assert both.mlinfra.inventory() == {}
    created = both.pulumi("up", "--yes", "--skip-preview", *STACK)
    assert re.search(r"\+ \d+ created", created)
    both.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", *STACK)

    state = tmp_path / "pulumi.json"
    both.pulumi("stack", "export", "--file", str(state), *STACK)
    both.mlinfra.run("state", "import", "--file", str(state), *STACK)
    both.mlinfra.run("preview", "--expect-no-changes", *STACK)
    exported = json.loads(both.mlinfra.run("state", "export", *STACK))["deployment"]["resources"]
    assert [r["urn"] for r in exported] == [r["urn"] for r in json.loads(state.read_text())["deployment"]["resources"]]

    both.pulumi("destroy", "--yes", "--skip-preview", *STACK)
    assert both.mlinfra.inventory() == {}


def test_pulumi_takes_over_what_mlinfra_deployed(both: Both, tmp_path: Path) -> None:
    both.mlinfra.run("up", "--yes", "--skip-preview", *STACK)
    state = tmp_path / "mlinfra.json"
    both.mlinfra.run("state", "export", "--file", str(state), *STACK)
    both.pulumi("stack", "import", "--file", str(state), *STACK)
    both.pulumi("preview", "--expect-no-changes", *STACK)
    both.pulumi("destroy", "--yes", "--skip-preview", *STACK)
    assert both.mlinfra.inventory() == {}


def test_the_policy_pack_judges_a_preview(both: Both, tmp_path: Path) -> None:
    """The stack passes as the check says, with the waivers of its project; what another profile asks for is refused."""
    both.open_pack()

    passed = both.pulumi("preview", *STACK, "--policy-pack", "policies")
    assert "mlinfra@v" in passed
    assert "[mandatory]" not in passed
    assert "secret-rotation" not in passed, "it is waived"

    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"mlinfra-check": {"profile": "isolated"}}))
    refused = both.pulumi("preview", *STACK, "--policy-pack", "policies", "--policy-pack-config", str(config), code=1)
    assert re.search(r"\[mandatory\] .*vpc-block-public-access", refused)
    assert both.mlinfra.inventory() == {}


def test_the_policy_pack_lets_only_through_what_was_signed(both: Both, tmp_path: Path) -> None:
    both.open_pack()
    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"mlinfra-check": {"requireAttestation": True}}))
    pack = ("--policy-pack", "policies", "--policy-pack-config", str(config))
    assert "mlinfra-attestation" in both.pulumi("preview", *STACK, *pack, code=1), "nothing was signed yet"

    both.mlinfra.env["MLINFRA_KEY_PASSPHRASE"] = "a passphrase that is long enough"
    both.mlinfra.run("keys", "generate", "release", "--trust")
    both.mlinfra.run("check", *STACK, "--attest", "release")
    both.pulumi("preview", *STACK, *pack)

    program = both.project / "stacks/platform/__main__.py"
    program.write_text(program.read_text() + "\n# one more line\n")
    assert "__main__.py: changed" in both.pulumi("up", "--yes", "--skip-preview", *STACK, *pack, code=1)
    assert both.mlinfra.inventory() == {}
