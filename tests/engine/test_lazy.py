"""Generated packages that load lazily have what they have when they load at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlinfra.engine import program

FOLDER = str(Path(program.__file__).parent)
LOOK = str(Path(__file__).with_name("look_at_packages.py"))
PACKAGES = [
    "pulumi_aws.kms",
    "pulumi_aws.sns",
    "pulumi_aws.fsx",
    "pulumi_kubernetes.batch.v1",
    "pulumi_kubernetes.helm.v3",
]


def look(way: str) -> dict[str, Any]:
    argv = [sys.executable, "-W", "ignore", LOOK, way, FOLDER, *PACKAGES]
    return json.loads(subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def looks() -> tuple[dict[str, Any], dict[str, Any]]:
    return look("lazy"), look("eager")


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("what", ["names", "star", "classes"])
def test_a_package_has_the_same_names_for_the_same_things(looks, package: str, what: str) -> None:
    lazy, eager = (look[package][what] for look in looks)
    assert eager
    assert lazy == eager


def test_it_loads_what_is_asked_for_alone(looks) -> None:
    lazy, eager = looks
    assert lazy["pulumi_aws.kms"]["loaded"] == 0
    assert eager["pulumi_aws.kms"]["loaded"] > 10


def test_a_name_that_is_not_there_is_an_error_as_ever() -> None:
    said = f"import sys; sys.path.insert(0, {FOLDER!r}); import lazy; lazy.install()\nimport pulumi_aws as aws\naws.kms.Nothing"
    ran = subprocess.run([sys.executable, "-c", said], check=False, capture_output=True, text=True)
    assert "AttributeError: module 'pulumi_aws.kms' has no attribute 'Nothing'" in ran.stderr


def test_a_package_can_be_written_down_by_dill() -> None:
    said = (
        f"import sys; sys.path.insert(0, {FOLDER!r}); import lazy; lazy.install()\nimport dill, pulumi_aws as aws\n"
        "packages = [aws.kms, aws.kms.key, aws.s3.outputs]\nassert dill.loads(dill.dumps(packages)) == packages"
    )
    subprocess.run([sys.executable, "-c", said], check=True)


def test_the_automation_interface_loads_when_it_is_named() -> None:
    code = f"""
import sys
sys.path.insert(0, {FOLDER!r})
import lazy
lazy.install()
import pulumi
print("pulumi.automation._local_workspace" in sys.modules)
from pulumi.automation import LocalWorkspace
import pulumi.automation.errors
from pulumi import automation
print(automation.LocalWorkspace is LocalWorkspace is sys.modules["pulumi.automation._local_workspace"].LocalWorkspace)
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
