"""`mlinfra graph`: a picture of what a program declares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlinfra.cli.groups import grouped
from mlinfra.cli.options import Located, flag
from mlinfra.cli.terminal import choose, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.graph import ResourceGraph


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("graph", rich_help_panel="Look and repair")(graph)


@grouped
def graph(
    where: Located,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A file instead of standard output.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help="mermaid, dot or svg. Default: by the file's name, else mermaid."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw what is deployed: `mlinfra state export`, or - for standard input."),
    ] = None,
    every: Annotated[bool, flag("--all", help="Every arrow, also where others lead the same way.")] = False,
) -> None:
    """Draw a stack: its components, and what flows between them. No account is needed, and nothing is deployed.

    mlinfra graph -o stack.svg                    for a browser, light and dark
    mlinfra graph stacks/platform -s prod         Mermaid, for Markdown
    mlinfra graph -f dot | dot -Tpdf > stack.pdf  for Graphviz
    mlinfra state export | mlinfra graph --state - -o deployed.svg

    An arrow leads from what is used to what uses it.
    """
    from mlinfra.cli.checking import write
    from mlinfra.diagram import FORMATS, SUFFIXES, picture

    chosen = format or (SUFFIXES.get(output.suffix.lower()) if output else "mermaid")
    if chosen not in FORMATS:
        named = f"--format is {format!r}" if format else f"--output is {output}, whose format is not clear"
        raise ConfigError(named, fix=f"use --format {', '.join(FORMATS)}, or a file in {', '.join(SUFFIXES)}")
    text = FORMATS[chosen](picture(_declared(where, state), every=every))
    if output is None:
        typer.echo(text, nl=False)
        return
    write(output, text)
    say(f"{chosen} in {output}", style="dim")


def _declared(where: Located, state: Path | None) -> ResourceGraph:
    from mlinfra.cli.checking import read_state, tell_program
    from mlinfra.cli.opening import declared_stack
    from mlinfra.offline.quick import quick_plan

    if state is not None:
        choose(color=where.color, interactive=not where.non_interactive)
        return read_state(state)
    return quick_plan(declared_stack(where), emit=tell_program)
