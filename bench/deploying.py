"""What `mlinfra up` takes in the sandbox: against a plain boto3 script, when nothing changes, and as programs grow."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench import bare, planning, programs
from bench.timing import Cost, Ratio, command, compare, least, summed_up
from mlinfra.sandbox.server import control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.sandbox.server.files import ServerInfo

BASE, SMALL, LARGE = 4, 100, 2000  # resources; the first so few that nothing but the start takes time
ROUNDS = 2


def up(folder: Path, project: Path, stack: str, server: ServerInfo) -> Cost:
    """Deploy a project without asking and without a preview before."""
    argv = [sys.executable, "-m", "mlinfra.cli", "up", "--yes", "--skip-preview", "--stack", stack]
    return command(argv, env=planning.environment(folder), cwd=str(project), servers=[server.pid])


@contextmanager
def sandbox(folder: Path) -> Iterator[ServerInfo]:
    """A sandbox for these measurements alone."""
    home = folder / "home"
    try:
        yield control.start(home, port=0)
    finally:
        control.stop(home)


def emptied(folder: Path) -> None:
    """An empty account and no state: not timed."""
    control.reset(folder / "home")
    for file in (folder / "home" / "state").rglob("*.json"):
        file.unlink()


def up_against_boto3(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """Deploying into an empty account, and a script that does the same calls one after the other."""
    few, many = (programs.write(folder / f"up-{size}", size) for size in (resources, LARGE))
    yield _against_boto3(folder, f"{resources:,} resources", (few, "bench"), runs)
    yield _against_boto3(folder, "stacks/platform", (Path(planning.ROOT), "dev"), runs)
    yield _against_boto3(folder, f"{LARGE:,} resources", (many, "bench"), min(runs, ROUNDS))


def _against_boto3(folder: Path, title: str, of: tuple[Path, str], runs: int) -> Ratio:
    calls = folder / "calls"
    with sandbox(folder) as server:

        def replay(*arguments: str) -> Cost:
            emptied(folder)
            argv = [sys.executable, "-m", "bench.replay", *arguments]
            return command(argv, env=planning.environment(folder), cwd=planning.ROOT, servers=[server.pid])

        def deploy() -> Cost:
            emptied(folder)
            return up(folder, *of, server)

        replay("record", server.endpoint_url, str(calls), *map(str, of))
        script = f"boto3, the same {calls.read_text().count(chr(10)):,} calls"
        do = lambda: replay("do", server.endpoint_url, str(calls))  # noqa: E731
        return compare("up", (f"up, {title}", deploy), (script, do), runs=runs, goal=1.5)


def unchanged_against_plan(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    """Deploying what is deployed already, and a plan run."""
    project = programs.write(folder / f"again-{resources}", resources)
    with sandbox(folder) as server:
        yield compare(
            "again",
            (f"up without changes, {resources} resources", lambda: up(folder, project, "bench", server)),
            ("plan", lambda: planning.plan(folder, project, resources)),
            runs=runs,
        )


def growth(folder: Path, _resources: int, _runs: int) -> Iterator[Ratio]:
    """Time per resource of a large program against that of a small one; what the start takes is left out of both.

    The bare program is measured too: what grows there is Pulumi's SDK, not the engine.
    """
    projects = {size: programs.write(folder / f"growth-{size}", size) for size in (BASE, SMALL, LARGE)}
    with bare.serving() as monitor, sandbox(folder) as server:

        def deploy(size: int) -> Cost:
            emptied(folder)
            return up(folder, projects[size], "bench", server)

        def again(size: int) -> Cost:
            return up(folder, projects[size], "bench", server)

        def per_resource(way: Callable[[int], Cost]) -> tuple[Cost, Cost]:
            start = least(lambda: way(BASE), 3)
            small, large = least(lambda: way(SMALL), 3), way(LARGE)
            return (large - start) / (LARGE - BASE), (small - start) / (SMALL - BASE)

        ways: dict[str, Callable[[int], Cost]] = {
            "the bare program": lambda size: planning.alone(folder, projects[size], monitor),
            "plan": lambda size: planning.plan(folder, projects[size], size),
            "up": deploy,
            "up without changes": again,
        }
        for name, way in ways.items():
            way(BASE)
            pairs = [per_resource(way) for _ in range(ROUNDS)]
            titles = f"{name}, a resource of {LARGE:,}", f"a resource of {SMALL}"
            yield summed_up("growth", titles, pairs, goal=1.15 if name in {"plan", "up"} else None)
