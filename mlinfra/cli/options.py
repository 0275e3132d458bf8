"""The options that several commands share, in groups, spelt as Pulumi spells them."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option


def flag(*names: str, help: str, panel: str | None = None, envvar: str | None = None) -> Any:
    """An option without a value."""
    # The empty metavar keeps "<bool>" out of the help.
    return Option(*names, help=help, rich_help_panel=panel, envvar=envvar, metavar="")


PROJECT = "Project and stack"
WHAT = "What is worked on"
SHOWN = "What is shown"


@dataclass(frozen=True, kw_only=True)
class Where:
    """Which project and stack, and who is watching."""

    cwd: Annotated[
        Path | None,
        Option(
            "--cwd", "-C", metavar="DIRECTORY", help="Run as if started in another folder.", rich_help_panel=PROJECT
        ),
    ] = None
    stack: Annotated[
        str | None,
        Option(
            "--stack",
            "-s",
            envvar="PULUMI_STACK",
            metavar="NAME",
            help="The stack. Default: the last one used, else dev.",
            rich_help_panel=PROJECT,
        ),
    ] = None
    color: Annotated[
        str, Option(metavar="WHEN", help="auto, always or never. Also NO_COLOR.", rich_help_panel=SHOWN)
    ] = "auto"
    non_interactive: Annotated[bool, flag("--non-interactive", help="Never ask.", panel=SHOWN)] = False

    @property
    def directory(self) -> Path:
        """Where to look for the project."""
        return self.cwd or Path()

    @property
    def arguments(self) -> str:
        """What another command needs to mean the same project and stack, with a space before."""
        given = [("-C", str(self.directory) if self.directory != Path() else None), ("-s", self.stack)]
        return "".join(f" {name} {shlex.quote(value)}" for name, value in given if value)

    @property
    def overrides(self) -> list[str]:
        """Configuration for this run, as `key=value`."""
        return []

    @property
    def paths(self) -> bool:
        """Whether the keys of the overrides are paths."""
        return False


@dataclass(frozen=True, kw_only=True)
class Located(Where):
    """Where, for commands that take the project's folder as an argument and configuration for one run."""

    folder: Annotated[
        Path | None,
        Argument(
            metavar="DIRECTORY",
            help="The project: a folder with Pulumi.yaml. Default: this folder, or the nearest above it.",
            show_default=False,
        ),
    ] = None
    config: Annotated[
        list[str] | None,
        Option(
            "--config",
            "-c",
            metavar="KEY=VALUE",
            help="A configuration value for this run, over Pulumi.<stack>.yaml. Repeatable.",
            rich_help_panel=PROJECT,
        ),
    ] = None

    config_path: Annotated[
        bool, flag("--config-path", help="The keys of --config are paths: network.subnets[0].cidr.", panel=PROJECT)
    ] = False

    @property
    def directory(self) -> Path:
        """Where to look for the project."""
        return (self.cwd or Path()) / (self.folder or Path())

    @property
    def overrides(self) -> list[str]:
        """Configuration for this run, as `key=value`."""
        return self.config or []

    @property
    def paths(self) -> bool:
        """Whether the keys of the overrides are paths."""
        return self.config_path


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which resources, and how hard to try."""

    parallel: Annotated[
        int,
        Option("--parallel", "-p", min=1, metavar="N", help="Resources worked on at once.", rich_help_panel=WHAT),
    ] = 16
    target: Annotated[
        list[str] | None,
        Option(
            "--target",
            "-t",
            metavar="URN",
            help="Only this resource; * and ** are wildcards. Repeatable.",
            rich_help_panel=WHAT,
        ),
    ] = None
    target_dependents: Annotated[
        bool, flag("--target-dependents", help="And what depends on the targets.", panel=WHAT)
    ] = False
    exclude: Annotated[
        list[str] | None,
        Option("--exclude", "-x", metavar="URN", help="All but this resource. Repeatable.", rich_help_panel=WHAT),
    ] = None
    exclude_dependents: Annotated[
        bool, flag("--exclude-dependents", help="But not what depends on the excluded either.", panel=WHAT)
    ] = False
    continue_on_error: Annotated[
        bool,
        flag(
            "--continue-on-error",
            help="After a failure go on with what does not depend on it.",
            panel=WHAT,
            envvar="PULUMI_CONTINUE_ON_ERROR",
        ),
    ] = False
    expect_no_changes: Annotated[bool, flag("--expect-no-changes", help="Fail when something changes.", panel=WHAT)] = (
        False
    )
    message: Annotated[
        str, Option("--message", "-m", metavar="TEXT", help="A note that goes with the run.", show_default=False)
    ] = ""


EVIDENCE = "Evidence"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where signed checks are, and whose signatures count."""

    attestation: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="The signed check. Default: mlinfra.<stack>.attestation.json of the project.",
            rich_help_panel=EVIDENCE,
        ),
    ] = None
    trusted_keys: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="The keys that count. Default: $MLINFRA_TRUSTED_KEYS, else the project's mlinfra.trusted-keys.yaml.",
            rich_help_panel=EVIDENCE,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the user wants to see."""

    json: Annotated[
        bool,
        flag("--json", "-j", help="Print Pulumi's engine events as JSON lines, nothing else.", panel=SHOWN),
    ] = False
    diff: Annotated[bool, flag("--diff", help="Show which properties change.", panel=SHOWN)] = False
    show_secrets: Annotated[bool, flag("--show-secrets", help="Show secret outputs.", panel=SHOWN)] = False


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whether to look first and to ask."""

    yes: Annotated[
        bool, flag("--yes", "-y", help="Do it after the preview without asking. Also PULUMI_SKIP_CONFIRMATIONS=true.")
    ] = False
    skip_preview: Annotated[bool, flag("--skip-preview", "-f", help="Do it, without a preview.")] = False
    preview_only: Annotated[bool, flag("--preview-only", help="Stop after the preview.")] = False

    @property
    def agreed(self) -> bool:
        """Whether the user has said yes beforehand."""
        said = os.environ.get("PULUMI_SKIP_CONFIRMATIONS", "").lower() in {"1", "true", "yes"}
        return self.yes or self.skip_preview or said
