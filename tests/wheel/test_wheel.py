"""What a user installs: the wheel that is built from the sdist, in an environment that has nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
UV = shutil.which("uv", path=os.pathsep.join((str(ROOT / ".uv/bin"), os.environ.get("PATH", ""))))
PROGRAM = """
import pulumi
import pulumi_aws as aws

import mlinfra as ml

account = ml.Account(id=aws.get_caller_identity_output().account_id, region="us-east-1")
keys = ml.KeyRing("main", ml.KeyRingArgs(account=account, deletion_protection=False))
pulumi.export("keys", keys.key_arns)
"""


def run(*command: str | Path, cwd: Path, code: int = 0, **env: str) -> str:
    """Run a program that knows nothing of this checkout; returns what it said."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command, cwd=cwd, env={**clean, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that was built from it."""
    if UV is None:
        pytest.skip("there is no uv, neither in .uv nor on PATH")
    there = tmp_path_factory.mktemp("checkout") / "mlinfra"
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in names:
        if name and (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, there / name)
    run(UV, "build", "--quiet", "--python", sys.executable, cwd=there)
    return there / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return next(dist.glob("*.whl"))


class Home:
    """An environment with the wheel, a program of the user's own, and a home for `mlinfra`."""

    def __init__(self, folder: Path, requirement: str) -> None:
        assert UV
        self.project, self.home, self.bin = folder / "project", folder / "home", folder / "venv/bin"
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=folder)
        run(UV, "pip", "install", "--quiet", "--python", self.bin / "python", requirement, cwd=folder)
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
        (self.project / "__main__.py").write_text(PROGRAM)

    def mlinfra(self, *args: str, code: int = 0) -> str:
        return run(
            self.bin / "mlinfra",
            *args,
            cwd=self.project,
            code=code,
            MLINFRA_HOME=str(self.home),
            NO_COLOR="1",
            PULUMI_CONFIG_PASSPHRASE="e2e",
        )


@pytest.fixture
def home(wheel: Path, tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path, f"pulumi-mlinfra[sandbox] @ {wheel.as_uri()}")
    yield home
    home.mlinfra("sandbox", "stop")


def test_the_wheel_holds_the_package_alone_and_all_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT / "mlinfra").rglob("*") if p.is_file()}
    assert {name.partition("/")[0] for name in names} == {"mlinfra"}
    assert names == {name for name in files if "/__pycache__/" not in name}
    assert {"mlinfra/py.typed", "mlinfra/__init__.pyi"} <= names
    assert {Path(name).suffix for name in names} >= {".toml", ".json"}


def test_the_sdist_holds_what_building_and_testing_need(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "uv.lock", "Makefile", "LICENSE", "README.md", "Pulumi.yaml", "Pulumi.dev.yaml"} <= names
    assert {"mlinfra/__init__.py", "stacks/platform/__main__.py", "components/__main__.py"} <= names
    assert {"examples/foundation/__main__.py", "policies/__main__.py", "mlinfra.waivers.yaml"} <= names
    assert {Path("tests", *Path(__file__).parts[-2:]).as_posix()} <= names


def test_a_users_own_program_is_deployed_and_destroyed(home: Home) -> None:
    where = run(home.bin / "python", "-c", "import mlinfra; print(mlinfra.__file__)", cwd=home.project)
    assert Path(where.strip()).is_relative_to(home.bin.parent)
    assert "created" in home.mlinfra("up", "--stack", "dev", "--yes")
    assert "arn:aws:kms:us-east-1:" in home.mlinfra("outputs", "--stack", "dev")
    home.mlinfra("up", "--stack", "dev", "--yes", "--expect-no-changes")
    assert "deleted" in home.mlinfra("destroy", "--stack", "dev", "--yes")


def test_without_the_sandbox_one_error_names_the_extra(wheel: Path, tmp_path: Path) -> None:
    home = Home(tmp_path, f"pulumi-mlinfra @ {wheel.as_uri()}")
    said = home.mlinfra("up", "--stack", "dev", "--yes", code=1)
    assert said.count("error:") == 1
    assert "fix: pip install 'pulumi-mlinfra[sandbox]'" in said
    assert "Traceback" not in said
