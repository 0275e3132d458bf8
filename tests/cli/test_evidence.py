"""Signing a check, holding it against the project, and deploying only what was checked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest

from tests.cli.conftest import Project

PASSPHRASE = "long enough for a test"
GOOD = "import pulumi\npulumi.ComponentResource('app:index:Group', 'group')\n"
PUBLIC = """
import pulumi
class Bucket(pulumi.CustomResource):
    def __init__(self, name):
        super().__init__("aws:s3/bucket:Bucket", name, {"acl": "public-read"})
Bucket("data")
"""


@pytest.fixture
def project(make: Callable[..., Project], home: object) -> Project:
    os.environ["MLINFRA_KEY_PASSPHRASE"] = PASSPHRASE
    made = make(GOOD)
    key = made.run("keys", "generate", made.folder.name, "--trust")
    assert key.code == 0, key.err
    return made


def attest(project: Project, *arguments: str) -> int:
    return project.run("check", "-s", "dev", "--attest", project.folder.name, *arguments).code


def test_what_was_checked_is_deployed_and_nothing_else(project: Project) -> None:
    assert project.run("up", "--yes", "--skip-preview", "--require-attestation").code == 3, "there is no statement"
    assert attest(project) == 0
    done = project.run("verify", "-s", "dev", "--json")
    assert json.loads(done.out)["statement"]["predicate"]["verificationResult"] == "PASSED"
    deployed = project.run("up", "--yes", "--skip-preview", "--require-attestation")
    assert deployed.code == 0, deployed.err
    assert f"signed by {project.folder.name}, holds for this" in deployed.err
    os.environ["MLINFRA_REQUIRE_ATTESTATION"] = "1"
    project.program(GOOD + "pulumi.export('more', 1)\n")
    refused = project.run("up", "--yes", "--skip-preview")
    assert refused.code == 3
    assert "program __main__.py: changed" in refused.error


def test_what_the_environment_changes_shows_in_the_graph(project: Project) -> None:
    project.program("import os, pulumi\npulumi.ComponentResource('app:index:Group', os.environ.get('GROUP', 'a'))\n")
    assert attest(project) == 0
    os.environ["GROUP"] = "b"
    assert project.run("verify", "-s", "dev", "--files-only").code == 0
    refused = project.run("verify", "-s", "dev")
    assert refused.code == 3
    assert "declared graph" in refused.error


def test_a_failed_check_is_signed_as_such_and_opens_nothing(project: Project) -> None:
    project.program(PUBLIC)
    assert attest(project) == 3
    refused = project.run("verify", "-s", "dev")
    assert refused.code == 3
    assert "is of a check that failed" in refused.error


@pytest.mark.parametrize("option", [["--watch"], ["--framework", "soc2"], ["--fail-on", "never"], ["--state", "-"]])
def test_only_a_whole_check_is_signed(project: Project, option: list[str]) -> None:
    done = project.run("check", "-s", "dev", "--attest", project.folder.name, *option)
    assert done.code == 2
    assert "--attest signs one whole check" in done.error
    assert not list(project.folder.glob("*.attestation.json"))


def test_a_wrong_passphrase_signs_nothing(project: Project) -> None:
    os.environ["MLINFRA_KEY_PASSPHRASE"] = "not the passphrase"
    done = project.run("check", "-s", "dev", "--attest", project.folder.name)
    assert done.code == 2
    assert "does not open" in done.error


def test_keys_are_listed_and_retired(project: Project) -> None:
    name = project.folder.name
    shown = json.loads(project.run("keys", "list", "--json").out)
    assert [(key["name"], key["until"]) for key in shown] == [(name, "")]
    assert project.run("keys", "trust", "partner", shown[0]["key"]).code == 2, "the key is there already"
    assert project.run("keys", "retire", name, "--on", "2027-01-31").code == 0
    assert json.loads(project.run("keys", "list", "--json").out)[0]["until"] == "2027-01-31"
    assert project.run("keys", "trust", "partner", "nonsense").code == 2


def test_nobody_is_asked_for_a_passphrase_where_nobody_is(project: Project) -> None:
    del os.environ["MLINFRA_KEY_PASSPHRASE"]
    done = project.run("keys", "generate", "another")
    assert done.code == 2
    assert "set MLINFRA_KEY_PASSPHRASE" in done.error
