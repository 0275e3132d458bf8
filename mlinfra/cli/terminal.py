"""Where the commands write: one console for results, one for everything about them."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Literal

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from mlinfra.errors import MlinfraError

COLORS = ("auto", "always", "never", "raw")


class _Choice:
    """What the global options said; `auto` leaves it to rich, which knows NO_COLOR, FORCE_COLOR and TERM=dumb."""

    color = "auto"
    interactive = True


def choose(*, color: str, interactive: bool) -> None:
    """Set what `--color` and `--non-interactive` say, for the rest of this process."""
    if color not in COLORS:
        raise ConfigError(f"--color is {color!r}", fix=f"use one of {', '.join(COLORS)}")
    _Choice.color, _Choice.interactive = color, interactive
    console.cache_clear()


@cache
def console(stream: Literal["out", "err"] = "out") -> Console:
    """The console for standard output or standard error."""
    from rich.console import Console

    never = _Choice.color in {"never", "raw"}
    return Console(
        stderr=stream == "err",
        highlight=False,
        emoji=False,
        soft_wrap=True,
        no_color=True if never else None,
        force_terminal=True if _Choice.color == "always" else None,
    )


def interactive() -> bool:
    """Whether somebody can be asked, by Pulumi's rule: a terminal on both ends, no CI, no `--non-interactive`."""
    return _Choice.interactive and sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def say(text: str = "", *, style: str = "") -> None:
    """A line about what happens; standard output stays free for results."""
    console("err").print(text, style=style or None, markup=False)


def show_error(error: MlinfraError) -> None:
    """The error in one sentence, and what to do."""
    from rich.text import Text

    text = Text.assemble(("error: ", "bold red"), error.message)
    if error.fix:
        text.append("\n  fix: ", "bold").append(error.fix)
    console("err").print(text)


def confirm(question: str) -> bool:
    """Ask; only a clear yes is one."""
    return answer(f"{question} [y/N] ").lower() in {"y", "yes"}


def answer(prompt: str) -> str:
    """What the user types, "" when there is nothing more to read."""
    console("err").print(prompt, end="", markup=False, style="bold")
    try:
        return input().strip()
    except EOFError:
        return ""
