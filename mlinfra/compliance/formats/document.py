"""A report as JSON, in the form of docs/schemas/report-1.json. It holds no time, so that it can be digested."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlinfra.compliance.report import Finding, Place, Report, Tally
    from mlinfra.compliance.waivers import Waiver, WaiverState

FORM: Final = "mlinfra.report/1"


def render(report: Report, *, base: str = "") -> str:
    """The text of the document."""
    del base
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as plain values. The same check gives the same document."""
    return {
        "form": FORM,
        "tool": {"name": "mlinfra", "version": report.version},
        "project": report.project,
        "stack": report.stack,
        "profile": str(report.profile),
        "date": report.today.isoformat(),
        "result": "passed" if report.passed else "failed",
        "failOn": None if report.fail_on is None else str(report.fail_on),
        "counts": {**report.counts, "blocking": len(report.blocking), "resources": report.resources},
        "findings": [_finding(one, report) for one in report.findings],
        "rules": [_rule(one) for one in report.tallies],
        "waivers": [_waiver(one, state) for one, state in report.waivers],
        "notices": [{"rule": one.waiver.rule, "text": one.text, "fix": one.fix} for one in report.notices],
        "notChecked": {"types": dict(report.unchecked), "rules": dict(report.not_asked)},
        "frameworks": [
            {"id": one.id, "title": one.title, "version": one.version, "source": one.source}
            for one in report.frameworks
        ],
    }


def _finding(one: Finding, report: Report) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "title": one.rule.title,
        "severity": str(one.rule.severity),
        "status": str(one.status),
        "verdict": str(one.verdict),
        "blocking": one.blocks(report.fail_on),
        "resource": _place(one.resource),
        "component": one.component and _place(one.component),
        "argument": one.change and {"component": _place(one.change.component), "name": one.change.argument},
        "source": one.source and {"file": one.source.file, "line": one.source.line},
        "evidence": [
            {
                "resource": _place(step.place),
                "property": step.evidence.path,
                "seen": step.evidence.seen,
                "wanted": step.evidence.wanted,
            }
            for step in one.steps
        ],
        "error": one.error,
        "fix": one.fix,
        "controls": [
            {"framework": control.framework, "id": control.id, "title": control.title, "grade": str(control.grade)}
            for control in one.controls
        ],
        "waiver": one.waiver and _waiver(one.waiver),
    }


def _rule(tally: Tally) -> dict[str, Any]:
    return {
        "id": tally.rule.id,
        "title": tally.rule.title,
        "severity": str(tally.rule.severity),
        "result": tally.result,
        "passed": list(tally.passed),
        "findings": len(tally.findings),
        "notApplicable": tally.not_applicable,
    }


def _waiver(one: Waiver, state: WaiverState | None = None) -> dict[str, Any]:
    place = {"file": one.file, "line": one.line} if one.file else None
    return {
        "rule": one.rule,
        "scope": one.scope,
        "reason": one.reason,
        "owner": one.owner,
        "ticket": one.ticket,
        "expires": one.expires.isoformat(),
        "source": place,
        **({"state": str(state)} if state else {}),
    }


def _place(place: Place) -> dict[str, str]:
    return {"urn": place.urn, "type": place.type, "name": place.name}
