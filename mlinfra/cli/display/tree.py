"""What changes, as the tree of components that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from mlinfra.cli.display.diff import DIFF_STYLES, Change, changes
from mlinfra.cli.display.progress import STACK_TYPE
from mlinfra.cli.display.words import seconds, short_type, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.cli.display.progress import Progress, Row

_NOTED = 4  # names of properties that fit on a row


def tree(progress: Progress, *, preview: bool, diff: bool = False) -> Table:
    """The rows worth showing, each under its component, with what a plan or a run has to say of it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True)
    for row, guide in _walk(progress):
        said = words(row.op)
        failed = row.status == "failed"
        sign = Text(f" {said.sign:>1} ", "bold red" if failed else said.style)
        table.add_row(
            Text.assemble(sign, (guide, "dim"), (row.name, "bold" if not guide else "")),
            Text(short_type(row.type), "dim"),
            _note(row, preview=preview),
        )
        if diff and row.shown:
            margin = Text(" " * (len(guide) + 6))
            for change in row_changes(row):
                table.add_row(Text.assemble(margin, (str(change), DIFF_STYLES[change.sign])))
    return table


def row_changes(row: Row) -> list[Change]:
    """Which properties a row changes: its inputs, or where these are the same, what is really there."""
    old, new, step = row.step.old, row.step.new, row.step
    if new is None:
        return []
    if row.op in {"create", "import"} or old is None:
        return changes({}, new.inputs)
    if step.op == "refresh" or row.op == "refresh":
        return changes(old.outputs, new.outputs)
    found = changes(old.inputs, new.inputs, replacing=step.keys)
    if not found:
        drifted = {path.split(".")[0].split("[")[0] for path in (*step.diffs, *(step.detailed_diff or ()))}
        then = {key: value for key, value in old.outputs.items() if key in drifted}
        found = changes(then, {key: value for key, value in new.inputs.items() if key in drifted}, replacing=step.keys)
    return found


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
        text = Text(said.done, said.style).append(f" {seconds(row.ended - row.began)}", "dim")
    if row.fidelity:
        text.append(f"  {row.fidelity}", "dim cyan")
    return text


def _touched(row: Row) -> str:
    names = list(dict.fromkeys(change.path.split(" (")[0] for change in row_changes(row))) or list(row.step.diffs)
    more = len(names) - _NOTED
    return ", ".join(names[:_NOTED]) + (f" and {more} more" if more > 0 else "")


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
        for row in rows:
            if row.type == STACK_TYPE:
                yield from visit(row.urn, "", top=True)
                continue
            last = row is rows[-1]
            yield row, "" if top else indent + ("└─ " if last else "├─ ")
            yield from visit(row.urn, "" if top else indent + ("   " if last else "│  "), top=False)

    yield from visit("", "", top=True)
