"""`make bench`: what mlinfra costs, as ratios measured side by side in this run. There is no pass or fail by time alone.

    python -m bench [--runs N] [--resources N] [--only plan,up,again,growth,components,check,checkov,pools,scale] [--json]

Times are by the clock, start and exit of every process included; "cpu" is the ratio of the processor time used, that of
the sandbox's server or of the null monitor included, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench import check, checkov, components, deploying, planning, pools, scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.timing import Ratio

MEASURES: dict[str, Callable[[Path, int, int], Iterator[Ratio]]] = {
    "plan": planning.plan_against_bare,
    "up": deploying.up_against_boto3,
    "again": deploying.unchanged_against_plan,
    "growth": deploying.growth,
    "components": components.components_against_raw,
    "check": check.check,
    "checkov": checkov.beside_checkov,
    "pools": pools.growth,
    "scale": scale.scale,
}


def main() -> int:
    """Measure what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="pairs of each comparison (default 5)")
    parser.add_argument(
        "--resources", type=int, default=100, help="resources of the program, a multiple of four (default 100)"
    )
    parser.add_argument("--only", default=",".join(MEASURES), help=f"some of {','.join(MEASURES)}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    chosen = args.only.split(",")
    unknown = [name for name in chosen if name not in MEASURES]
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}")
    if args.runs < 1 or args.resources < deploying.BASE or args.resources % 4:
        parser.error("runs must be positive, resources a multiple of four")
    with tempfile.TemporaryDirectory(prefix="mlinfra-bench-") as folder:
        found = [ratio for name in chosen for ratio in MEASURES[name](Path(folder), args.resources, args.runs)]
    if args.json:
        json.dump([{**asdict(ratio), "met": ratio.met} for ratio in found], sys.stdout, indent=1)
    else:
        show(found)
    return 0


def show(found: list[Ratio]) -> None:
    """Print ratios as a table."""
    table = Table(title="medians of pairs measured in turn", title_justify="left")
    for column in ("what", "takes", "against", "takes", "ratio", "spread", "cpu", "goal"):
        table.add_column(column, justify="right" if column in {"takes", "ratio", "cpu"} else "left")
    for r in found:
        goal = "" if r.goal is None else f"≤ {r.goal:.2f} {'met' if r.met else 'missed'}"
        first, second = (_time(seconds) for seconds in r.seconds)
        spread = f"{r.low:.2f} to {r.high:.2f}"
        table.add_row(r.first, first, r.second, second, f"{r.wall:.2f}", spread, f"{r.cpu:.2f}", goal)
    Console(width=150).print(table)


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if abs(seconds) >= 0.1 else f"{seconds * 1000:.1f} ms"  # noqa: PLR2004


if __name__ == "__main__":
    sys.exit(main())
