"""What a check costs: cold, again after a save, and the rules alone."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import bare, mixed, programs
from bench.planning import alone, environment
from bench.timing import Cost, Ratio, command, compare, least

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.graph import ResourceGraph

WATCHED = 300
MANY = 5000
PER_RESOURCE = 0.001  # seconds that all rules together may take for a resource
AFTER_A_SAVE = 1.0  # seconds within which a watched program is checked again


def check(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """Everything about checks; `resources` has no say in it."""
    del resources
    yield cold(folder, runs)
    yield watched(folder, runs)
    yield from rules(folder, runs)


def cold(folder: Path, runs: int) -> Ratio:
    """A whole `mlinfra check` of the mixed program against the program alone, start and exit included."""
    project = mixed.write(folder / "mixed")
    argv = [sys.executable, "-m", "mlinfra.cli", "check", str(project), "-s", "bench", "--fail-on", "never"]
    with bare.serving() as monitor:
        return compare(
            "cold check",
            (
                f"check of {mixed.RESOURCES} resources of 18 services",
                lambda: command(argv, env=environment(folder), cwd=str(project)),
            ),
            ("the bare program", lambda: alone(folder, project, monitor)),
            runs=runs,
            goal=0.7,
        )


def watched(folder: Path, runs: int) -> Ratio:
    """From a save until `mlinfra check --watch` has told the result, against the second that it may take."""
    project = programs.write(folder / f"watched-{WATCHED}", WATCHED)
    argv = [sys.executable, "-m", "mlinfra.cli", "check", str(project), "-s", "bench", "--fail-on", "never", "--watch"]
    process = subprocess.Popen(
        argv, env={**environment(folder), "PYTHONUNBUFFERED": "1"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")

    def told() -> None:
        for line in lines:
            if " rules on " in line:
                return
        raise RuntimeError("the watching check has ended")

    def saved() -> Cost:
        start, used = time.perf_counter(), cpu_of(process.pid)
        program = project / "__main__.py"
        program.write_text(f"{program.read_text()}# saved\n")
        told()
        wall = time.perf_counter() - start
        time.sleep(0.5)  # the run's process is counted once it has ended
        return Cost(wall, cpu_of(process.pid) - used)

    told()
    try:
        allowed = (f"{AFTER_A_SAVE:g} s", lambda: Cost(AFTER_A_SAVE, 1))
        return compare(
            f"check again of {WATCHED}", ("from the save to the result", saved), allowed, runs=runs, goal=1.0
        )
    finally:
        process.terminate()
        process.communicate()


def cpu_of(process: int) -> float:
    """Processor seconds of a process and its children, with those of theirs that have ended; 0 without /proc."""
    with contextlib.suppress(FileNotFoundError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        numbers = [
            Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15] for one in (process, *children)
        ]
        return sum(int(number) for one in numbers for number in one) / os.sysconf("SC_CLK_TCK")
    return 0.0


def rules(folder: Path, runs: int) -> Iterator[Ratio]:
    """All rules on a graph that is there already: for each resource, and how that grows."""
    few = planned(mixed.write(folder / "mixed"), folder)
    allowed = len(few.resources()) * PER_RESOURCE
    yield compare(
        "rules",
        (f"all rules on {len(few.resources())} resources", judging(few)),
        (f"{PER_RESOURCE * 1000:g} ms for each", lambda: Cost(allowed, allowed)),
        runs=runs,
        goal=1.0,
    )
    tenth = planned(programs.write(folder / f"rules-{MANY // 10}", MANY // 10), folder)
    many = planned(programs.write(folder / f"rules-{MANY}", MANY), folder)

    def ten_times() -> Cost:
        cost = least(judging(tenth), 3)
        return Cost(cost.wall * 10, cost.cpu * 10)

    yield compare(
        "rules at scale",
        (f"all rules on {MANY:,} resources", judging(many)),
        (f"ten times those on {MANY // 10}", ten_times),
        runs=runs,
        goal=1.25,
    )


def judging(graph: ResourceGraph) -> Callable[[], Cost]:
    """A check of a graph, with waivers and the report."""
    from mlinfra.compliance.check import run
    from mlinfra.policies.registry import RULES

    def judge() -> Cost:
        began = time.process_time()  # nothing waits here: what the clock shows on top is other programs
        run(graph, rules=RULES, today=dt.date(2026, 11, 22))
        took = time.process_time() - began
        return Cost(took, took)

    return judge


def planned(project: Path, folder: Path) -> ResourceGraph:
    """What a program declares."""
    from mlinfra.testing import plan

    os.environ["MLINFRA_HOME"] = str(folder / "home")
    return plan(project, stack="bench")
