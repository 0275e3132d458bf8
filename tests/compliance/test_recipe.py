"""The recipe for continuous integration: it parses, and every command and option in it exists."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from mlinfra.cli.main import application
from mlinfra.compliance.formats import FORMATS

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "ci.md").read_text()
WORKFLOW: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0])
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["check"]["steps"]


def options(command: str) -> set[str]:
    found = get_command(application()).commands[command]  # type: ignore[attr-defined]
    return {name for parameter in found.params for name in parameter.opts}


def test_the_command_has_every_option_and_format_that_it_is_given() -> None:
    (run,) = [step["run"] for step in STEPS if step.get("name") == "check"]
    words = shlex.split(re.sub(r"\$\{\{.*?\}\}", "x", run))
    assert words[:2] == ["mlinfra", "check"]
    assert {word for word in words if word.startswith("--")} <= options("check")
    assert {words[at + 1].split("=")[0] for at, word in enumerate(words) if word == "--format"} <= set(FORMATS)


def test_what_one_step_writes_the_others_read() -> None:
    written = set(re.findall(r"=(check\.\w+)", next(step["run"] for step in STEPS if step.get("name") == "check")))
    assert {"check.sarif", "check.md"} <= written
    assert set(re.findall(r"check\.(?:sarif|md|html|xml)", str(STEPS))) <= written


@pytest.mark.parametrize(
    "step", [step for step in STEPS if "run" in step], ids=lambda step: step.get("name", "install")
)
def test_scripts_are_shell(step: dict[str, Any]) -> None:
    script = re.sub(r"\$\{\{.*?\}\}", "x", step["run"])
    assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0


def test_options_in_the_text_exist() -> None:
    for command, rest in re.findall(r"`(?:[^`|]*\| )?mlinfra (\w+)([^`]*)`", TEXT):
        assert set(re.findall(r"--[a-z-]+", rest)) <= options(command)
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) <= options("check")


def test_what_the_documentation_of_waivers_says_is_so() -> None:
    from mlinfra.compliance.rule import Severity
    from mlinfra.compliance.waiverfile import FIELDS, parse
    from mlinfra.compliance.waivers import longest, soon

    text = (DOCS / "waivers.md").read_text()
    example = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
    assert len(parse(example)) == 1
    assert all(f"{field}:" in example for field in FIELDS)
    for severity in Severity:
        assert re.search(rf"\b{severity} \w+ (?:may be waived )?for {longest(severity)}\b", text)
    assert f"within {soon()} days" in text
