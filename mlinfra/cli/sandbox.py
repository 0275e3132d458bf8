"""`mlinfra sandbox`: the AWS account on this machine."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import confirm, console, interactive, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.sandbox.server.files import ServerInfo

app = typer.Typer(
    no_args_is_help=True,
    help="""The AWS account on this machine: one local process, started by the first `mlinfra up`.

mlinfra sandbox status            does it run, and where
eval "$(mlinfra sandbox env)"     let any AWS client use it
mlinfra sandbox reset             empty the account
mlinfra sandbox stop              end the process; the account is kept
""",
)

Json = Annotated[bool, flag("--json", "-j", help="Print JSON.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="sandbox", rich_help_panel="Sandbox")


@app.command()
def start(
    *,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="PORT", help="Where it listens. Default: 5566, or a free one."),
    ] = None,
    idle: Annotated[
        float | None,
        typer.Option(
            min=1,
            metavar="SECONDS",
            envvar="MLINFRA_SANDBOX_IDLE",
            help="End after so long without a request. Default: 8 hours.",
        ),
    ] = None,
    enforce_iam: Annotated[
        bool | None,
        typer.Option(
            "--enforce-iam/--no-enforce-iam",
            help="Whether callers with keys of IAM users and roles may do only what their policies allow. "
            "Default: as it was, at first no.",
        ),
    ] = None,
    control_plane: Annotated[
        bool | None,
        typer.Option(
            "--control-plane/--no-control-plane",
            help="Whether Kubernetes is a real control plane, built from source by the first start, "
            "rather than a store of objects. Default: as it was, at first no.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Start the sandbox, unless it runs.

    mlinfra sandbox start
    mlinfra sandbox start --port 4566 --idle 86400
    mlinfra sandbox start --enforce-iam
    mlinfra sandbox start --control-plane
    """
    from mlinfra.sandbox.server import control
    from mlinfra.stack.stack import default_home

    running = control.status(default_home())
    if running and port and not running.endpoint_url.endswith(f":{port}"):
        raise ConfigError(
            f"the sandbox runs at {running.endpoint_url}, not on port {port}",
            fix="mlinfra sandbox stop, then start it again",
        )
    if enforce_iam is not None:
        control.enforce_iam(default_home(), on=enforce_iam)
    if control_plane:
        from mlinfra.cli.control_plane import build_programs

        build_programs()
    elif control_plane is False and running is None:
        control.without_control_plane(default_home())
    info = running or control.start(default_home(), port=port, idle_seconds=idle or control.DEFAULT_IDLE_SECONDS)
    if control_plane is not None and control_plane != bool(info.kubeconfig):
        info = control.control_plane(default_home(), on=control_plane)
    if not json:
        say("The sandbox runs already." if running else "The sandbox runs.")
    _show(info, as_json=json)


@app.command()
def stop() -> None:
    """Stop the sandbox. It keeps its account for the next start.

    mlinfra sandbox stop
    """
    from mlinfra.sandbox.server import control
    from mlinfra.stack.stack import default_home

    say(
        "The sandbox is stopped; it keeps its account." if control.stop(default_home()) else "The sandbox does not run."
    )


@app.command()
def status(*, json: Json = False) -> None:
    """Tell whether the sandbox runs, and where; exit code 1 when it does not.

    mlinfra sandbox status || mlinfra sandbox start
    """
    from mlinfra.sandbox.server import control
    from mlinfra.stack.stack import default_home

    info = control.status(default_home())
    if info is None:
        if json:
            typer.echo("null")
        else:
            say("The sandbox does not run. `mlinfra up` or `mlinfra sandbox start` starts it.")
        raise typer.Exit(1)
    _show(info, as_json=json)


@app.command()
def reset(*, yes: Annotated[bool, flag("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Empty the account. Stacks that were deployed to it start anew with their next `up`.

    mlinfra sandbox reset
    mlinfra sandbox reset --yes       without asking
    """
    from mlinfra.sandbox.server import control
    from mlinfra.stack.stack import default_home

    if not yes and not interactive():
        raise ConfigError(
            "nobody can be asked whether everything in the account may go", fix="mlinfra sandbox reset --yes"
        )
    if not yes and not confirm("Delete everything in the account?"):
        raise typer.Abort
    control.reset(default_home())
    say("The account is empty and new.")


@app.command()
def env(
    *,
    region: Annotated[str, typer.Option(metavar="REGION", help="The clients' default region.")] = "us-east-1",
    json: Json = False,
) -> None:
    """Print what to export so that AWS clients and the pulumi CLI use the sandbox.

    eval "$(mlinfra sandbox env)"               then aws, boto3, terraform, …
    eval "$(mlinfra sandbox env --region eu-west-1)"
    pulumi login --local && pulumi up           the real CLI, the same account
    """
    from mlinfra.sandbox.server import control
    from mlinfra.sandbox.server.files import SandboxError
    from mlinfra.sandbox.session import Session
    from mlinfra.stack.stack import default_home

    info = control.status(default_home())
    if info is None:
        raise SandboxError("the sandbox does not run", fix="mlinfra sandbox start")
    variables = Session(info).exports(os.environ, region)
    if json:
        _print_json(variables)
        return
    # What else the shell says about AWS (profiles, tokens, endpoints of single services) would win over the exports.
    if others := [name for name in os.environ if name.startswith("AWS_") and name not in variables]:
        typer.echo(f"unset {' '.join(sorted(others))}")
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo(
        "# The pulumi CLI also wants a backend and a passphrase: pulumi login --local; PULUMI_CONFIG_PASSPHRASE=…"
    )


def _show(info: ServerInfo, *, as_json: bool) -> None:
    from dataclasses import asdict
    from datetime import datetime

    from mlinfra.sandbox.session import ACCOUNT

    if as_json:
        _print_json({**asdict(info), "account": ACCOUNT})
        return
    since = datetime.fromtimestamp(info.started).astimezone().isoformat(sep=" ", timespec="seconds")
    console().print(
        f"endpoint    {info.endpoint_url}\n"
        f"account     {ACCOUNT}\n"
        f"generation  {info.generation}\n"
        f"providers   aws on port {info.provider_port}, kubernetes on port {info.kubernetes_port}\n"
        f"process     {info.pid}, since {since}\n"
        + (f"kubernetes  a real control plane: export KUBECONFIG={info.kubeconfig}\n" if info.kubeconfig else ""),
        markup=False,
        end="",
    )


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))
