"""A report as one HTML file that an auditor can read: no script, nothing from elsewhere, light and dark."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from mlinfra.compliance.formats.pagetables import controls, left_out, rules, waivers
from mlinfra.compliance.formats.words import by_framework, counted, located, plural, verdict
from mlinfra.compliance.report import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlinfra.compliance.report import Finding, Place, Report

_SECTIONS = {
    "findings": "Findings",
    "waivers": "Waivers",
    "controls": "Controls",
    "rules": "Rules",
    "left-out": "Not checked",
    "reading": "How to read this",
}


def render(report: Report, *, base: str = "") -> str:
    """The text of the page."""
    return "\n".join(_page(report, base)) + "\n"


def _page(report: Report, base: str) -> Iterator[str]:
    style = (resources.files("mlinfra.compliance.formats") / "page.css").read_text("utf-8")
    name = f"{report.project}/{report.stack}"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>Compliance check of {escape(name)}</title>\n<style>\n{style}</style>\n</head>\n<body>"
    yield from _head(report)
    links = "".join(f'<li><a href="#{id}">{title}</a></li>' for id, title in _SECTIONS.items())  # noqa: A001
    yield f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n<main>'
    for section, parts in {
        "findings": _findings(report, base),
        "waivers": waivers(report),
        "controls": controls(report),
        "rules": rules(report),
        "left-out": left_out(report),
        "reading": _reading(report),
    }.items():
        yield f'<section aria-labelledby="{section}">\n<h2 id="{section}">{_SECTIONS[section]}</h2>'
        yield from parts
        yield "</section>"
    yield f"<footer>Written by mlinfra {escape(report.version)} for {report.today.isoformat()}.</footer>"
    yield "</main>\n</body>\n</html>"


def _head(report: Report) -> Iterator[str]:
    result = "passed" if report.passed else "failed"
    yield f"<header><div>\n<h1>{escape(report.project)}/{escape(report.stack)}</h1>"
    yield (
        f'<p class="soft">Compliance check · {escape(str(report.profile))} profile · '
        f'<time datetime="{report.today.isoformat()}">{report.today.isoformat()}</time></p>'
    )
    mark = "✓" if report.passed else "✗"
    yield f'<p class="verdict {result}"><span aria-hidden="true">{mark}</span><span>{escape(verdict(report))}</span></p>'
    counts = report.counts
    yield '<ul class="tiles">'
    for count, title in (
        (len(report.blocking), "blocking"),
        (counts["undetermined"], "cannot be told"),
        (counts["waived"], "waived"),
        (counts["passed"], "passed"),
        (len(report.tallies), "rules asked"),
        (report.resources, "resource" if report.resources == 1 else "resources"),
    ):
        yield f"<li><b>{count:,}</b>{title}</li>"
    yield "</ul>\n</div></header>"


def _findings(report: Report, base: str) -> Iterator[str]:
    found = [one for one in report.findings if one.status is not Status.WAIVED]
    waived = [one for one in report.findings if one.status is Status.WAIVED]
    if not found:
        waivers_too = ", or somebody answers for it" if waived else ""
        yield f'<div class="card"><div class="body">Every rule that was asked is kept{waivers_too}.</div></div>'
    for place, group in _by_owner(found).items():
        yield from _card(place, group, report, base, opened=True)
    if waived:
        yield f'<p class="soft">{plural(len(waived), "violation")} that somebody answers for:</p>'
    for place, group in _by_owner(waived).items():
        yield from _card(place, group, report, base, opened=False)


def _by_owner(findings: Iterable[Finding]) -> Mapping[Place, list[Finding]]:
    groups: dict[Place, list[Finding]] = {}
    for one in sorted(findings, key=lambda one: (-one.rule.severity, one.rule.id)):
        groups.setdefault(one.owner, []).append(one)
    return groups


def _card(place: Place, group: list[Finding], report: Report, base: str, *, opened: bool) -> Iterator[str]:
    source = next((f"{located(one, base)}:{one.source.line}" for one in group if one.source), "")
    yield '<div class="card">'
    yield f'<div class="head"><h3>{escape(str(place))}</h3>'
    yield f'<span class="soft small">{f"<code>{escape(source)}</code>" if source else escape(place.type)}</span></div>'
    for one in group:
        yield from _finding(one, opened=opened and one.blocks(report.fail_on))
    yield "</div>"


def _finding(one: Finding, *, opened: bool) -> Iterator[str]:
    rule = one.rule
    yield f'<details class="finding"{" open" if opened else ""}>'
    yield (
        f'<summary><span class="tag {rule.severity}">{rule.severity}</span>'
        f'<span class="tag {one.status}">{one.status}</span>{escape(rule.title)}</summary>\n<div>'
    )
    yield f"<p>{escape(rule.rationale)}</p>\n<dl>"
    yield f"<dt>Rule</dt><dd><code>{escape(rule.id)}</code></dd>"
    yield f"<dt>Resource</dt><dd>{escape(str(one.resource))}<br><code>{escape(one.resource.urn)}</code></dd>"
    steps = "".join(
        f"<li>{escape(str(step.place))}: {f'<code>{escape(step.evidence.path)}</code> is ' if step.evidence.path else ''}"
        f"{escape(step.evidence.seen)}; wanted: {escape(step.evidence.wanted)}</li>"
        for step in one.steps
    )
    if steps:
        yield f'<dt>Evidence</dt><dd><ul class="plain">{steps}</ul></dd>'
    if one.error:
        yield f"<dt>Mistake in the rule</dt><dd>{escape(one.error)}</dd>"
    if one.waiver is not None:
        until = f"until {one.waiver.expires}, {one.waiver.owner}, {one.waiver.ticket}"
        yield f"<dt>Waived</dt><dd>{escape(until)}<br>{escape(one.waiver.reason)}</dd>"
    if one.change:
        argument = escape(one.change.argument)
        told = escape(one.fix).replace(argument, f"<code>{argument}</code>", 1)
        yield f"<dt>Fix</dt><dd>{told}</dd>"
    else:
        yield f"<dt>Fix</dt><dd><pre>{escape(one.fix)}</pre></dd>"
    if one.controls:
        listed = "".join(f"<li>{escape(line)}</li>" for line in by_framework(one.controls))
        yield f'<dt>Supports</dt><dd><ul class="plain">{listed}</ul></dd>'
    yield "</dl>\n</div>\n</details>"


def _reading(report: Report) -> Iterator[str]:
    gate = f"severity {report.fail_on} or above" if report.fail_on else "no severity"
    yield f"""<div class="card"><div class="body">
<p>{escape(counted(report))}.</p>
<dl>
<dt>passed</dt><dd>The rule holds for the resource, whatever is not known before deployment.</dd>
<dt>failed</dt><dd>The rule does not hold. The check fails for failures of {gate}.</dd>
<dt>undetermined</dt><dd>It cannot be told before deployment; never taken for passed. The check fails for it from high on.</dd>
<dt>waived</dt><dd>It failed or is undetermined, and somebody answers for it until a day. Waivers that have expired do not count.</dd>
<dt>direct</dt><dd>A control asks for just what the rule checks.</dd>
<dt>supporting</dt><dd>What the rule checks is a part of what a control asks for, or helps.</dd>
</dl>
<p>Rules support controls. No result here says that a control, a standard or a law is fulfilled.</p>
</div></div>"""
