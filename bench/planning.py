"""A plan run against the bare program: the same program, once with the engine and once under a monitor that does nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import programs
from bench.timing import Ratio, command, compare

ROOT = str(Path(__file__).parent.parent)
PLAN = "import sys; from mlinfra.testing import plan; assert len(plan(sys.argv[1], stack='bench')) >= int(sys.argv[2])"


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "MLINFRA_"))}
    return {**kept, "MLINFRA_HOME": str(folder / "home"), "PULUMI_CONFIG_PASSPHRASE": "bench", "PYTHONPATH": ROOT, "NO_COLOR": "1"}


def plan(folder: Path, project: Path, resources: int) -> float:
    return command([sys.executable, "-c", PLAN, str(project), str(resources)], env=environment(folder), cwd=str(project))


def bare(folder: Path, project: Path) -> float:
    return command([sys.executable, "-m", "bench.bare", str(project)], env=environment(folder), cwd=str(project))


def plan_against_bare(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    project = programs.write(folder / f"plan-{resources}", resources)
    yield compare(
        "plan",
        (f"plan of {resources} resources", lambda: plan(folder, project, resources)),
        ("the bare program", lambda: bare(folder, project)),
        runs=runs,
        goal=1.15,
    )
