"""What a run came to: what was said, what was exported, how much changed, how it is emulated, and what to do next."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from mlinfra.cli.display.diff import DIFF_STYLES, changes
from mlinfra.cli.display.progress import STACK_TYPE
from mlinfra.cli.display.values import line
from mlinfra.cli.display.words import name_of, seconds, short_type, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from mlinfra.cli.display.progress import Progress
    from mlinfra.engine.events import Diagnostic
    from mlinfra.engine.options import Result
    from mlinfra.engine.state import ResourceState
    from mlinfra.engine.values import Properties

_COLOURS = re.compile(r"<\{%.*?%\}>")  # Pulumi's own colour marks
_STYLES = {"error": "bold red", "warning": "yellow", "info": "", "info#err": "", "debug": "dim"}
_MEANING = {"moto": "by moto", "overlay": "by mlinfra's own store", "recorded": "recorded only"}


def print_diagnostics(console: Console, diagnostics: Sequence[Diagnostic]) -> None:
    """Everything that was said, by resource; the program's output first, errors last."""
    by_urn: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        if diagnostic.severity != "debug" and diagnostic.message.strip():
            by_urn[diagnostic.urn].append(diagnostic)
    if not by_urn:
        return
    console.print("\nMessages", style="bold")
    for urn, said in sorted(by_urn.items(), key=lambda item: any(d.severity == "error" for d in item[1])):
        console.print(_heading(urn), style="bold", markup=False)
        for diagnostic in said:
            style = _STYLES[diagnostic.severity]
            mark = f"{diagnostic.severity}: " if diagnostic.severity in {"error", "warning"} else ""
            body = _COLOURS.sub("", diagnostic.message).rstrip().replace("\n", "\n    ")
            console.print(Text.assemble("    ", (mark, style), body))


def _heading(urn: str) -> str:
    if not urn or f"::{STACK_TYPE}::" in urn:
        return "  program"
    return f"  {name_of(urn)} ({short_type(urn.split('::')[2].rsplit('$', maxsplit=1)[-1])})"


def print_outputs(
    console: Console, outputs: Properties, before: Properties | None = None, *, secrets: bool = False
) -> None:
    """The stack's outputs, one a line; with those `before`, only what changes."""
    if before is not None:
        for change in changes(before, outputs):
            console.print(Text(f"  {change}", DIFF_STYLES[change.sign]))
        return
    if not outputs:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in outputs.items():
        table.add_row(Text(f"  {name}", "cyan"), Text(line(value, secrets=secrets, width=1000), overflow="fold"))
    console.print("\nOutputs", style="bold")
    console.print(table)


def print_counts(console: Console, result: Result, progress: Progress, *, preview: bool) -> None:
    """How many resources were created, changed, …, in how long."""
    text = Text("\n")
    changed = {op: count for op, count in result.changes.items() if op != "same"}
    for op, count in changed.items():
        said = words(op)
        text.append(f"{said.sign.strip()} {count} ", said.style).append(
            f"{f'to {said.planned}' if preview else said.done}   "
        )
    if failed := sum(row.status == "failed" for row in progress.rows.values()):
        text.append(f"✗ {failed} failed   ", "bold red")
    if same := result.changes.get("same", 0):
        text.append(f"{same} unchanged   ", "dim" if changed else "")
    if not result.changes and not failed:
        text.append("nothing to do   ")
    text.append(f"in {seconds(result.duration)}", "dim")
    console.print(text)


def print_fidelity(console: Console, resources: Sequence[ResourceState], fidelity: Callable[[str], str]) -> None:
    """How what the stack now has is emulated."""
    counts = Counter(fidelity(resource.type) for resource in resources if resource.custom)
    parts = ", ".join(f"{counts[kind]} {meaning}" for kind, meaning in _MEANING.items() if counts[kind])
    if parts:
        console.print(f"emulated: {parts}", style="dim", markup=False)


def print_next(console: Console, steps: Sequence[tuple[str, str]]) -> None:
    """What to do next: a purpose and a command each."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for purpose, command in steps:
        table.add_row(Text(f"  {purpose}", "dim"), Text(command, "bold"))
    console.print()
    console.print(table)
