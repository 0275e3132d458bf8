"""What a run came to: what was said, what was exported, how much changed, how it is emulated, and what to do next."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from mlinfra.cli.display.columns import print_columns
from mlinfra.cli.display.diff import DIFF_STYLES, changes
from mlinfra.cli.display.progress import STACK_TYPE
from mlinfra.cli.display.values import line
from mlinfra.cli.display.words import WORDS, name_of, seconds, short_type, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

    from mlinfra.cli.display.progress import Progress
    from mlinfra.engine.events import Diagnostic
    from mlinfra.engine.options import Result
    from mlinfra.stack.state import ResourceState
    from mlinfra.stack.values import Properties

_COLOURS = re.compile(r"<\{%.*?%\}>")  # Pulumi's own colour marks
_COMMANDS = re.compile(r"`pulumi (up|preview|refresh|destroy|state unprotect)\b")  # that Pulumi's messages name
_OUTPUT_WIDTH = 80
_VERDICTS = {f"{what} {end}" for what in ("preview", "update") for end in ("failed", "canceled")}
_STYLES = {"error": "bold red", "warning": "yellow", "info": "", "info#err": "", "debug": "dim"}
_ORDER = {op: place for place, op in enumerate(WORDS)}
_MEANING = {
    "moto": "by moto",
    "overlay": "by mlinfra's own store",
    "validated": "kept and validated",
    "real": "by a real API server",
    "recorded": "recorded only",
}


def print_diagnostics(console: Console, diagnostics: Sequence[Diagnostic]) -> None:
    """Everything that was said, by resource; the program's output first, errors last."""
    by_urn: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        if diagnostic.severity != "debug" and diagnostic.message.strip() and not _is_verdict(diagnostic):
            by_urn[diagnostic.urn].append(diagnostic)
    if not by_urn:
        return
    console.print("\nMessages", style="bold")
    for urn, said in sorted(by_urn.items(), key=lambda item: any(d.severity == "error" for d in item[1])):
        console.print(_heading(urn), style="bold", markup=False)
        for diagnostic in said:
            style = _STYLES[diagnostic.severity]
            mark = f"{diagnostic.severity}: " if diagnostic.severity in {"error", "warning"} else ""
            body = _COMMANDS.sub(r"`mlinfra \1", _COLOURS.sub("", diagnostic.message)).rstrip().replace("\n", "\n    ")
            console.print(Text.assemble("    ", (mark, style), body))


def _is_verdict(diagnostic: Diagnostic) -> bool:
    """Whether it only says that the run failed, which the last line says better."""
    return not diagnostic.urn and diagnostic.message in _VERDICTS


def _heading(urn: str) -> str:
    if not urn or f"::{STACK_TYPE}::" in urn:
        return "  program"
    return f"  {name_of(urn)} ({short_type(urn.split('::')[2].rsplit('$', maxsplit=1)[-1])})"


def print_outputs(
    console: Console, outputs: Properties, before: Properties | None = None, *, secrets: bool = False
) -> None:
    """The stack's outputs, one a line; with those `before`, only what changes."""
    changed = None if before is None else changes(before, outputs)
    if not (outputs if changed is None else changed):
        return
    console.print("\nOutputs", style="bold")
    if changed is not None:
        for change in changed:
            console.print(Text(f"  {change}", DIFF_STYLES[change.sign]))
        return
    rows: list[tuple[Text, str]] = []
    for name, value in sorted(outputs.items()):
        shown = line(value, secrets=secrets)
        parts = list(_parts(value)) if len(shown) > _OUTPUT_WIDTH else []
        rows.append((Text(f"  {name}", "cyan"), "" if parts else shown))
        rows += [(Text(f"    {key}", "dim cyan"), line(part, secrets=secrets)) for key, part in parts]
    print_columns(console, rows, fold=True)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value that is too long for a line is made of."""
    if isinstance(value, dict):
        yield from sorted(value.items())
    elif isinstance(value, list):
        yield from ((str(index), item) for index, item in enumerate(value))


def print_counts(console: Console, result: Result, progress: Progress, *, preview: bool) -> None:
    """How many resources were created, changed, …, in how long."""
    text = Text("\n")
    ordered = sorted(result.changes.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER)))
    changed = {op: count for op, count in ordered if op != "same"}
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
    console.print()
    print_columns(console, [(Text(f"  {purpose}", "dim"), Text(command, "bold")) for purpose, command in steps])
