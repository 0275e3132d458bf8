"""A report as Markdown for a pull request. The first line tells a bot which comment is its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.formats.words import by_framework, counted, located, plural, verdict
from mlinfra.compliance.report import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.compliance.report import Finding, Report

MARKER: Final = "<!-- mlinfra check -->"
LONGEST: Final = 60_000
"""Characters; GitHub takes comments of 65,536."""
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]|~#])")


def render(report: Report, *, base: str = "") -> str:
    """The text of the comment, with as many findings as there is room for."""
    head = "\n".join(_head(report))
    tail = "\n".join(_tail(report))
    body, left = "", len(report.findings)
    for one in report.findings:
        text = "\n".join(_finding(one, base))
        if len(head) + len(body) + len(text) + len(tail) > LONGEST:
            body += f"\n{plural(left, 'more finding')}: `mlinfra check` shows all.\n"
            break
        body, left = body + text, left - 1
    return f"{head}\n{body}\n{tail}\n"


def _head(report: Report) -> Iterator[str]:
    yield MARKER
    yield f"### {'✅' if report.passed else '❌'} {_text(verdict(report))}"
    yield ""
    yield f"{_text(counted(report))}."
    yield ""


def _finding(one: Finding, base: str) -> Iterator[str]:
    place = f"{located(one, base)}:{one.source.line}" if one.source else ""
    status = "" if one.status is Status.FAILED else f" · {one.status}"
    yield "<details>"
    yield (
        f"<summary><b>{one.rule.severity}</b>{status} · {_html(one.rule.title)} · {_html(str(one.owner))}"
        f"{f' · <code>{_html(place)}</code>' if place else ''}</summary>"
    )
    yield ""
    yield f"`{one.rule.id}` on <code>{_html(one.resource.urn)}</code>"
    yield ""
    yield _text(one.rule.rationale)
    yield ""
    for step in one.steps:
        yield f"- {_text(str(step))}"
    if one.error:
        yield f"- {_text(one.error)}"
    yield ""
    if one.waiver is not None:
        waiver = one.waiver
        until = f"until {waiver.expires} by {waiver.owner}, {waiver.ticket}"
        yield f"Waived {_text(until)}: {_text(waiver.reason)}"
    elif one.change:
        yield f"**Fix:** {_text(one.fix)}"
    else:
        yield f"**Fix:**\n\n```python\n{one.fix}\n```"
    if one.controls:
        yield ""
        yield f"<sub>supports {_text(', '.join(by_framework(one.controls)))}</sub>"
    yield ""
    yield "</details>"
    yield ""


def _tail(report: Report) -> Iterator[str]:
    if report.notices:
        yield "**Waivers**"
        yield ""
        for notice in report.notices:
            yield f"- {_text(notice.text)}: {_text(notice.fix)}"
        yield ""
    if report.unchecked:
        kinds = ", ".join(f"`{kind}` ({count})" for kind, count in report.unchecked.items())
        yield f"<details><summary>Not checked: {plural(len(report.unchecked), 'type')} without rules</summary>\n\n{kinds}\n\n</details>"


def _text(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped).replace("\n", " ")


def _html(text: str) -> str:
    """Text inside HTML, where neither HTML nor Markdown takes any of it for its own."""
    return "".join(char if char.isalnum() or char in " .,:;/$-()'" else f"&#{ord(char)};" for char in text)
