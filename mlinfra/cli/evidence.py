"""Signed evidence: `verify` and `keys generate|list|trust|retire`."""

from __future__ import annotations

import getpass
import json as jsonlib
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlinfra.cli.groups import grouped
from mlinfra.cli.options import Evidence, Located, Where, flag
from mlinfra.cli.terminal import console, interactive, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.attestation.keys import SigningKey
    from mlinfra.attestation.statement import Statement
    from mlinfra.attestation.trust import TrustedKey
    from mlinfra.cli.check import Signing
    from mlinfra.cli.checking import Checking
    from mlinfra.compliance.report import Report
    from mlinfra.engine import Stack
    from mlinfra.graph import ResourceGraph

_PANEL = "Check"

keys_app = typer.Typer(
    no_args_is_help=True,
    help="""Keys that sign checks, and whose signatures count.

mlinfra keys generate release-2026 --trust    a key, trusted in this project
mlinfra check --attest release-2026           sign what was checked
mlinfra keys generate release-2027 --trust    the next key; both count now
mlinfra keys retire release-2026              what it signs from tomorrow on
                                              does not count

A key that somebody else may have is not retired but removed from
mlinfra.trusted-keys.yaml: then nothing it ever signed counts.
""",
)

Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The last day on which what it signs counts."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("verify", rich_help_panel=_PANEL)(verify)
    app.add_typer(keys_app, name="keys", rich_help_panel=_PANEL)


@grouped
def verify(
    where: Located,
    evidence: Evidence,
    *,
    files_only: Annotated[bool, flag("--files-only", help="Do not run the program; compare files alone.")] = False,
    json: Annotated[bool, flag("--json", "-j", help="Print the statement as JSON.")] = False,
) -> None:
    """Hold a signed check against the project as it is now: every file, and everything that the program declares.

    mlinfra verify -s prod
    mlinfra verify -s prod --trusted-keys /etc/mlinfra/keys.yaml

    Exit codes: 0 it holds; 3 it does not, and the message says what changed;
    2 wrong usage; 1 the program is broken.
    """
    from mlinfra.cli.opening import named_stack

    stack = named_stack(where)
    found, signer = hold(stack, evidence, files_only=files_only)
    if json:
        typer.echo(jsonlib.dumps({"signedBy": signer.name, "statement": found.to_json()}, indent=2))
        return
    about = found.summary
    say(f"{stack.project.name}/{stack.name} is what was checked on {about.time:%Y-%m-%d %H:%M} UTC.", style="green")
    counts = ", ".join(f"{count} {name}" for name, count in about.counts.items())
    console().print(f"profile {about.profile}: {counts}", markup=False)
    console().print(f"signed by {signer.name}; holds until {about.expires:%Y-%m-%d %H:%M} UTC", markup=False)


def prepare(signing: Signing, checking: Checking, *, watch: bool) -> Callable[[ResourceGraph, Report], None]:
    """What signs the result of a check; the key is opened first. Raises ConfigError when the check cannot be signed."""
    from mlinfra.attestation import gate

    stack = checking.stack
    if stack is None or not checking.of_project or watch:
        raise ConfigError(
            "--attest signs one whole check of a project's stack",
            fix="leave out --state, --framework, --fail-on, --waivers and --watch",
        )
    key, valid = signing_key(str(signing.attest)), validity(signing.valid)
    file = signing.attestation or gate.statement_file(stack.project, stack.name)

    def sign(graph: ResourceGraph, report: Report) -> None:
        result = gate.Result(str(report.profile), report.passed, report.counts)
        gate.attest(stack.project, stack.name, graph, result, key, file=file, valid=valid)
        say(f"signed in {file}" + ("" if report.passed else ": that the check failed"))

    return sign


def admit(where: Located, evidence: Evidence) -> None:
    """Let a deployment go on only when a signed check holds for what would be deployed. Raises AttestationError."""
    from mlinfra.cli.opening import named_stack

    found, signer = hold(named_stack(where), evidence)
    say(f"A check of {found.summary.time:%Y-%m-%d %H:%M} UTC, signed by {signer.name}, holds for this.")


def hold(stack: Stack, evidence: Evidence, *, files_only: bool = False) -> tuple[Statement, TrustedKey]:
    """The statement about a stack, held against what there is now. Raises AttestationError when it does not hold."""
    from mlinfra.attestation import gate
    from mlinfra.offline.quick import quick_plan

    project = stack.project
    file = evidence.attestation or gate.statement_file(project, stack.name)
    trusted = gate.trusted_file(project, evidence.trusted_keys)
    gate.verify(project, stack.name, None, file=file, trusted=trusted)  # what is quick to see comes first
    graph = None if files_only else quick_plan(stack)
    return gate.verify(project, stack.name, graph, file=file, trusted=trusted)


