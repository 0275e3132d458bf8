"""Lines in columns, without the trailing blanks of a table, so that logs and copied text stay clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

GAP = 2


def print_columns(console: Console, rows: Sequence[Sequence[Text | str]], *, fold: bool = False) -> None:
    """Print rows, all columns but the last padded to their widest cell.

    A line longer than a terminal is cut there, unless `fold`; elsewhere lines are as long as they are.
    """
    if not console.is_terminal:  # nobody would see styles, and rich takes a second for some thousand lines
        _print_plain(console, [[cell if isinstance(cell, str) else cell.plain for cell in row] for row in rows])
        return
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    widths = _widths([[cell.cell_len for cell in row] for row in cells])
    for row in cells:
        line = Text()
        for index, cell in enumerate(row):
            line.append_text(cell)
            if any(later.plain for later in row[index + 1 :]):
                line.append(" " * (widths[index] - cell.cell_len + GAP))
        if not fold:
            line.truncate(console.width, overflow="ellipsis")
        console.print(line)


def _print_plain(console: Console, rows: Sequence[Sequence[str]]) -> None:
    lengths = [list(map(cell_len, row)) for row in rows]
    widths = _widths(lengths)
    lines = []
    for row, taken in zip(rows, lengths, strict=True):
        line = "".join(
            cell + " " * (widths[index] - length + GAP) if any(row[index + 1 :]) else cell
            for index, (cell, length) in enumerate(zip(row, taken, strict=True))
        )
        lines.append(line)
    if lines:
        console.out("\n".join(lines), highlight=False)


def _widths(lengths: Sequence[Sequence[int]]) -> list[int]:
    """The widest cell of each column but the rows' last ones."""
    return [max(column) for column in zip(*(row[:-1] for row in lengths if len(row) > 1), strict=False)]
