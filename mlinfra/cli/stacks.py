"""What is kept of stacks: `outputs`, `cancel`, `stack ls` and `state export|import`."""

from __future__ import annotations

import json as jsonlib
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mlinfra.cli.groups import grouped
from mlinfra.cli.options import Where, flag
from mlinfra.cli.terminal import confirm, console, interactive, say
from mlinfra.errors import ConfigError, StateError

_PANEL = "Look and repair"

Json = Annotated[bool, flag("--json", "-j", help="Print JSON.")]
ShowSecrets = Annotated[bool, flag("--show-secrets", help="Show secret values.")]
File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="A file instead of standard input or output.")
]

stack_app = typer.Typer(
    no_args_is_help=True,
    help="""The stacks of a project.

mlinfra stack ls                  which are deployed, which are configured
""",
)
state_app = typer.Typer(
    no_args_is_help=True,
    help="""The state of a stack, in the form that the pulumi CLI reads and writes.

mlinfra state export --file state.json
mlinfra state import --file state.json
mlinfra state unprotect --all
""",
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("outputs", rich_help_panel=_PANEL)(outputs)
    app.add_typer(stack_app, name="stack", rich_help_panel=_PANEL)
    app.add_typer(state_app, name="state", rich_help_panel=_PANEL)
    app.command("cancel", rich_help_panel=_PANEL)(cancel)


@grouped
def outputs(
    where: Where,
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Only this output, bare.", show_default=False)
    ] = None,
    json: Json = False,
    shell: Annotated[bool, flag("--shell", help="Print shell assignments.")] = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Print what a stack exports.

    mlinfra outputs
    mlinfra outputs vpc_id                  one value, to use in a script
    mlinfra outputs --json --show-secrets
    """
    from mlinfra.cli.display.summary import print_outputs
    from mlinfra.cli.display.values import bare, text
    from mlinfra.cli.opening import open_stack

    stack = open_stack(where)
    values = dict(sorted(stack.outputs().items()))
    if name is not None and name not in values:
        known = f"it has {', '.join(values)}" if values else "it has none"
        raise ConfigError(f"stack {stack.name!r} has no output {name!r}; {known}")
    if name is not None:
        typer.echo(
            jsonlib.dumps(bare(values[name], secrets=show_secrets))
            if json
            else text(values[name], secrets=show_secrets)
        )
    elif json:
        typer.echo(jsonlib.dumps(bare(values, secrets=show_secrets), indent=2))
    elif shell:
        for key, value in values.items():
            typer.echo(f"{key}={shlex.quote(text(value, secrets=show_secrets))}")
    elif values:
        print_outputs(console(), values, secrets=show_secrets)
    else:
        say(f"Stack {stack.name} has no outputs.")


@grouped
def cancel(where: Where, *, yes: Annotated[bool, flag("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Stop what runs on a stack, or free it when a run was cut off and left its lock behind.

    mlinfra cancel -s prod -y
    """
    from mlinfra.cli.opening import declared_stack, stop_holder

    stack = declared_stack(where)
    holder = stack.holder()
    if holder is None:
        say(f"Nothing runs on stack {stack.name}.")
        return
    if not yes and not interactive():
        raise ConfigError("nobody can be asked whether the run may be cancelled", fix="give --yes")
    if not yes and not confirm(f"Cancel {holder[0]}?"):
        raise typer.Abort
    stop_holder(stack)
    say(f"Stack {stack.name} is free.")


@stack_app.command("ls")
@grouped
def ls(where: Where, *, json: Json = False) -> None:
    """List the stacks of a project: those that are deployed and those that are configured.

    mlinfra stack ls
    mlinfra stack ls -C examples/foundation --json
    """
    from dataclasses import asdict

    from mlinfra.cli.display.columns import print_columns
    from mlinfra.cli.opening import open_project
    from mlinfra.stack.stack import default_home, stacks

    project = open_project(where)
    deployed = {summary.name: summary for summary in stacks(default_home(), project.name)}
    names = sorted(deployed.keys() | set(project.stacks()))
    if json:
        rows = [asdict(deployed[n]) if n in deployed else {"project": project.name, "name": n} for n in names]
        typer.echo(jsonlib.dumps(rows, indent=2, default=str))
        return
    lines = [("STACK", "RESOURCES", "LAST WRITTEN", "")]
    for name in names:
        if (summary := deployed.get(name)) is None:
            lines.append((name, "-", "not deployed", ""))
            continue
        count = str(summary.resources) if summary.resources >= 0 else "?"
        when = summary.updated.astimezone().isoformat(sep=" ", timespec="seconds")
        lines.append((name, count, when, "locked" if summary.locked else ""))
    print_columns(console(), lines)


@state_app.command("export")
@grouped
def export(where: Where, *, file: File = None, show_secrets: ShowSecrets = False) -> None:
    """Print a stack's state, for `pulumi stack import` or for keeping.

    mlinfra state export --file state.json
    mlinfra state export | pulumi stack import
    """
    from mlinfra.cli.opening import open_stack

    state = jsonlib.dumps(open_stack(where).export(show_secrets=show_secrets), indent=4, ensure_ascii=False)
    if file is None:
        typer.echo(state)
        return
    try:
        file.write_text(state + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
    say(f"The state is in {file}.")


@state_app.command("import")
@grouped
def import_(where: Where, *, file: File = None) -> None:
    """Replace a stack's state by one that `mlinfra state export` or `pulumi stack export` has printed.

    mlinfra state import --file state.json
    """
    from mlinfra.cli.opening import open_stack

    source = str(file) if file else "standard input"
    try:
        content = file.read_text(encoding="utf-8") if file else sys.stdin.read()
        state: Any = jsonlib.loads(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StateError(f"{source} is not JSON: {error}") from error
    stack = open_stack(where, make=True)
    with stack.lock("state import"):
        snapshot = stack.import_(state)
    say(f"Stack {stack.name} now has {len(snapshot.resources)} resources.")


@state_app.command("unprotect")
@grouped
def unprotect(
    where: Where,
    *,
    urn: Annotated[str | None, typer.Argument(metavar="URN", help="The resource.", show_default=False)] = None,
    every: Annotated[bool, flag("--all", help="Every resource of the stack.")] = False,
) -> None:
    """Let a protected resource be deleted. While its program asks for protection, the next `up` protects it again.

    mlinfra state unprotect 'urn:pulumi:dev::platform::aws:s3/bucket:Bucket::data'
    mlinfra state unprotect --all -s prod
    """
    from mlinfra.cli.opening import open_stack

    if (urn is None) != every:
        raise ConfigError("which resource is not clear", fix="give one URN, or --all")
    stack = open_stack(where)
    with stack.lock("state unprotect"):
        snapshot = stack.load()
        found = [resource for resource in snapshot.resources if every or resource.urn == urn]
        if not found and not every:
            raise ConfigError(f"stack {stack.name!r} has no resource {urn!r}", fix="`mlinfra state export` lists them")
        protected = [resource for resource in found if resource.protect]
        for resource in protected:
            resource.protect = False
        stack.save(snapshot)
    counted = "1 resource" if len(protected) == 1 else f"{len(protected)} resources"
    say(f"{counted} of stack {stack.name} {'is' if len(protected) == 1 else 'are'} no longer protected.")
