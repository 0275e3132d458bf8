"""Every stack that the repository ships keeps every rule, beyond the waivers that it states."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlinfra.testing import assert_compliant, plan

ROOT = Path(__file__).parents[2]
TODAY = dt.date(2026, 11, 22)  # waivers end by the clock in `mlinfra check`; here what they say is held against a day
STACKS = [
    pytest.param(
        folder,
        stack,
        id=f"{folder.name if folder != ROOT else 'platform'}-{stack}",
    )
    for folder in (ROOT, *sorted(one.parent for one in ROOT.glob("stacks/*/Pulumi.yaml")))
    for stack in sorted(file.name.split(".")[1] for file in folder.glob("Pulumi.*.yaml"))
]


@pytest.mark.parametrize(("folder", "stack"), STACKS)
def test_nothing_fails_and_nothing_is_undetermined(planned, folder: Path, stack: str) -> None:
    config = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())["config"]
    profile = next((value for key, value in config.items() if key.endswith(":profile")), "regulated")
    foundation = next((value for key, value in config.items() if key.endswith(":foundation")), "")
    references = {foundation: plan(ROOT / "stacks/foundation", stack="dev").outputs} if foundation else {}
    graph = planned(stack) if folder == ROOT else plan(folder, stack=stack, references=references)
    report = assert_compliant(graph, profile=profile, waivers=folder / "mlinfra.waivers.yaml", today=TODAY)
    assert report.counts["passed"] > 50
    assert not report.notices


def test_the_test_in_the_readme_passes(planned, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"## In your tests\n\n```python\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert code
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("mlinfra.testing.plan", lambda _, *, stack: planned(stack), raising=False)
    monkeypatch.setattr("mlinfra.testing.assert_compliant", partial(assert_compliant, today=TODAY), raising=False)
    names: dict[str, Any] = {}
    exec(code[1], names)
    names["test_the_platform_is_compliant_and_private"]()
