"""`mlinfra types`: what the sandbox emulates, and how well."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option, echo

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer import Typer

MEANINGS = {
    "moto": "moto's own model of the service",
    "overlay": "kept and listed by mlinfra's store where moto has no model",
    "validated": "checked as a Kubernetes API server does, and kept: every built-in kind, custom ones with models",
    "recorded": "accepted and returned as given, with nothing behind it",
}
_STYLES = {"moto": "green", "overlay": "cyan", "validated": "cyan", "recorded": "yellow"}
_BUILT_IN = "kubernetes:*"


def register(app: Typer) -> None:
    """Add the command to the application."""
    app.command("types", rich_help_panel="Sandbox")(types)


def types(
    *,
    search: Annotated[
        str, Argument(metavar="TEXT", help="Only types with this in their name.", show_default=False)
    ] = "",
    fidelity: Annotated[
        str | None, Option(metavar="KIND", help="Only those emulated so: moto, overlay, validated or recorded.")
    ] = None,
    json: Annotated[bool, flag("--json", "-j", help="Print JSON.")] = False,
) -> None:
    """List the AWS and Kubernetes types that the sandbox emulates, and how well.

    mlinfra types
    mlinfra types s3
    mlinfra types --fidelity recorded --json
    """
    if fidelity is not None and fidelity not in MEANINGS:
        raise ConfigError(f"--fidelity is {fidelity!r}", fix=f"use one of {', '.join(MEANINGS)}")
    found = [one for one in _rows() if search.lower() in one["type"].lower() and fidelity in (None, one["fidelity"])]
    if json:
        echo(jsonlib.dumps(found, indent=2))
        return
    if not found:
        raise ConfigError(f"no type has {search!r} in its name", fix="`mlinfra types` lists all")
    from rich.text import Text

    from mlinfra.cli.display.columns import print_columns

    print_columns(
        console(),
        [
            (
                one["type"],
                Text(one["fidelity"], _STYLES[one["fidelity"]]),
                Text(f"without {', '.join(one['notEmulated'])}" if one["notEmulated"] else "", "dim"),
            )
            for one in found
        ],
    )
    counts = {kind: sum(one["fidelity"] == kind for one in found) for kind in MEANINGS}
    say(f"\n{len(found)} types", style="bold")
    for kind, meaning in MEANINGS.items():
        if counts[kind]:
            say(f"  {counts[kind]:>4} {kind:<9} {meaning}", style="dim")


def _rows() -> Iterator[dict[str, Any]]:
    from mlinfra.catalog import kubernetes_kinds
    from mlinfra.catalog.aws_types import all_types

    for one in all_types():
        yield {
            "type": one.token,
            "service": one.service,
            "fidelity": one.fidelity,
            "notEmulated": list(one.not_emulated),
        }
    for token in sorted((_BUILT_IN, "kubernetes:helm.sh/v3:Release", *kubernetes_kinds.custom())):
        fidelity = "validated" if token == _BUILT_IN else kubernetes_kinds.fidelity(token)
        yield {"type": token, "service": "kubernetes", "fidelity": fidelity, "notEmulated": []}
