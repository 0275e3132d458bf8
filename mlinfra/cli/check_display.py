"""A check's report in the terminal: by component, the most severe first, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from mlinfra.compliance.formats.words import below, by_framework, counted, plural
from mlinfra.compliance.report import Status
from mlinfra.compliance.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from mlinfra.compliance.report import Finding, Place, Report, Step

STYLES: Final = {
    Severity.CRITICAL: "bold magenta",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_COMPONENTS: Final = 25  # components with findings, without --verbose
_SHOWN: Final = 3  # things a rule rests on, without --verbose
_TYPES: Final = 8  # types without rules, without --verbose


class Page:
    """What is printed line by line. Where nobody would see styles it is written at its end, past rich.

    That takes a tenth of a second for a thousand lines.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: list[str] | None = None if console.is_terminal else []

    def print(self, text: Text = Text()) -> None:  # noqa: B008 (nobody changes it)
        """A line."""
        if self._lines is None:
            self._console.print(text)
        else:
            self._lines.append(text.plain)

    def say(self, text: Text, by: int = 11) -> None:
        """A paragraph that is indented; a terminal wraps it, elsewhere a line stays a line."""
        fits = by + text.cell_len <= self._console.width and "\n" not in text.plain
        if fits or self._lines is not None:
            self.print(Text(" " * by).append_text(text))
        else:
            self._console.print(Padding(text, (0, 0, 0, by), expand=False), soft_wrap=False)

    def end(self) -> None:
        """Nothing follows."""
        if self._lines:
            self._console.out("\n".join(self._lines), highlight=False)


def show(console: Console, report: Report, seconds: float, *, arguments: str = "", verbose: bool = False) -> None:
    """Print it. `arguments` are what other commands need to mean the same project and stack."""
    page = Page(console)
    open_ = [one for one in report.findings if one.status is not Status.WAIVED]
    groups = list(_by_owner(open_).items())
    for place, findings in groups if verbose else groups[:_COMPONENTS]:
        _component(page, place, findings, verbose=verbose)
    if len(groups) > _COMPONENTS and not verbose:
        rest = sum(len(findings) for _, findings in groups[_COMPONENTS:])
        more = f"{plural(len(groups) - _COMPONENTS, 'more component')} with {plural(rest, 'finding')}"
        page.print(Text.assemble((f"… {more}: --verbose shows them, --format html=FILE is easier to read\n", "yellow")))
    _waived(page, report)
    _notices(page, report)
    _unchecked(page, report, verbose=verbose)
    if verbose:
        _passed(page, report)
    _summary(page, report, seconds, arguments)
    page.end()


def _by_owner(findings: Iterable[Finding]) -> Mapping[Place, list[Finding]]:
    """Findings by what the program declares, that with the worst first."""
    groups: dict[Place, list[Finding]] = {}
    for one in sorted(findings, key=lambda one: (-one.rule.severity, one.rule.id)):
        groups.setdefault(one.owner, []).append(one)
    return groups


def _component(page: Page, place: Place, findings: list[Finding], *, verbose: bool) -> None:
    source = next((one.source for one in findings if one.source), None)
    head = Text.assemble((place.kind, "bold"), " ", (place.name, "bold"))
    if source:
        head.append(f"  {source}", "dim")
    page.print(head)
    rules: dict[str, list[Finding]] = {}
    for one in findings:
        rules.setdefault(f"{one.rule.id} {one.status}", []).append(one)
    for same in rules.values():
        _rule(page, same, verbose=verbose)
    page.print()


def _rule(page: Page, same: list[Finding], *, verbose: bool) -> None:
    one, rule = same[0], same[0].rule
    unsure = one.status is Status.UNDETERMINED
    line = Text.assemble(
        (f"{rule.severity!s:<9}", STYLES[rule.severity]), rule.title, (" (cannot be told)" if unsure else "", "yellow")
    )
    page.say(line, 2)
    steps = [step for finding in same for step in finding.steps]
    for step in steps if verbose else steps[:_SHOWN]:
        page.say(_step(step, one.owner))
    if len(steps) > _SHOWN and not verbose:
        page.say(Text(f"and {plural(len(steps) - _SHOWN, 'more place')}", "dim"))
    for error in dict.fromkeys(finding.error for finding in same if finding.error):
        page.say(Text(f"the rule has a mistake: {error}", "red"))
    if verbose:
        page.say(Text(rule.rationale, "dim"))
    for fix in dict.fromkeys(finding.fix for finding in same):
        page.say(Text.assemble(("fix  ", "bold green"), fix))
    frameworks = by_framework(one.controls)
    controls = ", ".join(frameworks if verbose else frameworks[:3])
    page.say(Text(f"{rule.id}{f' · supports {controls}' if controls else ''}", "dim"))


def _step(step: Step, owner: Place) -> Text:
    where = "" if step.place == owner else f"{step.place.kind} {step.place.name}: "
    evidence = step.evidence
    path = f"{evidence.path} is " if evidence.path else ""
    return Text.assemble((where, ""), path, (evidence.seen, "red"), ("; wanted: ", "dim"), (evidence.wanted, "green"))


def _waived(page: Page, report: Report) -> None:
    waived = [one for one in report.findings if one.waiver is not None]
    if waived:
        page.print(Text("Waived", "bold"))
    for one in waived:
        assert one.waiver is not None
        until = f"until {one.waiver.expires}, {one.waiver.owner}, {one.waiver.ticket}"
        page.say(Text.assemble(one.rule.id, f"  {one.resource}  ", (until, "dim")), 2)
    if waived:
        page.print()


def _notices(page: Page, report: Report) -> None:
    if report.notices:
        page.print(Text("Waivers to look at", "bold"))
    for notice in report.notices:
        page.say(Text.assemble(("! ", "yellow"), notice.text, (f"; {notice.fix}", "dim")), 2)
    if report.notices:
        page.print()


def _unchecked(page: Page, report: Report, *, verbose: bool) -> None:
    kinds = list(report.unchecked.items())
    if not kinds:
        return
    shown = kinds if verbose else kinds[:_TYPES]
    rest = f" and {len(kinds) - len(shown)} more" if len(shown) < len(kinds) else ""
    named = ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in shown)
    page.print(Text.assemble((f"Not checked, for no rule reads it: {named}{rest}", "dim")))
    page.print()


def _passed(page: Page, report: Report) -> None:
    for tally in report.tallies:
        if tally.result == "passed":
            page.print(Text.assemble(("✓ ", "green"), f"{tally.rule.title}  ", (f"{len(tally.passed)}", "dim")))
    page.print()


def _summary(page: Page, report: Report, seconds: float, arguments: str) -> None:
    name = f"{report.project}/{report.stack}"
    if report.passed:
        page.print(
            Text.assemble(("✓ ", "bold green"), (name, "bold"), f" passes the {report.profile} profile", below(report))
        )
    else:
        worst = Text(", ").join(Text(f"{n} {level}", STYLES[level]) for level, n in report.by_severity().items())
        page.print(
            Text.assemble(("✗ ", "bold red"), (name, "bold"), f" does not pass the {report.profile} profile: ", worst)
        )
    page.print(Text(f"  {counted(report)} in {seconds:.1f} s", "dim"))
    if not report.passed:
        first = report.blocking[0].rule.id
        page.print(
            Text.assemble(
                ("  next: ", "dim"), "fix what stands above; ", (f"mlinfra rules show {first}", "bold"), " says why; ",
                (f"mlinfra waivers add --rule {first}{arguments} …", "bold"), " where somebody answers for it",
            )
        )  # fmt: skip
