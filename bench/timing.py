"""Two commands timed against each other, turn by turn in one run: machines are noisy, ratios less so."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """How much longer the first takes than the second: the median over the pairs, and the spread of the pairs."""

    name: str
    first: str
    second: str
    seconds: tuple[float, float]
    median: float
    low: float
    high: float
    goal: float | None

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.median <= self.goal


def compare(
    name: str, first: tuple[str, Callable[[], float]], second: tuple[str, Callable[[], float]], *, runs: int, goal: float | None = None
) -> Ratio:
    """Both run once to warm caches, then `runs` pairs, the order within a pair changing every time."""
    first[1](), second[1]()
    pairs: list[tuple[float, float]] = []
    for number in range(runs):
        if number % 2:
            b, a = second[1](), first[1]()
        else:
            a, b = first[1](), second[1]()
        pairs.append((a, b))
        sys.stderr.write(f"  {name}: pair {number + 1} of {runs}: {a:.2f} s against {b:.2f} s\n")
    ratios = sorted(a / b for a, b in pairs)
    return Ratio(
        name, first[0], second[0], (statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)),
        statistics.median(ratios), ratios[0], ratios[-1], goal,
    )


def command(argv: Sequence[str], *, env: Mapping[str, str], cwd: str) -> float:
    """Seconds that the command takes, start and exit included. A failing command is an error."""
    start = time.perf_counter()
    done = subprocess.run(argv, env=dict(env), cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds
