"""The recordings are what the real engine does: where `pulumi` is on PATH, every scenario is recorded again and compared."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCENARIOS = sorted(path.parent.name for path in HERE.glob("scenarios/*/steps.json"))


@pytest.fixture(scope="session")
def real_engine(tmp_path_factory):
    """PATH with `pulumi` and a Python that Pulumi's language host can use: it asks pip what is installed."""
    if shutil.which("pulumi") is None or shutil.which("pulumi-language-python") is None:
        pytest.skip("there is no pulumi with its Python language host on PATH")
    import sys
    import sysconfig

    python = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", python], check=True)
    purelib = subprocess.run(
        [python / "bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    (Path(purelib) / "here.pth").write_text(sysconfig.get_path("purelib"))
    return python, f"{python / 'bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.e2e
@pytest.mark.pulumi
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_real_engine_still_does_what_was_recorded(name, tmp_path, real_engine, monkeypatch):
    import conform
    import record

    python, path = real_engine
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(record.sys, "prefix", str(python))
    scenario = conform.load(HERE / "scenarios" / name)
    again = record.Recorder(scenario, HERE / "provider", tmp_path).record()
    unstable = {tuple(fact) for fact in scenario.get("unstable", [])}
    lines = []
    for number, (step, now) in enumerate(zip(scenario["steps"], again, strict=True)):
        sections = [section for section in conform.SECTIONS if section != "order" and (number, section) not in unstable]
        lines += [f"step {number} ({step['op']}): {line}" for line in conform.compare(step["expect"], now, sections)]
    assert lines == []
