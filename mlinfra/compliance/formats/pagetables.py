"""The tables of the HTML report: waivers, controls, rules, and what was not checked."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.formats.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlinfra.compliance.frameworks import Framework
    from mlinfra.compliance.report import Report

_WORST: Final = ("failed", "undetermined", "waived", "passed")
"""What a control's rules came to: the worst of them."""


def waivers(report: Report) -> Iterator[str]:
    """Every waiver of a rule that was asked, and what it is worth."""
    if not report.waivers:
        yield '<div class="card"><div class="body">There are none.</div></div>'
        return
    notices = {id(one.waiver): one for one in report.notices}
    rows = []
    for one, state in report.waivers:
        notice = notices.get(id(one))
        tag = "waived" if state.holds and notice is None else "undetermined" if state.holds else "failed"
        told = f'<br><span class="soft small">{escape(notice.fix)}</span>' if notice else ""
        rows.append(
            (
                f"<code>{escape(one.rule)}</code>",
                escape(one.scope),
                f"{_tag(tag, str(state))}{told}",
                f"<time>{one.expires}</time>",
                f"{escape(one.owner)}<br>{escape(one.ticket)}",
                f'{escape(one.reason)}<br><span class="soft small">{escape(one.place)}</span>',
            )
        )
    yield from _table(("Rule", "Scope", "State", "Expires", "Owner, ticket", "Reason"), rows)


def controls(report: Report) -> Iterator[str]:
    """Every control that a rule bears on, framework by framework."""
    results = {tally.rule.id: tally.result for tally in report.tallies if tally.checked}
    for framework in report.frameworks:
        rows = list(_controls(framework, results))
        yield '<details class="card more">'
        said = f"{len(rows)} of {plural(len(framework.controls), 'control')} with rules that had something to judge"
        yield f'<summary>{escape(str(framework))} <span class="soft small">{said}</span></summary>'
        if rows:
            source = f'Source: <a href="{escape(framework.source)}">{escape(framework.source)}</a>, {framework.date}'
            yield from _table(("Control", "Title", "Its rules", "Rules"), rows, caption=source, card=False)
        yield "</details>"


def _controls(framework: Framework, results: dict[str, str]) -> Iterator[Sequence[str]]:
    for control, title in framework.controls.items():
        bearing = {rule: grade for rule, grade in framework.of_control(control).items() if rule in results}
        if bearing:
            worst = next(one for one in _WORST if one in {results[rule] for rule in bearing})
            listed = "".join(
                f"<li><code>{escape(rule)}</code> <span class='soft'>{grade}, {results[rule]}</span></li>"
                for rule, grade in bearing.items()
            )
            yield escape(control), escape(title), _tag(worst, worst), f"<ul>{listed}</ul>"


def rules(report: Report) -> Iterator[str]:
    """Every rule that was asked."""
    rows = [
        (
            f"<code>{escape(tally.rule.id)}</code>",
            f'<span class="tag {tally.rule.severity}">{tally.rule.severity}</span>',
            escape(tally.rule.title),
            _tag(tally.result if tally.checked else "none", tally.result if tally.checked else "nothing to judge"),
            f"{len(tally.passed)}",
            f"{len(tally.findings)}",
        )
        for tally in report.tallies
    ]
    yield '<details class="card more">'
    yield f"<summary>{plural(len(rows), 'rule')}, the most severe first</summary>"
    yield from _table(("Rule", "Severity", "What must be", "Result", "Passed", "Not"), rows, card=False, numbers=(4, 5))
    yield "</details>"


def left_out(report: Report) -> Iterator[str]:
    """Types without rules, rules that were not asked, and controls that no rule bears on."""
    kinds = [(f"<code>{escape(kind)}</code>", f"{count}") for kind, count in report.unchecked.items()]
    if kinds:
        yield '<details class="card more">'
        yield f"<summary>{plural(len(kinds), 'type')} of resources without a rule</summary>"
        yield from _table(("Type", "Resources"), kinds, card=False, numbers=(1,))
        yield "</details>"
    if report.not_asked:
        rows = [(f"<code>{escape(rule)}</code>", escape(why)) for rule, why in sorted(report.not_asked.items())]
        yield '<details class="card more">'
        yield f"<summary>{plural(len(rows), 'rule')} that {'was' if len(rows) == 1 else 'were'} not asked</summary>"
        yield from _table(("Rule", "Why"), rows, card=False)
        yield "</details>"
    known = {tally.rule.id for tally in report.tallies}
    bare = [
        (escape(str(framework)), escape(control), escape(title))
        for framework in report.frameworks
        for control, title in framework.controls.items()
        if not known & set(framework.of_control(control))
    ]
    if bare:
        yield '<details class="card more">'
        yield f"<summary>{plural(len(bare), 'control')} that no rule bears on</summary>"
        yield from _table(("Framework", "Control", "Title"), bare, card=False)
        yield "</details>"
    if not (kinds or report.not_asked or bare):
        yield '<div class="card"><div class="body">Every type has a rule, and every rule was asked.</div></div>'


def _tag(kind: str, text: str) -> str:
    return f'<span class="tag {kind}">{escape(text)}</span>'


def _table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str = "",
    card: bool = True,
    numbers: Sequence[int] = (),
) -> Iterator[str]:
    """A table of cells that are HTML; the first of each row is its header."""
    yield f'<div class="{"card scroll" if card else "scroll"}"><table class="stack">'
    if caption:
        yield f"<caption>{caption}</caption>"
    yield "<thead><tr>" + "".join(f'<th scope="col">{one}</th>' for one in head) + "</tr></thead>\n<tbody>"
    for first, *others in rows:
        cells = "".join(
            f'<td class="{"number" if index in numbers else "text"}" data-label="{head[index]}">{cell}</td>'
            for index, cell in enumerate(others, 1)
        )
        yield f'<tr><th scope="row">{first}</th>{cells}</tr>'
    yield "</tbody></table></div>"
