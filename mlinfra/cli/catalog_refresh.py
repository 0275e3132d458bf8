"""`mlinfra catalog refresh`: the catalogue brought up to date from the APIs of AWS."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError, MlinfraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.catalog.refresh.run import Change

_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the command to `mlinfra catalog`."""
    app.command("refresh")(refresh)


def refresh(
    *,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="REGION", help="Ask for the instance types of this region. Repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PART", help="Only instances, prices, quotas or versions. Repeatable."),
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="The profile of your AWS credentials.")] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIRECTORY", help="The tables to refresh. Default: those of this installation."),
    ] = None,
    json: Annotated[bool, flag("--json", "-j", help="Print the changes as JSON.")] = False,
) -> None:
    """Ask AWS for instance types, prices, quotas, Kubernetes versions and add-ons, and write them into the catalogue.

    Needs credentials that may read: ec2:DescribeInstanceTypes,
    pricing:GetProducts, servicequotas:ListAWSDefaultServiceQuotas,
    eks:DescribeClusterVersions, eks:DescribeAddonVersions. Every table is made
    before the first is written.

    mlinfra catalog refresh
    mlinfra catalog refresh --only versions --profile audit
    """
    from mlinfra import catalog
    from mlinfra.catalog.refresh.run import PARTS
    from mlinfra.catalog.refresh.run import refresh as run

    for part in only or ():
        if part not in PARTS:
            raise ConfigError(f"--only is {part!r}", fix=f"use one of {', '.join(PARTS)}")
    where = directory or Path(catalog.__path__[0])
    if not (where / "instances_accelerated.toml").is_file():
        raise ConfigError(f"--to is {where}, which has no catalogue", fix="name a copy of mlinfra/catalog")
    changes = _asking(
        profile,
        lambda clients: run(
            clients,
            where,
            datetime.now(tz=UTC).date(),
            regions=region or ["us-east-1", "us-west-2"],
            parts=only or PARTS,
            progress=lambda text: say(f"asking for {text}", style="dim"),
        ),
    )
    if json:
        typer.echo(jsonlib.dumps([_document(one) for one in changes], indent=2, default=str))
        return
    _show(changes)


def _asking(profile: str | None, ask: Callable[[Callable[[str, str], Any]], list[Change]]) -> list[Change]:
    """The answer, with every refusal of AWS as one error."""
    try:
        import boto3
        from botocore import exceptions
    except ImportError:
        raise ConfigError("refreshing needs boto3", fix="pip install 'pulumi-mlinfra[sandbox]'") from None
    try:
        session = boto3.Session(profile_name=profile)
        return ask(lambda service, region: session.client(service, region_name=region))
    except exceptions.ProfileNotFound:
        raise ConfigError(f"--profile is {profile!r}", fix="`aws configure list-profiles` lists yours") from None
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError):
        raise ConfigError("there are no AWS credentials", fix="set AWS_PROFILE, or use --profile") from None
    except exceptions.ClientError as error:
        what = error.response["Error"]
        message = f"AWS refused {error.operation_name}: {what.get('Message') or what.get('Code')}"
        raise MlinfraError(message, fix="allow it, or leave it out with --only; nothing was written") from None
    except exceptions.BotoCoreError as error:
        raise MlinfraError(f"AWS did not answer: {error}", fix="nothing was written; try again") from None


def _show(changes: list[Change]) -> None:
    from rich.text import Text

    for one in changes[:_SHOWN]:
        sign, style = ("+", "green") if one.before is None else ("-", "red") if one.after is None else ("~", "yellow")
        arrow = f"{one.before} -> {one.after}" if sign == "~" else str(one.after if sign == "+" else one.before)
        console().print(Text.assemble((f"{sign} ", style), f"{one.table}.{one.fact}  ", (arrow, "dim")))
    if len(changes) > _SHOWN:
        say(f"  and {len(changes) - _SHOWN} more; --json lists all", style="dim")
    if changes:
        say(f"{len(changes)} facts changed; run the tests, and look at the difference before you keep it", style="bold")
    else:
        say("the catalogue is up to date", style="green")


def _document(one: Change) -> dict[str, Any]:
    return {"table": one.table, "fact": one.fact, "before": one.before, "after": one.after}
