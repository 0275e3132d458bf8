"""One line for every resource that is done: for logs and continuous integration."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from mlinfra.cli.display.words import seconds, short_type, words

if TYPE_CHECKING:
    from rich.console import Console

    from mlinfra.cli.display.progress import Progress, Row
    from mlinfra.engine.events import Event

_STILL = 15.0  # seconds of silence after which the longest work is named


class PlainView:
    """Writes a line when a resource is done, and one now and then while something takes long. Previews are silent."""

    def __init__(self, console: Console, progress: Progress, title: str, *, preview: bool) -> None:
        self._console, self._progress, self._title, self._preview = console, progress, title, preview
        self._over = threading.Event()
        self._said = time.monotonic()
        self._watch = threading.Thread(target=self._while_silent, name="still", daemon=True)

    def __enter__(self) -> Self:
        self._console.print(self._title, style="bold", markup=False)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        row = self._progress.feed(event)
        if self._preview or row is None or row.status == "running" or not row.shown or row.now == "replace":
            return  # a replacement's own steps tell more than that it is one
        said = words(row.now)
        word = "failed" if row.status == "failed" else said.done
        self._write(row, f"{word} ({seconds(row.ended - row.since)})" + (f" [{row.fidelity}]" if row.fidelity else ""))

    def _write(self, row: Row, text: str) -> None:
        self._said = time.monotonic()
        said = words(row.now)
        sign = "!" if row.status == "failed" else said.sign
        # Past rich, which takes longer for a line without styles than the engine for the resource.
        print(f" {sign:>2} {short_type(row.type)} {row.name} {text}", file=self._console.file, flush=True)

    def _while_silent(self) -> None:
        while not self._over.wait(self._said + _STILL - time.monotonic()):
            if self._said + _STILL > time.monotonic():
                continue
            self._said = time.monotonic()
            with self._progress.lock:
                row = min((r for r in self._progress.running() if r.custom), key=lambda r: r.since, default=None)
            if row is not None and (age := self._progress.clock() - row.since) >= _STILL:
                self._write(row, f"still {words(row.now).doing} ({seconds(age)})")
