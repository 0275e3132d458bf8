"""`mlinfra types`: what the sandbox emulates, and how well."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, echo

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from typer import Typer

MEANINGS = {
    "moto": "moto's own model of the service",
    "overlay": "kept and listed by mlinfra's store where moto has no model",
    "recorded": "accepted and returned as given, with nothing behind it",
}
_STYLES = {"moto": "green", "overlay": "cyan", "recorded": "yellow"}


def register(app: Typer) -> None:
    """Add the command to the application."""
    app.command("types", rich_help_panel="Sandbox")(types)


def types(
    *,
    search: Annotated[
        str, Argument(metavar="TEXT", help="Only types with this in their name.", show_default=False)
    ] = "",
    fidelity: Annotated[
        str | None, Option(metavar="KIND", help="Only those emulated so: moto, overlay or recorded.")
    ] = None,
    json: Annotated[bool, flag("--json", "-j", help="Print JSON.")] = False,
) -> None:
    """List the AWS types that the sandbox emulates, and how well.

    mlinfra types
    mlinfra types s3
    mlinfra types --fidelity recorded --json
    """
    from mlinfra.catalog.aws_types import all_types

    if fidelity is not None and fidelity not in MEANINGS:
        raise ConfigError(f"--fidelity is {fidelity!r}", fix=f"use one of {', '.join(MEANINGS)}")
    found = [one for one in all_types() if search.lower() in one.token.lower() and fidelity in (None, one.fidelity)]
    if json:
        rows = [
            {"type": t.token, "service": t.service, "fidelity": t.fidelity, "notEmulated": list(t.not_emulated)}
            for t in found
        ]
        echo(jsonlib.dumps(rows, indent=2))
        return
    if not found:
        raise ConfigError(f"no type has {search!r} in its name", fix="`mlinfra types` lists all")
    from rich.text import Text

    from mlinfra.cli.display.columns import print_columns

    print_columns(
        console(),
        [
            (
                one.token,
                Text(one.fidelity, _STYLES[one.fidelity]),
                Text(f"without {', '.join(one.not_emulated)}" if one.not_emulated else "", "dim"),
            )
            for one in found
        ],
    )
    counts = {kind: sum(one.fidelity == kind for one in found) for kind in MEANINGS}
    say(f"\n{len(found)} types", style="bold")
    for kind, meaning in MEANINGS.items():
        if counts[kind]:
            say(f"  {counts[kind]:>4} {kind:<9} {meaning}", style="dim")
