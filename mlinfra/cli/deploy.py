"""The commands that deploy: up, preview, refresh, destroy and import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from mlinfra.cli.groups import grouped
from mlinfra.cli.importing import AskingToImport, Imported
from mlinfra.cli.options import EVIDENCE, WHAT, Asking, Evidence, Located, Scope, Shown, Where, flag

if TYPE_CHECKING:
    from typer import Typer

Refresh = Annotated[bool, flag("--refresh", "-r", help="First read what is really there.", panel=WHAT)]
RunProgram = Annotated[
    bool, flag("--run-program", help="Run the program too, for hooks and providers that need it.", panel=WHAT)
]
Replace = Annotated[
    list[str] | None,
    Option("--replace", metavar="URN", help="Replace this resource. Repeatable.", rich_help_panel=WHAT),
]
ClearPendingCreates = Annotated[
    bool, flag("--clear-pending-creates", help="Forget creations that were cut off half-way.", panel=WHAT)
]


def register(app: Typer) -> None:
    """Add the commands to the application."""
    for name, command in (
        ("up", up),
        ("preview", preview),
        ("refresh", refresh),
        ("destroy", destroy),
        ("import", import_),
    ):
        app.command(name, rich_help_panel="Deploy")(command)


@grouped
def up(
    where: Located,
    asking: Asking,
    scope: Scope,
    shown: Shown,
    evidence: Evidence,
    *,
    refresh: Refresh = False,
    replace: Replace = None,
    require_attestation: Annotated[
        bool,
        flag(
            "--require-attestation",
            help="Deploy only what a signed check says has passed (see `mlinfra check --attest`).",
            panel=EVIDENCE,
            envvar="MLINFRA_REQUIRE_ATTESTATION",
        ),
    ] = False,
) -> None:
    """Deploy a stack: create, update and delete what differs from its program.

    It goes into the sandbox, which is started when it does not run. A stack that
    does not exist yet is made.

    mlinfra up                        preview, ask, deploy
    mlinfra up stacks/platform -y     another project, without asking
    mlinfra up -s prod --diff         another stack, with properties
    mlinfra up -c vpc_cidr=10.8.0.0/16
    mlinfra up -s prod --require-attestation

    Exit code 3: the signed check that was asked for is missing, or does not hold.
    """
    from mlinfra.cli.flow import Flow

    if require_attestation:
        from mlinfra.cli.evidence import admit

        admit(where, evidence)
    Flow.of("up", where, scope, shown, refresh=refresh, replaces=tuple(replace or ())).deploy(asking)


@grouped
def preview(where: Located, scope: Scope, shown: Shown, *, refresh: Refresh = False, replace: Replace = None) -> None:
    """Show what `up` would do, and do nothing.

    mlinfra preview --diff            with properties
    mlinfra preview --expect-no-changes
    """
    from mlinfra.cli.flow import Flow

    Flow.of("up", where, scope, shown, refresh=refresh, replaces=tuple(replace or ())).preview()


@grouped
def refresh(
    where: Located,
    asking: Asking,
    scope: Scope,
    shown: Shown,
    *,
    run_program: RunProgram = False,
    clear_pending_creates: ClearPendingCreates = False,
) -> None:
    """Read what is really in the account and bring the stack's state up to date with it.

    mlinfra refresh -y
    mlinfra refresh -y --expect-no-changes      has anything drifted?
    """
    from mlinfra.cli.flow import Flow

    flow = Flow.of("refresh", where, scope, shown, run_program=run_program, clear_pending_creates=clear_pending_creates)
    flow.deploy(asking)


@grouped
def destroy(
    where: Located,
    asking: Asking,
    scope: Scope,
    shown: Shown,
    *,
    refresh: Refresh = False,
    run_program: RunProgram = False,
    exclude_protected: Annotated[
        bool, flag("--exclude-protected", help="Leave protected resources as they are.", panel=WHAT)
    ] = False,
) -> None:
    """Delete everything that a stack has deployed. Its configuration stays.

    mlinfra destroy                   preview, ask, delete
    mlinfra destroy -s prod -y
    """
    from mlinfra.cli.flow import Flow

    flow = Flow.of(
        "destroy",
        where,
        scope,
        shown,
        refresh=refresh,
        run_program=run_program,
        exclude_protected=exclude_protected,
    )
    flow.deploy(asking)


@grouped
def import_(
    where: Where,
    asking: AskingToImport,
    scope: Scope,
    shown: Shown,
    imported: Imported,
) -> None:
    """Take resources that exist in the account into a stack's state.

    Declare them in the program as well, or the next `up` deletes them.

    mlinfra import aws:s3/bucket:Bucket data my-data-bucket
    mlinfra import aws:ec2/subnet:Subnet web subnet-0a1b --parent 'net=urn:…'
    mlinfra import --file resources.json -y
    """
    from mlinfra.cli.flow import Flow

    Flow.of("import", where, scope, shown, items=imported.items()).deploy(asking)
