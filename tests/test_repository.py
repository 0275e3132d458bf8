"""What every checkout must hold: small modules, no clutter, nothing that belongs to one machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_MODULE_LINES = 300


def tracked() -> list[Path]:
    names = (
        subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        .stdout.decode()
        .split("\0")
    )
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


FILES = tracked()
if not FILES:
    pytest.skip("not a git checkout", allow_module_level=True)


def test_modules_stay_under_300_lines() -> None:
    lengths = {
        p: len(p.read_text().splitlines()) for p in FILES if p.suffix == ".py" and p.is_relative_to(ROOT / "mlinfra")
    }
    assert {str(p): n for p, n in lengths.items() if n > MAX_MODULE_LINES} == {}


def test_no_machine_paths_and_no_large_files() -> None:
    paths = re.compile(rb"(?<![\w.])/(?:work|root|farm|home/[a-z]+)/")
    bad = [str(p) for p in FILES if p.name != Path(__file__).name and paths.search(p.read_bytes())]
    assert bad == []
    assert [str(p) for p in FILES if p.stat().st_size > 1_000_000 and p.name != "uv.lock"] == []


def test_doors_hold_no_logic() -> None:
    for door in ("components", "policies"):
        found = {p.name for p in FILES if p.is_relative_to(ROOT / door) and p.suffix == ".py"}
        assert found <= {"__main__.py"}


def test_version_is_the_packages() -> None:
    import mlinfra

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == "pulumi-mlinfra"
    assert "version" in project["dynamic"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", mlinfra.__version__)


def test_ci_calls_make_test() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text()
