"""Pulumi's engine events as JSON, one a line, for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

import typer

from mlinfra.engine.events import Event, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.cli.display.progress import Progress


class JsonLines:
    """Writes every event as it comes. `sequence` numbers them, through a preview and the deployment after it."""

    def __init__(self, progress: Progress, sequence: Iterator[int], *, show_secrets: bool = False) -> None:
        self._progress, self._sequence, self._show_secrets = progress, sequence, show_secrets

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        self._progress.feed(event)
        body = to_json(event, next(self._sequence), show_secrets=self._show_secrets)
        typer.echo(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
