"""`mlinfra catalog versions` and `check`: the version lock, and whether a chosen set goes together."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.catalog.compatibility_check import Chosen, Finding

Json = Annotated[bool, flag("--json", "-j", help="Print JSON.")]
Kubernetes = Annotated[
    str | None, typer.Option("--kubernetes", "-k", metavar="VERSION", help="Another Kubernetes version, such as 1.36.")
]
Cwd = Annotated[
    Path | None,
    typer.Option(
        "--cwd", "-C", metavar="DIRECTORY", help="The project with mlinfra.versions.toml. Default: this folder."
    ),
]
Day = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="As of another day, such as 2027-06-01. Default: today.")
]
_STYLES = {"incompatible": "red", "out of support": "red", "near its end": "yellow", "outdated": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the commands to `mlinfra catalog`."""
    app.command("versions")(versions)
    app.command("check")(check)


def versions(
    *,
    kubernetes: Kubernetes = None,
    cwd: Cwd = None,
    outdated: Annotated[
        bool, flag("--outdated", help="Only what the project pins to something older than the catalogue.")
    ] = False,
    json: Json = False,
) -> None:
    """List the pinned charts, add-ons and images of nodes, as this project has them.

    A project pins otherwise in mlinfra.versions.toml beside its Pulumi.yaml:

    kubernetes = "1.36"
    charts.kueue = "0.19.4"
    addons.vpc-cni = "v1.23.0-eksbuild.1"

    mlinfra catalog versions
    mlinfra catalog versions --kubernetes 1.36 --outdated
    """
    from rich.text import Text

    from mlinfra.catalog import charts, pools
    from mlinfra.catalog.compatibility_check import Problem
    from mlinfra.catalog.compatibility_check import check as findings
    from mlinfra.cli.display.columns import print_columns

    chosen, pinned = _chosen(kubernetes, cwd, ())
    old = {one.subject for one in findings(chosen, _day(None)) if one.problem is Problem.OUTDATED}
    rows = [("kubernetes", "", chosen.kubernetes, "kubernetes" in pinned)]
    releases = ((one, pools.release_version(chosen.kubernetes, one)) for one in ("al2023", "bottlerocket"))
    rows += [("image", name, release, False) for name, release in releases if release]
    rows += [("addon", name, version, name in pinned) for name, version in chosen.addons.items()]
    rows += [("chart", name, version, name in pinned) for name, version in chosen.charts.items()]
    if outdated:
        rows = [row for row in rows if row[1] in old]
    if json:
        keys = ("kind", "name", "version", "pinnedByProject")
        documents = [dict(zip(keys, row, strict=True)) | {"outdated": row[1] in old} for row in rows]
        typer.echo(jsonlib.dumps(documents, indent=2))
        return
    if not rows:
        say("nothing is older than the catalogue", style="green")
        return
    shown = []
    for kind, name, version, own in rows:
        where = charts.pinned_chart(name).repository or charts.pinned_chart(name).chart if kind == "chart" else ""
        notes = [*(["pinned here"] if own else []), *(["outdated"] if name in old else []), where]
        shown.append((kind, name, version, Text("  ".join(filter(None, notes)), "dim")))
    print_columns(console(), shown)
    say("\n`mlinfra catalog check` says whether this goes together, and for how long it is supported", style="dim")


def check(
    *,
    kubernetes: Kubernetes = None,
    cwd: Cwd = None,
    features: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME", help="A feature, or a chart that is not in by default. Repeatable."),
    ] = None,
    on: Day = None,
    json: Json = False,
) -> None:
    """Say what of the lock is incompatible, out of support, near its end, or older than the catalogue, and why.

    Exit code 1 when something is incompatible or out of support.

    mlinfra catalog check
    mlinfra catalog check --kubernetes 1.36 --with nvidia-dra-driver
    """
    from rich.text import Text

    from mlinfra.catalog.compatibility_check import Problem
    from mlinfra.catalog.compatibility_check import check as findings

    chosen, _ = _chosen(kubernetes, cwd, tuple(features or ()))
    found = findings(chosen, _day(on))
    bad = [one for one in found if one.problem in (Problem.INCOMPATIBLE, Problem.ENDED)]
    if json:
        typer.echo(jsonlib.dumps([_document(one) for one in found], indent=2))
    else:
        for one in found:
            style = _STYLES[one.problem]
            console().print(Text.assemble((f"{one.problem}  ", style), one.message))
            console().print(Text(f"  fix: {one.fix}{f'  ({one.source})' if one.source else ''}", "dim"))
        if not found:
            many = f"{len(chosen.charts)} charts and {len(chosen.addons)} add-ons"
            say(f"Kubernetes {chosen.kubernetes}, {many} go together and are in support", style="green")
    if bad:
        raise typer.Exit(1)


def _chosen(kubernetes: str | None, cwd: Path | None, features: tuple[str, ...]) -> tuple[Chosen, set[str]]:
    """The lock as the project has it, and the names of what the project pins itself."""
    from mlinfra.catalog import compatibility
    from mlinfra.catalog import versions as lock_file
    from mlinfra.catalog.charts import charts
    from mlinfra.catalog.compatibility_check import features as known_features
    from mlinfra.catalog.compatibility_check import lock

    if kubernetes is not None and compatibility.version(kubernetes) is None:
        raise ConfigError(f"--kubernetes is {kubernetes!r}", fix="give a version such as 1.36")
    known = {*known_features(), *charts()}
    for one in features:
        if one not in known:
            raise ConfigError(f"--with is {one!r}", fix=f"use a chart, or one of {', '.join(known_features())}")
    overrides = lock_file.load(cwd or Path())
    pinned = {*overrides.charts, *overrides.addons, *(["kubernetes"] if overrides.kubernetes else [])}
    return lock(overrides, kubernetes, features), pinned


def _day(given: str | None) -> date:
    if given is None:
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ConfigError(f"--on is {given!r}", fix="give a date such as 2027-06-01") from None


def _document(one: Finding) -> dict[str, str]:
    return {
        "problem": one.problem.value,
        "subject": one.subject,
        "message": one.message,
        "fix": one.fix,
        "source": one.source,
    }
