"""Lines in columns, without the trailing blanks of a table, so that logs and copied text stay clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

GAP = 2


def print_columns(console: Console, rows: Sequence[Sequence[Text | str]], *, fold: bool = False) -> None:
    """Print rows, all columns but the last padded to their widest cell.

    A line longer than a terminal is cut there, unless `fold`; elsewhere lines are as long as they are.
    """
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    widths = [
        max(cell.cell_len for cell in column)
        for column in zip(*(row[:-1] for row in cells if len(row) > 1), strict=False)
    ]
    for row in cells:
        line = Text()
        for index, cell in enumerate(row):
            line.append_text(cell)
            if any(later.plain for later in row[index + 1 :]):
                line.append(" " * (widths[index] - cell.cell_len + GAP))
        if console.is_terminal and not fold:
            line.truncate(console.width, overflow="ellipsis")
        console.print(line)
