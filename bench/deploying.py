"""What `mlinfra up` takes in the sandbox: against a plain boto3 script, when nothing changes, and as programs grow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import planning, programs, replay
from bench.timing import Ratio, command, compare
from mlinfra.sandbox.server import control
from mlinfra.sandbox.server.files import ServerInfo

SIZES = (100, 2000)
UP = ("up", "--yes", "--skip-preview", "--stack")


def mlinfra(folder: Path, project: Path, *args: str, **env: str) -> float:
    argv = [sys.executable, "-m", "mlinfra.cli", *args]
    return command(argv, env={**planning.environment(folder), **env}, cwd=str(project))


@contextmanager
def sandbox(folder: Path) -> Iterator[ServerInfo]:
    home = folder / "home"
    try:
        yield control.start(home, port=0)
    finally:
        control.stop(home)


def emptied(folder: Path, server_home: Path) -> None:
    """An empty account and no state: not timed."""
    control.reset(server_home)
    for file in (folder / "home" / "state").rglob("*.json"):
        file.unlink()


def up_against_boto3(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    cases = [(f"{resources} resources", programs.write(folder / f"up-{resources}", resources), "bench")]
    cases.append(("stacks/platform", Path(planning.ROOT), "dev"))
    for title, project, stack in cases:
        with sandbox(folder) as server:
            home, file = folder / "home", folder / f"calls-{stack}.json"

            def recorded(port: int, project: Path = project, stack: str = stack) -> None:
                mlinfra(folder, project, *UP, stack, PULUMI_DEBUG_PROVIDERS=f"aws:{port}")

            count = replay.record(server.endpoint_url, recorded, file)

            def up(project: Path = project, stack: str = stack, home: Path = home) -> float:
                emptied(folder, home)
                return mlinfra(folder, project, *UP, stack)

            def script(file: Path = file, home: Path = home, url: str = server.endpoint_url) -> float:
                emptied(folder, home)
                argv = [sys.executable, "-m", "bench.replay", str(file), url]
                return command(argv, env=planning.environment(folder), cwd=planning.ROOT)

            yield compare("up", (f"up, {title}", up), (f"boto3, the same {count} calls", script), runs=runs, goal=1.5)


def unchanged_against_plan(folder: Path, resources: int, runs: int) -> Iterator[Ratio]:
    project = programs.write(folder / f"again-{resources}", resources)
    with sandbox(folder):
        mlinfra(folder, project, *UP, "bench")
        yield compare(
            "again",
            (f"up without changes, {resources} resources", lambda: mlinfra(folder, project, *UP, "bench")),
            ("plan", lambda: planning.plan(folder, project, resources)),
            runs=runs,
        )


def growth(folder: Path, _: int, runs: int) -> Iterator[Ratio]:
    """Time per resource at 2,000 resources against that at 100, what an empty program takes left out of both."""
    runs = min(runs, 3)
    small, large = (programs.write(folder / f"growth-{size}", size) for size in SIZES)
    empty = programs.write(folder / "growth-0", 0)
    ways = {
        "plan": lambda project, size: planning.plan(folder, project, size),
        "up": lambda project, _size: (emptied(folder, folder / "home"), mlinfra(folder, project, *UP, "bench"))[1],
    }
    with sandbox(folder):
        for name, way in ways.items():
            start = min(way(empty, 0) for _ in range(runs))
            per = {
                project: lambda project=project, size=size, way=way, start=start: (way(project, size) - start) / size
                for project, size in ((small, SIZES[0]), (large, SIZES[1]))
            }
            first, second = (f"{name}, a resource of {size:,}" for size in reversed(SIZES))
            yield compare(name, (first, per[large]), (second, per[small]), runs=runs, goal=1.15)
