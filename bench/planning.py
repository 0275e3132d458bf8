"""A plan run against the bare program: the same program, once with the engine and once under a monitor that does nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import bare, programs
from bench.timing import Cost, Ratio, command, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = str(Path(__file__).parent.parent)
PLAN = "import sys; from mlinfra.testing import plan; assert len(plan(sys.argv[1], stack='bench')) >= int(sys.argv[2])"


def environment(folder: Path) -> dict[str, str]:
    """The environment of everything that is measured: nothing of the user's own settings."""
    theirs = (
        "AWS_",
        "PULUMI_",
        "MLINFRA_",
        "PYTHONDONTWRITEBYTECODE",
    )  # without the last, the first run compiles modules
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    own = {"MLINFRA_HOME": str(folder / "home"), "PULUMI_CONFIG_PASSPHRASE": "bench", "PYTHONPATH": ROOT}
    return {**kept, **own, "NO_COLOR": "1"}


def plan(folder: Path, project: Path, resources: int) -> Cost:
    """A plan run of a program that declares at least so many resources."""
    argv = [sys.executable, "-c", PLAN, str(project), str(resources)]
    return command(argv, env=environment(folder), cwd=str(project))


def alone(folder: Path, project: Path, monitor: tuple[str, int]) -> Cost:
    """The program under the null monitor of `bare.serving`."""
    address, process = monitor
    argv = [sys.executable, "-m", "bench.bare", address, str(project)]
    return command(argv, env=environment(folder), cwd=str(project), servers=[process])


def plan_against_bare(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """Planning a program, and running it without an engine."""
    project = programs.write(folder / f"plan-{resources}", resources)
    with bare.serving() as monitor:
        yield compare(
            "plan",
            (f"plan of {resources} resources", lambda: plan(folder, project, resources)),
            ("the bare program", lambda: alone(folder, project, monitor)),
            runs=runs,
            goal=1.15,
        )
