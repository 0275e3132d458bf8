"""`mlinfra waivers`: who answers for which violation, and until when."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlinfra.cli.groups import grouped
from mlinfra.cli.options import Located, flag
from mlinfra.cli.terminal import choose, console, say
from mlinfra.errors import ConfigError, MlinfraError

if TYPE_CHECKING:
    from mlinfra.compliance.rule import Rule
    from mlinfra.compliance.waivers import Waiver

waivers_app = typer.Typer(
    no_args_is_help=True,
    help="""Violations that somebody answers for, for a while.

mlinfra waivers list              who answers for what, until when
mlinfra waivers add --help        write one, for the review that decides
""",
)

Waivers = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The waivers. Default: the project's mlinfra.waivers.yaml.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(waivers_app, name="waivers", rich_help_panel="Check")


@waivers_app.command("list")
@grouped
def list_waivers(
    where: Located, *, waivers: Waivers = None, json: Annotated[bool, flag("--json", "-j", help="Print JSON.")] = False
) -> None:
    """List the waivers of the project's file, those that end first before the others.

    `mlinfra check` says besides which of them nothing needs any more, and knows
    those that the program declares.

    mlinfra waivers list
    """
    from rich.text import Text

    from mlinfra.cli.display.columns import print_columns
    from mlinfra.cli.rules import named
    from mlinfra.compliance import waiverfile

    file = _file(where, waivers)
    found = sorted(waiverfile.load(file), key=lambda one: (one.expires, one.rule, one.scope))
    states = [one.state(named(one.rule), _today()) for one in found]
    if json:
        rows = [{**_document(one), "state": str(state)} for one, state in zip(found, states, strict=True)]
        typer.echo(jsonlib.dumps(rows, indent=2))
        return
    if not found:
        say(f"{file.name} has no waivers.")
        return
    rows_ = [
        (
            Text(str(one.expires), "" if state.holds else "red"),
            Text("" if state == "used" else str(state), "yellow" if state.holds else "red"),
            one.rule,
            one.scope,
            one.owner,
            one.ticket,
            Text(one.reason, "dim"),
        )
        for one, state in zip(found, states, strict=True)
    ]
    print_columns(console(), [("EXPIRES", "", "RULE", "SCOPE", "OWNER", "TICKET", "REASON"), *rows_])


@waivers_app.command("add")
@grouped
def add(
    where: Located,
    *,
    rule: Annotated[str, typer.Option(metavar="ID", help="The rule.")],
    scope: Annotated[
        str,
        typer.Option(
            metavar="SCOPE", help="A component's or resource's name, a URN with *, or stack for the stack itself."
        ),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is acceptable.")],
    owner: Annotated[str, typer.Option(metavar="WHO", help="Who answers for it.")],
    ticket: Annotated[str, typer.Option(metavar="ID", help="Where it was agreed.")],
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Its last day. Default: as late as the rule allows."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only-stack", metavar="NAME", help="Only in this stack. Repeatable.")
    ] = None,
    waivers: Waivers = None,
) -> None:
    r"""Write a waiver into the project's file, for the review that decides about it.

    mlinfra waivers add --rule s3-access-logging --scope scratch \
        --reason 'holds nothing but caches' --owner data-team \
        --ticket SEC-12 --expires 2027-01-31
    """
    from mlinfra.cli.rules import named
    from mlinfra.compliance import waiverfile

    known = named(rule)
    last = _last_day(known, expires.date() if expires else None)
    fields = {"rule": known.id, "scope": scope, "reason": reason, "owner": owner, "ticket": ticket, "expires": last}
    file = _file(where, waivers)
    added = waiverfile.add(file, {**fields, **({"stacks": only} if only else {})})
    say(f"{file.name}:{added.line} waives {added.rule} for {added.scope} until {added.expires}.")


def _last_day(rule: Rule, expires: date | None) -> date:
    from mlinfra.compliance.waivers import longest

    if not rule.waivable:
        raise ConfigError(f"{rule.id} cannot be waived", fix=f"do what it wants: `mlinfra rules show {rule.id}`")
    latest = _today() + timedelta(days=longest(rule.severity))
    if expires is None:
        return latest
    if not _today() <= expires <= latest:
        raise ConfigError(
            f"--expires {expires} is out of range for a {rule.severity} rule", fix=f"name a day from today to {latest}"
        )
    return expires


def _file(where: Located, named: Path | None) -> Path:
    from mlinfra.compliance import waiverfile
    from mlinfra.stack.project import Project

    choose(color=where.color, interactive=not where.non_interactive)
    if named is not None:
        return named
    try:
        return Project.load(where.directory).root / waiverfile.NAME
    except MlinfraError:
        if (where.directory / waiverfile.NAME).is_file():
            return where.directory / waiverfile.NAME
        raise


def _today() -> date:
    return datetime.now(UTC).date()


def _document(one: Waiver) -> dict[str, object]:
    return {
        "rule": one.rule, "scope": one.scope, "reason": one.reason, "owner": one.owner, "ticket": one.ticket,
        "expires": one.expires.isoformat(), "stacks": list(one.stacks), "line": one.line,
    }  # fmt: skip
