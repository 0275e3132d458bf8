"""`mlinfra drain`: empties a cluster of what its controllers made in AWS, before it is deleted."""

from __future__ import annotations

import json as jsonlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import confirm, console, interactive, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.components.cluster.drain import Progress

MINUTES = 15
_SHOWN = 4  # objects that a line of progress names


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(rich_help_panel="Deploy")(drain)


def drain(
    kubeconfig: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The cluster's kubeconfig. Default: what KUBECONFIG names.", show_default=False
        ),
    ] = None,
    *,
    timeout: Annotated[int, typer.Option(metavar="MINUTES", help="How long each step may take.", min=1)] = MINUTES,
    preview_only: Annotated[bool, flag("--preview-only", help="Only show what would be deleted.")] = False,
    yes: Annotated[bool, flag("--yes", "-y", help="Do not ask.")] = False,
    json: Annotated[bool, flag("--json", "-j", help="Print what was deleted as JSON.")] = False,
) -> None:
    """Delete load balancers, volumes and nodes that a cluster's controllers made, before the cluster is deleted.

    They would outlive it otherwise, and hold its VPC. What the cluster runs
    besides stays. Run it where the cluster's endpoint can be reached, as one of
    its administrators.

    mlinfra drain --kubeconfig cluster.yaml
    """
    from mlinfra.components.cluster.api import ClusterObjects
    from mlinfra.components.cluster.drain import drain as empty
    from mlinfra.components.cluster.drain import planned

    objects = ClusterObjects.of(_read(kubeconfig))
    steps = planned(objects)
    if not json:
        _show(steps)
    if preview_only or not steps:
        if json:
            typer.echo(jsonlib.dumps({"deleted": [], "planned": dict(steps)}, indent=2))
        return
    if not yes and not interactive():
        raise ConfigError("nobody can be asked whether this may go", fix="give --yes, or --preview-only to look")
    if not yes and not confirm("Delete it?"):
        raise typer.Abort
    with console("err").status("") as status:

        def report(progress: Progress) -> None:
            more = f" and {len(progress.waiting) - _SHOWN} more" if len(progress.waiting) > _SHOWN else ""
            status.update(f"deleting {progress.step}: {', '.join(progress.waiting[:_SHOWN])}{more}")

        deleted = empty(objects, report, timeout=timeout * 60.0)
    if json:
        typer.echo(jsonlib.dumps({"deleted": deleted}, indent=2))
    else:
        say(f"{len(deleted)} deleted; the cluster can go now: mlinfra destroy, pulumi destroy", style="green")


def _read(kubeconfig: Path | None) -> str:
    path = kubeconfig or (Path(os.environ["KUBECONFIG"]) if os.environ.get("KUBECONFIG") else None)
    if path is None:
        fix = "give --kubeconfig; `aws eks update-kubeconfig --kubeconfig cluster.yaml --name …` writes one"
        raise ConfigError("it is not said which cluster", fix=fix)
    if not path.is_file():
        raise ConfigError(f"there is no kubeconfig {path}", fix="give the path of one as --kubeconfig")
    return path.read_text("utf-8")


def _show(steps: list[tuple[str, list[str]]]) -> None:
    if not steps:
        say("The cluster's controllers made nothing that would outlive it.")
    for title, names in steps:
        say(f"{title[:1].upper()}{title[1:]}", style="bold")
        for name in names:
            say(f"  - {name}")
