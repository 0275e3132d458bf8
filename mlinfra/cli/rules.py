"""`mlinfra rules`: what is checked, why, and for which frameworks."""

from __future__ import annotations

import difflib
import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlinfra.cli.options import flag
from mlinfra.cli.terminal import console, say
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from mlinfra.compliance.rule import Rule, Severity

rules_app = typer.Typer(
    no_args_is_help=True,
    help="""The rules of `mlinfra check`.

mlinfra rules list sagemaker      which there are
mlinfra rules show s3-tls-only    what one wants, why, and how to mend it
mlinfra rules coverage            how much of which framework they bear on
""",
)

Json = Annotated[bool, flag("--json", "-j", help="Print JSON.")]
Frameworks = Annotated[
    list[str] | None,
    typer.Option("--framework", metavar="ID", help="Only what bears on this framework. Repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(rules_app, name="rules", rich_help_panel="Check")


@rules_app.command("list")
def list_rules(
    *,
    search: Annotated[
        str, typer.Argument(metavar="TEXT", help="Only rules with this in id, title or types.", show_default=False)
    ] = "",
    severity: Annotated[str | None, typer.Option(metavar="LEVEL", help="Only from this severity on.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="PROFILE", help="Only what this profile asks for.")] = None,
    framework: Frameworks = None,
    json: Json = False,
) -> None:
    """List the rules, the most severe first.

    mlinfra rules list
    mlinfra rules list sagemaker --severity high
    mlinfra rules list --framework cis-eks-1.8
    """
    from rich.text import Text

    from mlinfra.cli.check_display import STYLES
    from mlinfra.cli.display.columns import print_columns
    from mlinfra.compliance.frameworks import chosen
    from mlinfra.policies.registry import RULES

    least = _level(severity) if severity else None
    _known_profile(profile)
    wanted = {rule for one in chosen(framework) for rule in one.rules} if framework else None
    found = sorted(
        (
            rule
            for rule in RULES
            if search.lower() in " ".join((rule.id, rule.title, *rule.types)).lower()
            and (least is None or rule.severity >= least)
            and (profile is None or profile in rule.profiles)
            and (wanted is None or rule.id in wanted)
        ),
        key=lambda rule: (-rule.severity, rule.id),
    )
    if json:
        typer.echo(jsonlib.dumps([_document(rule) for rule in found], indent=2))
        return
    if not found:
        raise ConfigError("no rule is like that", fix="`mlinfra rules list` shows all")
    rows = [(Text(str(rule.severity), STYLES[rule.severity]), rule.id, rule.title) for rule in found]
    print_columns(console(), rows)
    say(f"\n{len(found)} rules; `mlinfra rules show ID` says why and what to do", style="dim")


@rules_app.command("show")
def show(
    *, id: Annotated[str, typer.Argument(metavar="ID", help="The rule, such as s3-tls-only.")], json: Json = False
) -> None:
    """Say what a rule wants, why, what to do, and which controls it supports.

    mlinfra rules show s3-tls-only
    """
    from rich.text import Text

    from mlinfra.cli.check_display import STYLES
    from mlinfra.compliance.frameworks import controls_of
    from mlinfra.compliance.waivers import longest

    rule = named(id)
    if json:
        typer.echo(jsonlib.dumps(_document(rule), indent=2))
        return
    out = console()
    out.print(Text.assemble((rule.id, "bold"), "  ", (str(rule.severity), STYLES[rule.severity]), f"\n{rule.title}\n"))
    out.print(Text(f"{rule.rationale}\n"))
    out.print(Text.assemble(("Fix\n", "bold"), rule.fix, "\n"))
    if rule.arguments:
        out.print(Text("Arguments of components", "bold"))
        for component, argument in rule.arguments.items():
            out.print(Text.assemble("  ", argument, (f" of {component.rpartition(':')[2]}", "dim")))
        out.print()
    out.print(Text.assemble(("Applies to\n", "bold"), "\n".join(f"  {kind}" for kind in rule.types), "\n"))
    waivable = f"for {longest(rule.severity)} days at a time" if rule.waivable else "no"
    out.print(
        Text.assemble(("Profiles  ", "bold"), ", ".join(sorted(rule.profiles)), ("   Waivable  ", "bold"), waivable)
    )
    controls = controls_of(rule.id)
    if controls:
        out.print(Text("\nSupports", "bold"))
        for one in controls:
            out.print(Text.assemble(f"  {one}  ", one.title, (f"  {one.grade}", "dim")))


@rules_app.command("coverage")
def coverage(
    *,
    framework: Frameworks = None,
    json: Json = False,
    missing: Annotated[bool, flag("--missing", help="List the controls that no rule bears on.")] = False,
) -> None:
    """Say how many controls of each framework the rules bear on. A rule supports a control, it never fulfils one.

    mlinfra rules coverage
    mlinfra rules coverage --framework soc2 --missing
    """
    from rich.text import Text

    from mlinfra.cli.display.columns import print_columns
    from mlinfra.compliance.frameworks import Grade, chosen

    rows: list[dict[str, Any]] = []
    for one in chosen(framework or ()):
        graded = {control: one.of_control(control).values() for control in one.controls}
        rows.append(
            {
                "framework": one.id,
                "title": str(one),
                "controls": len(one.controls),
                "direct": sum(Grade.DIRECT in grades for grades in graded.values()),
                "supporting": sum(bool(grades) and Grade.DIRECT not in grades for grades in graded.values()),
                "rules": len(one.rules),
                "missing": [control for control, grades in graded.items() if not grades],
            }
        )
    if json:
        typer.echo(jsonlib.dumps(rows, indent=2))
        return
    head = [("FRAMEWORK", "CONTROLS", "DIRECT", "SUPPORTING", "RULES", "")]
    keys = ("framework", "controls", "direct", "supporting", "rules")
    print_columns(console(), head + [(*(str(row[key]) for key in keys), Text(row["title"], "dim")) for row in rows])
    if missing:
        for one, row in zip(chosen(framework or ()), rows, strict=True):
            console().print(Text(f"\nNo rule bears on, in {one}", "bold"))
            print_columns(console(), [("", control, one.controls[control]) for control in row["missing"]])
    say(
        "\nControls are those that a program for infrastructure can bear on; a rule supports them, it fulfils none.",
        style="dim",
    )


def named(id: str) -> Rule:
    """The rule with an id. Raises ConfigError, with the nearest, when there is none."""
    from mlinfra.policies.registry import RULES

    known = {rule.id: rule for rule in RULES}
    if id not in known:
        near = difflib.get_close_matches(id, known, 1)
        raise ConfigError(
            f"there is no rule {id!r}", fix=f"did you mean {near[0]}?" if near else "`mlinfra rules list` shows all"
        )
    return known[id]


def _level(severity: str) -> Severity:
    from mlinfra.compliance.rule import Severity

    try:
        return Severity[severity.upper()]
    except KeyError:
        known = ", ".join(map(str, Severity))
        raise ConfigError(f"--severity is {severity!r}", fix=f"use one of {known}") from None


def _known_profile(profile: str | None) -> None:
    from mlinfra.compliance.profiles import Profile

    if profile is not None and profile not in list(Profile):
        raise ConfigError(f"--profile is {profile!r}", fix=f"use one of {', '.join(Profile)}")


def _document(rule: Rule) -> dict[str, Any]:
    from mlinfra.compliance.frameworks import controls_of

    return {
        "id": rule.id,
        "title": rule.title,
        "severity": str(rule.severity),
        "rationale": rule.rationale,
        "fix": rule.fix,
        "types": list(rule.types),
        "arguments": dict(rule.arguments),
        "profiles": sorted(rule.profiles),
        "waivable": rule.waivable,
        "controls": [
            {"framework": one.framework, "id": one.id, "title": one.title, "grade": str(one.grade)}
            for one in controls_of(rule.id)
        ],
    }
