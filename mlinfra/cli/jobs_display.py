"""What `mlinfra jobs run` shows: the replicas' lines as they come, each behind its name, and how it all ended."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from mlinfra.cli.terminal import console, say
from mlinfra.jobs import replicas
from mlinfra.jobs.local import Ended, Line, Restarting, Started, Status

if TYPE_CHECKING:
    from mlinfra.jobs import Job
    from mlinfra.jobs.local import Event, Outcome

_COLOURS: Final = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")


class Stream:
    """Shows events as they come."""

    def __init__(self, job: Job, *, quiet: bool) -> None:
        names = [f"{role}-{index}" for role, index in replicas(job)]
        self._colours = dict(zip(names, cycle(_COLOURS), strict=False))
        self._width, self._quiet = max(map(len, names)), quiet

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Line() if not self._quiet:
                self._show(event.replica, event.text, "")
            case Started() if not self._quiet:
                self._show(event.replica, f"started (process {event.pid})", "dim")
            case Ended() if event.code:
                self._show(event.replica, f"ended with {_said(event.code)}", "red")
            case Restarting():
                what = event.replica or "every replica"
                say(f"{event.reason}: starting {what} again (restart {event.attempt})", style="yellow")

    def _show(self, replica: str, text: str, style: str) -> None:
        line = Text(f"{replica:<{self._width}} │ ", style=self._colours.get(replica, "white"))
        # What a program writes is text: colours of its own are kept, nothing in it is markup.
        body = Text.from_ansi(text)
        body.stylize(style)
        console("err").print(line.append_text(body))


def show(job: Job, outcome: Outcome) -> None:
    """How the job ended, and what to do when it failed."""
    table = Table("replica", "ended", "starts", "seconds", box=None, pad_edge=False)
    for one in outcome.replicas:
        ended = "stopped with the job" if one.code is None else _said(one.code)
        table.add_row(one.replica, ended, str(one.starts), f"{one.seconds:.1f}", style="red" if one.code else None)
    console().print(table)
    good = outcome.status is Status.SUCCEEDED
    again = f", at attempt {outcome.attempts}" if outcome.attempts > 1 else ""
    text = f"{type(job).__name__} {job.name} {outcome.status} after {outcome.seconds:.1f} s{again}"
    console().print(f"{text}: {outcome.reason}" if outcome.reason else text, style="bold green" if good else "bold red")
    if outcome.status is Status.FAILED:
        kept = "; the next run goes on from the checkpoint" if job.checkpoint else ""
        say(f"What the replica that failed wrote says why{kept}.")


def _said(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
