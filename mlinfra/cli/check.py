"""`mlinfra check`: is what a program declares as it should be, before anything exists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Exit, Option

from mlinfra.cli.groups import grouped
from mlinfra.cli.options import EVIDENCE, SHOWN, Located, flag
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from typer import Typer

FAILED = 3
"""Exit code of a check that fails."""
JUDGED = "What is judged"


@dataclass(frozen=True, kw_only=True)
class Judging:
    """By what a stack is judged."""

    profile: Annotated[
        str | None,
        Option(
            metavar="PROFILE",
            help="baseline, regulated or isolated. Default: the stack's own setting `profile`, else regulated.",
            rich_help_panel=JUDGED,
        ),
    ] = None
    framework: Annotated[
        list[str] | None,
        Option(
            "--framework",
            metavar="ID",
            help="Only rules that bear on this framework, such as soc2. Repeatable.",
            rich_help_panel=JUDGED,
        ),
    ] = None
    region: Annotated[
        list[str] | None,
        Option(
            "--region",
            metavar="REGION",
            help="A region that data may be in. Default: those of the configuration key mlinfra:regions, else any. Repeatable.",
            rich_help_panel=JUDGED,
        ),
    ] = None
    waivers: Annotated[
        Path | None,
        Option(
            metavar="FILE", help="The waivers. Default: the project's mlinfra.waivers.yaml.", rich_help_panel=JUDGED
        ),
    ] = None
    state: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Judge what is deployed instead: `mlinfra state export` or `pulumi stack export`; - is standard input.",
            rich_help_panel=JUDGED,
        ),
    ] = None
    fail_on: Annotated[
        str,
        Option(
            metavar="LEVEL",
            help="The least severity that fails: low, medium, high, critical, or never. "
            "What cannot be told fails from high on.",
            rich_help_panel=JUDGED,
        ),
    ] = "low"


@dataclass(frozen=True, kw_only=True)
class Told:
    """How the result is told."""

    format: Annotated[
        list[str] | None,
        Option(
            "--format",
            "-f",
            metavar="FORMAT[=FILE]",
            help="terminal, json, sarif, junit, markdown, html or oscal; with =FILE into a file. Repeatable.",
            rich_help_panel=SHOWN,
        ),
    ] = None
    json: Annotated[bool, flag("--json", "-j", help="The same as --format json.", panel=SHOWN)] = False
    verbose: Annotated[
        bool, flag("--verbose", "-v", help="Say why of every finding, and list what passed.", panel=SHOWN)
    ] = False


@dataclass(frozen=True, kw_only=True)
class Signing:
    """Whether and how the result is signed."""

    attest: Annotated[
        str | None,
        Option(
            metavar="KEY",
            help="Sign what was checked and the result, with a key of `mlinfra keys` or a .pem file.",
            rich_help_panel=EVIDENCE,
        ),
    ] = None
    attestation: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Where to write it. Default: mlinfra.<stack>.attestation.json of the project.",
            rich_help_panel=EVIDENCE,
        ),
    ] = None
    valid: Annotated[
        int, Option(metavar="DAYS", help="How long it counts, 1 to 366 days.", rich_help_panel=EVIDENCE)
    ] = 30


def register(app: Typer) -> None:
    """Add the command to the application."""
    app.command("check", rich_help_panel="Check")(check)


@grouped
def check(
    where: Located,
    judging: Judging,
    told: Told,
    signing: Signing,
    *,
    watch: Annotated[bool, flag("--watch", "-w", help="Check again after every save, until interrupted.")] = False,
) -> None:
    """Check a stack before anything exists: no account, no credentials, no pulumi.

    mlinfra check                                 the stack of this folder
    mlinfra check stacks/platform -s prod         another project and stack
    mlinfra check --framework pci-dss-4.0.1       one framework
    mlinfra check -f sarif=check.sarif -f html=check.html
    mlinfra check --state state.json              what is deployed
    mlinfra check --watch                         while you write
    mlinfra check -s prod --attest release-2026   and sign it: docs/evidence.md

    Exit codes: 0 it passes; 3 it does not; 2 wrong usage or configuration;
    1 the program is broken.
    """
    from mlinfra.cli.checking import Checking

    checking = Checking.of(where, judging, told)
    if signing.attest is not None:
        from mlinfra.cli.evidence import prepare

        checking.sign = prepare(signing, checking, watch=watch)
    if watch:
        from mlinfra.cli.check_watch import keep_checking

        if judging.state is not None:
            raise ConfigError("--watch cannot watch a --state", fix="leave one of them out")
        keep_checking(lambda: Checking.of(where, judging, told))
        return
    if not checking.once():
        raise Exit(FAILED)
