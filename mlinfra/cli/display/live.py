"""The view while a terminal watches: how far every component is, what is under way, and what has just been done."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mlinfra.cli.display.progress import STACK_TYPE
from mlinfra.cli.display.words import seconds, short_type, words

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from mlinfra.cli.display.progress import Progress, Row
    from mlinfra.engine.events import Event

_RECENT = 4  # rows just done that stay in sight
_BAR = 40  # columns


class LiveView:
    """Draws a progress eight times a second until it is closed, in as many lines as the terminal has."""

    def __init__(self, console: Console, progress: Progress, title: str, *, preview: bool) -> None:
        self._console, self._progress, self._title, self._preview = console, progress, title, preview
        self._recent: deque[Row] = deque(maxlen=_RECENT)
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            console=console, get_renderable=self._render, refresh_per_second=8, transient=True, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        self._progress.watched = True
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.watched = False
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        row = self._progress.feed(event)
        if row is not None and row.status != "running" and row.shown:
            with self._progress.lock:
                if row in self._recent:
                    self._recent.remove(row)
                self._recent.append(row)

    def _render(self) -> RenderableType:
        with self._progress.lock:
            components = self._components()
            # One line each for title, bar, a blank and counts; the rest of the screen is for rows.
            room = max(self._console.height - 8, 4)
            shown = components[: max(room // 2, 2)]
            hidden = len(components) - len(shown)
            parts: list[RenderableType] = [self._head(), self._bar(), Text(self._progress.note, "yellow")]
            if shown:
                parts += [
                    self._component_table(shown),
                    *([Text(f"     … and {hidden} more", "dim")] if hidden else []),
                    Text(),
                ]
            parts.append(self._work(room - len(shown)))
            return Group(*parts)

    def _head(self) -> RenderableType:
        line = Table.grid(expand=True)
        line.add_column()
        line.add_column(justify="right")
        line.add_row(Text(self._title, "bold"), Text(seconds(self._progress.elapsed), "dim"))
        return line

    def _bar(self) -> RenderableType:
        rows = [row for row in self._progress.rows.values() if row.type != STACK_TYPE]
        done = sum(row.status != "running" for row in rows)
        total = self._expected(len(rows))
        line = Table.grid(padding=(0, 2, 0, 0))
        bar = ProgressBar(total=total or 1, completed=done, width=_BAR, pulse=total is None)
        count = f"{done} of {total}" if total is not None else f"{len(rows)} resources"
        line.add_row(bar, Text(count), self._counts(rows))
        return line

    def _expected(self, seen: int) -> int | None:
        plan = self._progress.plan
        return None if plan is None else max(sum(row.type != STACK_TYPE for row in plan.rows.values()), seen)

    def _counts(self, rows: list[Row]) -> Text:
        counts = Counter(row.op for row in rows if row.status == "done" and row.shown)
        text = Text()
        for op, count in counts.items():
            said = words(op)
            text.append(f"{said.sign} {count} ", said.style).append(
                f"{said.planned if self._preview else said.done}  ", "dim"
            )
        if failed := sum(row.status == "failed" for row in rows):
            text.append(f"{failed} failed", "bold red")
        return text

    def _components(self) -> list[tuple[Row, int, int]]:
        """The rows directly under the stack that have others below them, with how many of these are done."""
        rows, done, total = self._progress.rows, Counter[str](), Counter[str]()
        for row in rows.values():
            top = _top(rows, row)
            if top is not row:
                total[top.urn] += 1
                done[top.urn] += row.status != "running"
        plan = self._progress.plan
        if plan is not None:
            total = Counter(top.urn for row in plan.rows.values() if (top := _top(plan.rows, row)) is not row) | total
        return [(row, done[row.urn], total[row.urn]) for row in rows.values() if total[row.urn]]

    def _component_table(self, components: list[tuple[Row, int, int]]) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        for row, done, total in components:
            ready = done >= total and row.status != "running"
            icon = (
                Text("✗", "bold red") if row.status == "failed" else Text("✓", "green") if ready else self._spinning()
            )
            count = Text(f"{done}/{total}" if self._progress.plan else str(done), "dim" if ready else "")
            table.add_row(Text(" "), icon, Text(row.name, "bold"), Text(short_type(row.type), "dim"), count)
        return table

    def _work(self, room: int) -> RenderableType:
        running = [row for row in self._progress.running() if row.urn in self._leaves()]
        running.sort(key=lambda row: row.began)
        room = max(room, 2)
        table = Table.grid(padding=(0, 2, 0, 0))
        recent = list(self._recent)[-max(room // 3, 1) :]
        for row in recent:
            said = words(row.now)
            icon = Text("✗", "bold red") if row.status == "failed" else Text(said.sign, said.style)
            took = (
                Text("failed", "red")
                if row.status == "failed"
                else Text(f"{said.planned if self._preview else said.done} {seconds(row.ended - row.began)}", "dim")
            )
            table.add_row(
                Text(" "), icon, Text(row.name), Text(short_type(row.type), "dim"), took, Text(row.fidelity, "dim cyan")
            )
        shown = running[: room - len(recent)]
        for row in shown:
            said = words(row.now)
            doing = f"{self._progress.saying.get(row.urn) or said.doing} {seconds(self._progress.clock() - row.began)}"
            table.add_row(
                Text(" "),
                self._spinning(),
                Text(row.name),
                Text(short_type(row.type), "dim"),
                Text(doing, said.style),
                Text(row.fidelity, "dim cyan"),
            )
        if len(running) > len(shown):
            table.add_row(Text(" "), Text("…", "dim"), Text(f"{len(running) - len(shown)} more under way", "dim"))
        return table

    def _leaves(self) -> set[str]:
        parents = {row.parent for row in self._progress.rows.values()}
        return self._progress.rows.keys() - parents

    def _spinning(self) -> RenderableType:
        return self._spinner.render(self._console.get_time())


def _top(rows: dict[str, Row], row: Row) -> Row:
    """The ancestor directly under the stack."""
    while (above := rows.get(row.parent)) is not None and above.type != STACK_TYPE:
        row = above
    return row
