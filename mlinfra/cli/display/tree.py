"""What changes, as the tree of components that it belongs to."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from rich.text import Text

from mlinfra.cli.display.columns import print_columns
from mlinfra.cli.display.diff import DIFF_STYLES, Change, changes
from mlinfra.cli.display.progress import STACK_TYPE
from mlinfra.cli.display.words import seconds, short_type, words
from mlinfra.engine.events import blanked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from mlinfra.cli.display.progress import Progress, Row

_NOTED = 4  # names of properties that fit on a row


def print_tree(console: Console, progress: Progress, *, preview: bool, diff: bool = False) -> None:
    """The rows worth showing, each under its component, with what a plan or a run has to say of it."""
    rows: list[list[Text]] = []
    for row, guide in _walk(progress):
        said = words(row.op)
        sign = Text(f" {said.sign:>2} ", "bold red" if row.status == "failed" else said.style)
        name = Text.assemble(sign, (guide, "dim"), (row.name, "" if guide else "bold"))
        rows.append([name, Text(short_type(row.type), "dim"), _note(row, preview=preview)])
        if diff and row.shown:
            margin = " " * (len(guide) + 6)
            for change in row_changes(row):
                line = blanked(str(change), row.step.hidden)
                rows.append([Text.assemble(margin, (line, DIFF_STYLES[change.sign]))])
    print_columns(console, rows)


def row_changes(row: Row) -> list[Change]:
    """Which properties a row changes: its inputs, or where these are the same, what is really there."""
    old, new, step = row.step.old, row.step.new, row.step
    if new is None:
        return []
    if row.op in {"create", "import"} or old is None:
        return changes({}, new.inputs)
    found = changes(old.inputs, new.inputs, replacing=step.keys)
    if found:
        return found
    drifted = {path.split(".")[0].split("[")[0] for path in (*step.diffs, *(step.detailed_diff or ()))}
    if not drifted:
        return changes(old.outputs, new.outputs)
    then = {key: value for key, value in old.outputs.items() if key in drifted}
    return changes(then, {key: value for key, value in new.inputs.items() if key in drifted}, replacing=step.keys)


def _note(row: Row, *, preview: bool) -> Text:
    said = words(row.op)
    if row.status == "failed":
        return Text("failed", "bold red")
    if not row.shown:
        return Text("")
    because = ", ".join(row.step.keys[:_NOTED])
    if preview:
        text = Text(said.planned, said.style)
        if because:
            text.append(f" because of {because}", "dim")
        elif row.op == "update":
            text.append(f" {_touched(row)}", "dim")
    else:
        text = Text(said.done, said.style)
        if row.ended:  # a component has no end when the program stopped before it said its outputs
            text.append(f" {seconds(row.ended - row.began)}", "dim")
    if row.fidelity:
        text.append(f"  {row.fidelity}", "dim cyan")
    return text


def _touched(row: Row) -> str:
    names = list(dict.fromkeys(change.path.split(" (")[0] for change in row_changes(row))) or list(row.step.diffs)
    more = len(names) - _NOTED
    return ", ".join(names[:_NOTED]) + (f" and {more} more" if more > 0 else "")


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts `zone-10` after `zone-9`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _walk(progress: Progress) -> Iterator[tuple[Row, str]]:
    """Rows with the lines that lead to them, parents first; unchanged ones only on the way to others."""
    below: defaultdict[str, list[Row]] = defaultdict(list)
    needed: set[str] = set()
    for row in progress.rows.values():
        below[row.parent if row.parent in progress.rows else ""].append(row)
        current: Row | None = row if row.shown else None
        while current is not None and current.urn not in needed:
            needed.add(current.urn)
            current = progress.rows.get(current.parent)

    def visit(parent: str, indent: str, *, top: bool) -> Iterator[tuple[Row, str]]:
        rows = [row for row in below[parent] if row.urn in needed]
        if not top:  # the order in which a component's parts are registered is that of the network
            rows.sort(key=lambda row: _natural(row.name))
        for row in rows:
            if row.type == STACK_TYPE:
                yield from visit(row.urn, "", top=True)
                continue
            last = row is rows[-1]
            yield row, "" if top else indent + ("└─ " if last else "├─ ")
            yield from visit(row.urn, "" if top else indent + ("   " if last else "│  "), top=False)

    yield from visit("", "", top=True)
