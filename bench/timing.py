"""Two commands measured against each other, turn by turn in one run: machines are noisy, ratios less so."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Cost:
    """Seconds that something takes, by the clock and of processors: its own, its children's and the servers' it uses."""

    wall: float
    cpu: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)

    def __truediv__(self, number: int) -> Cost:
        return Cost(self.wall / number, self.cpu / number)


@dataclass(frozen=True)
class Ratio:
    """How much longer the first takes than the second: medians over the pairs, `low` and `high` the pairs' extremes.

    `wall` goes by the clock and is what a goal means; `cpu` by processor time, which other programs disturb less.
    """

    name: str
    first: str
    second: str
    seconds: tuple[float, float]
    wall: float
    low: float
    high: float
    cpu: float
    goal: float | None

    @property
    def met(self) -> bool | None:
        """Whether the goal, if there is one, is reached."""
        return None if self.goal is None else self.wall <= self.goal


Way = tuple[str, "Callable[[], Cost]"]


def compare(name: str, first: Way, second: Way, *, runs: int, goal: float | None = None) -> Ratio:
    """Both run once to warm caches, then `runs` pairs, the order within a pair changing every time."""
    first[1]()
    second[1]()
    pairs: list[tuple[Cost, Cost]] = []
    for number in range(runs):
        if number % 2:
            b, a = second[1](), first[1]()
        else:
            a, b = first[1](), second[1]()
        pairs.append((a, b))
        _tell(f"{name}: pair {number + 1} of {runs}: {a.wall:.2f} s against {b.wall:.2f} s")
    return summed_up(name, (first[0], second[0]), pairs, goal=goal)


def summed_up(name: str, titles: tuple[str, str], pairs: Sequence[tuple[Cost, Cost]], *, goal: float | None) -> Ratio:
    """The ratio that pairs of measurements come to."""
    ratios = sorted(a.wall / b.wall for a, b in pairs)
    seconds = statistics.median(a.wall for a, _ in pairs), statistics.median(b.wall for _, b in pairs)
    cpu = statistics.median(a.cpu / b.cpu for a, b in pairs)
    return Ratio(name, *titles, seconds, statistics.median(ratios), ratios[0], ratios[-1], cpu, goal)


def least(way: Callable[[], Cost], times: int) -> Cost:
    """The least that something takes: of short things what comes on top of it is the machine's doing."""
    costs = [way() for _ in range(times)]
    return Cost(min(cost.wall for cost in costs), min(cost.cpu for cost in costs))


def command(argv: Sequence[str], *, env: Mapping[str, str], cwd: str, servers: Sequence[int] = ()) -> Cost:
    """What a command takes, start and exit included; `servers` are processes that work for it. Raises when it fails."""
    with tempfile.TemporaryFile() as output:
        before, start = sum(map(used, servers)), time.perf_counter()
        process = subprocess.Popen(argv, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")[-4000:]
            raise RuntimeError(f"{' '.join(argv)} ended with {process.returncode}:\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime + sum(map(used, servers)) - before)


def used(pid: int) -> float:
    """Processor seconds that a process has used so far; 0 on systems without /proc."""
    with contextlib.suppress(FileNotFoundError):
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _tell(text: str) -> None:
    sys.stderr.write(f"  {text}\n")
