"""The engine does what the real one was recorded doing: every step of every scenario, through the public API."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SCENARIOS = sorted(path.parent.name for path in HERE.glob("scenarios/*/steps.json"))
# One for each part of the engine; the whole suite is `make conformance`.
REPRESENTATIVE = (
    "deleted_with", "duplicate_urn", "fail_create", "hooks", "interrupt", "provider_unknown", "replace_with", "targets",
    "transforms", "unknowns",
)  # fmt: skip


def run(name: str, base: Path) -> list[str]:
    """The differences between what was recorded and what happens, as lines."""
    import conform
    import harness

    scenario = harness.scenario(name)
    engine = harness.Engine(scenario, base)
    known = differences(name)
    lines = []
    for number, step in enumerate(scenario["steps"]):
        unstable = {section for at, section in scenario.get("unstable", []) if at == number}
        expected = {section: facts for section, facts in step["expect"].items() if section not in unstable}
        for line in conform.compare(expected, engine.step(step)):
            text = f"step {number} ({step['op']}): {line}"
            if not any(text.startswith(start) for start in known):
                lines.append(text)
    return lines


def differences(name: str) -> list[str]:
    """How the lines begin in which the engine differs from the real one on purpose."""
    document: dict[str, Any] = tomllib.loads((HERE / "differences.toml").read_text())
    return [entry["line"] for entry in document.get("difference", []) if entry["scenario"] == name]


@pytest.mark.conformance
@pytest.mark.parametrize("name", SCENARIOS)
def test_does_what_the_real_engine_does(name, tmp_path):
    assert run(name, tmp_path) == []


@pytest.mark.parametrize("name", REPRESENTATIVE)
def test_does_what_the_real_engine_does_in_essence(name, tmp_path):
    assert run(name, tmp_path) == []


def test_every_difference_names_a_scenario_and_a_reason():
    document = tomllib.loads((HERE / "differences.toml").read_text())
    for entry in document.get("difference", []):
        assert entry["scenario"] in SCENARIOS
        assert entry["line"].startswith("step ")
        assert entry["reason"]
