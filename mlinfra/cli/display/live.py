"""The view while a terminal watches: how far every component is, what is under way, and what has just been done."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from functools import cached_property
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

_BAR = 40  # columns
_RECENT = 4  # rows just done that stay in sight
_RESERVED = 7  # lines of the screen for title, bar, note, blanks and what was there before
_TYPE_WIDTH = 44


@dataclass(slots=True)
class _Component:
    """A resource directly under the stack, and how many of those below it are done."""

    row: Row
    done: int
    total: int
    failed: bool


class LiveView:
    """Draws a progress eight times a second until it is closed, in as many lines as the terminal has."""

    def __init__(self, console: Console, progress: Progress, title: str, *, preview: bool, before: str = "") -> None:
        self._console, self._progress, self._title, self._preview = console, progress, title, preview
        self._before = before  # what happens until the first resource is met
        self._recent: deque[Row] = deque(maxlen=_RECENT)
        self._over = False
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        self._progress.watched = True
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.watched = False
        self._live.stop()
        self._over = True
        if not self._preview:
            self._leave_behind()

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
            room = max(self._console.height - _RESERVED, 6)
            table = self._table()
            components = self._components()
            if len(components) > room // 2:  # those that are done are the ones to leave out
                components.sort(key=lambda component: component.done >= component.total)
            shown = components[: max(room // 2, 2)]
            for component in shown:
                self._add_component(table, component)
            if len(components) > len(shown):
                table.add_row("", Text("…", "dim"), Text(f"{len(components) - len(shown)} more components", "dim"))
            if shown:
                table.add_row()
            self._add_work(table, room - table.row_count)
            note = self._progress.note or ("" if self._progress.rows else self._before)
            return Group(self._head(), self._bar(), Text(note, "yellow" if self._progress.note else "dim"), table)

    def _head(self) -> RenderableType:
        line = Table.grid(expand=True)
        line.add_column()
        line.add_column(justify="right")
        line.add_row(Text(self._title, "bold"), Text(seconds(self._progress.elapsed), "dim"))
        return line

    def _bar(self) -> RenderableType:
        rows, plan = self._progress.rows.values(), self._progress.plan
        done = sum(row.status != "running" for row in rows)
        total = max(len(plan.rows), len(rows)) if plan else None
        bar = ProgressBar(total=total or 1, completed=done, width=_BAR, pulse=total is None)
        counts = Counter(row.op for row in rows if row.status == "done" and row.shown)
        text = Text(f"{done} of {total}   " if total is not None else f"{len(rows)} resources   ")
        for op, count in counts.items():
            said = words(op)
            text.append(f"{said.sign} {count} ", said.style).append(f"{self._past(op)}   ", "dim")
        if failed := sum(row.status == "failed" for row in rows):
            text.append(f"✗ {failed} failed", "bold red")
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(bar, text)
        return line

    def _table(self) -> Table:
        """Columns as wide as they will ever need to be, so that nothing jumps."""
        rows = [*self._progress.rows.values(), *(self._progress.plan.rows.values() if self._progress.plan else ())]
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1)
        table.add_column(width=1)
        table.add_column(
            min_width=max((len(row.name) for row in rows if row.type != STACK_TYPE), default=0), no_wrap=True
        )
        widest = max((len(short_type(row.type)) for row in rows if row.type != STACK_TYPE), default=0)
        table.add_column(min_width=min(widest, _TYPE_WIDTH), no_wrap=True, style="dim", overflow="ellipsis")
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, style="dim cyan")
        return table

    def _components(self) -> list[_Component]:
        rows = self._progress.rows
        done, seen, failed = Counter[str](), Counter[str](), set[str]()
        for row in rows.values():
            top = _top(rows, row)
            if row.status == "failed":
                failed.add(top.urn)
            if top is not row:
                seen[top.urn] += 1
                done[top.urn] += row.status != "running"
        total = self._planned | seen
        return [
            _Component(row, done[row.urn], total[row.urn], row.urn in failed) for row in rows.values() if total[row.urn]
        ]

    @cached_property
    def _planned(self) -> Counter[str]:
        """How many resources the plan has below each component."""
        rows = self._progress.plan.rows if self._progress.plan else {}
        return Counter(top.urn for row in rows.values() if (top := _top(rows, row)) is not row)

    def _add_component(self, table: Table, component: _Component) -> None:
        row, planned = component.row, self._progress.plan is not None
        # Without a plan nobody knows whether more will come.
        ready = component.done >= component.total and (self._over or planned)
        icon = Text("✗", "bold red") if component.failed else Text("✓", "green") if ready else self._spinning()
        count = f"{component.done} of {component.total}" if planned else str(component.done)
        table.add_row("", icon, Text(row.name, "bold"), short_type(row.type), Text(count, "dim" if ready else ""))

    def _add_work(self, table: Table, room: int) -> None:
        running = sorted((row for row in self._progress.running() if row.custom), key=lambda row: row.since)
        recent = list(self._recent)[-max(room // 3, 1) :]
        for row in recent:
            said, failed = words(row.now), row.status == "failed"
            icon = Text("✗", "bold red") if failed else Text(said.sign, said.style)
            took = "" if self._preview else f" {seconds(row.ended - row.since)}"
            took = ("failed" if failed else self._past(row.now)) + took
            table.add_row(
                "", icon, row.name, short_type(row.type), Text(took, "red" if failed else "dim"), row.fidelity
            )
        shown = running[: max(room - len(recent), 1)]
        for row in shown:
            said = words(row.now)
            doing = f"{self._progress.saying.get(row.urn) or said.doing} {seconds(self._progress.clock() - row.since)}"
            table.add_row("", self._spinning(), row.name, short_type(row.type), Text(doing, said.style), row.fidelity)
        if len(running) > len(shown):
            table.add_row("", Text("…", "dim"), Text(f"{len(running) - len(shown)} more under way", "dim"))

    def _leave_behind(self) -> None:
        """What stays on the screen: a line for every component."""
        with self._progress.lock:
            table = self._table()
            for component in self._components():
                self._add_component(table, component)
            self._console.print(self._head())
            self._console.print(table)

    def _past(self, op: str) -> str:
        said = words(op)
        return f"to {said.planned}" if self._preview else said.done

    def _spinning(self) -> RenderableType:
        return Text("·", "dim") if self._over else self._spinner.render(self._console.get_time())


def _top(rows: dict[str, Row], row: Row) -> Row:
    """The ancestor directly under the stack."""
    while (above := rows.get(row.parent)) is not None and above.type != STACK_TYPE:
        row = above
    return row