def signing_key(name: str) -> SigningKey:
    """The key of a name in ~/.mlinfra/keys, or in a file. Raises ConfigError."""
    from mlinfra.attestation import keys
    from mlinfra.stack.stack import default_home

    file = Path(name) if name.endswith(".pem") or "/" in name else keys.key_file(default_home(), name)
    return keys.load(file, lambda: _passphrase(f"Passphrase of {file.name}: "))


@keys_app.command("generate")
@grouped
def generate(
    where: Where,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the key, such as release-2026.")],
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write it instead.")] = None,
    trust: Annotated[bool, flag("--trust", help="Trust it in this project from today on.")] = False,
) -> None:
    """Make a signing key, encrypted with a passphrase (asked for, or $MLINFRA_KEY_PASSPHRASE).

    mlinfra keys generate release-2026 --trust
    mlinfra keys generate ci --file /etc/mlinfra/ci.pem
    """
    from mlinfra.attestation import keys
    from mlinfra.cli.opening import open_project
    from mlinfra.stack.stack import default_home

    project = open_project(where) if trust else None
    path = file or keys.key_file(default_home(), name)
    public = keys.generate(path, _passphrase(f"Passphrase for {name}: ", twice=True))
    say(f"The key {name} is in {path}; keep a copy where only you can read it.")
    console().print(str(public))
    if project is not None:
        _trust(project.root, name, public)


@keys_app.command("trust")
@grouped
def trust(
    where: Where,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="The public key. Default: of your own key NAME.")
    ] = None,
    until: Day = None,
) -> None:
    """Let the signatures of a key count in this project, from today on.

    mlinfra keys trust release-2026               your own, by its name
    mlinfra keys trust ci 2lQ4...                 another's, by its public key
    mlinfra keys trust ci 2lQ4... --until 2027-11-30
    """
    from mlinfra.attestation.keys import PublicKey
    from mlinfra.cli.opening import open_project

    project = open_project(where)
    try:
        public = PublicKey.parse(key) if key else signing_key(name).public
    except ValueError as error:
        raise ConfigError(f"KEY = {key!r} is no public key: {error}", fix="`mlinfra keys generate` prints it") from None
    _trust(project.root, name, public, until.date() if until else None)


@keys_app.command("retire")
@grouped
def retire(
    where: Where,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    on: Day = None,
) -> None:
    """Let what a key signs count no longer, after today or a day; what it has signed still counts.

    mlinfra keys retire release-2026
    mlinfra keys retire release-2026 --on 2027-01-31
    """
    from mlinfra.attestation import trust as trusted
    from mlinfra.cli.opening import open_project

    day = on.date() if on else _today()
    trusted.retire(open_project(where).root / trusted.FILE, name, day)
    say(f"What {name} signs after {day} does not count.")


@keys_app.command("list")
@grouped
def list_keys(where: Where, *, json: Annotated[bool, flag("--json", "-j", help="Print JSON.")] = False) -> None:
    """List the keys whose signatures count in this project.

    mlinfra keys list --json
    """
    from mlinfra.attestation import trust as trusted
    from mlinfra.cli.display.columns import print_columns
    from mlinfra.cli.opening import open_project

    found = trusted.read(open_project(where).root / trusted.FILE)
    rows = [
        {"name": one.name, "key": str(one.key), "since": str(one.since), "until": str(one.until or "")} for one in found
    ]
    if json:
        typer.echo(jsonlib.dumps(rows, indent=2))
        return
    print_columns(console(), [["name", "key", "since", "until"], *(list(row.values()) for row in rows)])


def _trust(root: Path, name: str, public: object, until: date | None = None) -> None:
    from mlinfra.attestation import trust as trusted
    from mlinfra.attestation.keys import PublicKey

    assert isinstance(public, PublicKey)
    file = root / trusted.FILE
    trusted.trust(file, name, public, _today(), until)
    say(f"{name} is trusted in {file}; commit it, and review changes to it as changes to who may approve a deployment.")


def _today() -> date:
    return datetime.now(UTC).date()


def _passphrase(question: str, *, twice: bool = False) -> str:
    from mlinfra.attestation.keys import PASSPHRASE_VARIABLE

    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    if not interactive():
        raise ConfigError("nobody can be asked for the key's passphrase", fix=f"set {PASSPHRASE_VARIABLE}")
    first = getpass.getpass(question)
    if twice and getpass.getpass("Once more: ") != first:
        raise ConfigError("the two passphrases differ", fix="run the command again")
    return first


def validity(days: int) -> timedelta:
    """How long a statement holds; raises ConfigError unless that is 1 to 366 days."""
    if not 1 <= days <= 366:  # noqa: PLR2004 - a year
        raise ConfigError(f"--valid {days} is out of range", fix="give 1 to 366 days")
    return timedelta(days=days)
