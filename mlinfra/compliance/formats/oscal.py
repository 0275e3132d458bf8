"""A report as OSCAL 1.1 assessment results.

Every rule is an observation, every violation a risk (an approved deviation where it is waived), and every control on which
a violation bears directly a finding. No finding says "satisfied": a rule supports a control, it does not fulfil one.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.formats.words import counted, message, verdict
from mlinfra.compliance.frameworks import Grade
from mlinfra.compliance.report import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.compliance.frameworks import Framework
    from mlinfra.compliance.report import Finding, Report, Tally

VERSION: Final = "1.1.3"
NAMESPACE: Final = "https://pypi.org/project/pulumi-mlinfra"
_ROOT: Final = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
_NIST: Final = ("nist-800-53-r5", "fedramp-moderate")  # whose controls OSCAL's own catalogues name


def render(report: Report, *, base: str = "") -> str:
    """The text of the document."""
    del base
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The document as plain values. Ids follow from what they name, so that the same check gives the same document."""
    when = f"{report.today.isoformat()}T00:00:00Z"
    about = f"{report.project}/{report.stack}/{report.profile}/{when}"
    result = {
        "uuid": _id(about, "result"),
        "title": f"mlinfra check of {report.project}/{report.stack}",
        "description": f"{verdict(report)}. {counted(report)}.",
        "start": when,
        "props": [_prop("profile", str(report.profile)), _prop("result", "passed" if report.passed else "failed")],
        "local-definitions": {"inventory-items": _inventory(report)},
        "reviewed-controls": {"control-selections": list(_selections(report))},
        "observations": [_observation(tally, about, when) for tally in report.tallies if tally.checked],
        "risks": [_risk(one, about) for one in report.findings],
        "findings": list(_findings(report, about)),
    }
    return {
        "assessment-results": {
            "uuid": _id(about, "document"),
            "metadata": {
                "title": f"Compliance check of {report.project}/{report.stack} before deployment",
                "last-modified": when,
                "version": report.version,
                "oscal-version": VERSION,
            },
            "import-ap": {"href": "#", "remarks": "The rules of mlinfra, in the profile that the properties name."},
            "results": [{key: value for key, value in result.items() if value not in ([], {"inventory-items": []})}],
        }
    }


def _inventory(report: Report) -> list[dict[str, Any]]:
    urns = {urn for tally in report.tallies for urn in tally.passed}
    urns |= {one.resource.urn for one in report.findings}
    return [
        {"uuid": _id(urn), "description": urn.rpartition("::")[2], "props": [_prop("urn", urn)]} for urn in sorted(urns)
    ]


def _selections(report: Report) -> Iterable[dict[str, Any]]:
    rules = [{"control-id": f"mlinfra_{tally.rule.id}"} for tally in report.tallies]
    yield {"description": "The rules of mlinfra", **({"include-controls": rules} if rules else {"include-all": {}})}
    asked = [tally.rule.id for tally in report.tallies if tally.checked]
    for framework in report.frameworks:
        controls = sorted({control.id for rule in asked for control in framework.of_rule(rule)})
        if controls:
            yield {
                "description": f"Controls of {framework} that rules bear on",
                "include-controls": [{"control-id": token(framework.id, one)} for one in controls],
            }


def _observation(tally: Tally, about: str, when: str) -> dict[str, Any]:
    urns = [*tally.passed, *(one.resource.urn for one in tally.findings)]
    return {
        "uuid": _id(about, tally.rule.id),
        "title": tally.rule.title,
        "description": tally.rule.rationale,
        "props": [
            _prop("rule", tally.rule.id),
            _prop("severity", str(tally.rule.severity)),
            _prop("result", tally.result.replace(" ", "-")),
        ],
        "methods": ["TEST-AUTOMATED"],
        "subjects": [{"subject-uuid": _id(urn), "type": "inventory-item"} for urn in urns],
        "relevant-evidence": [{"description": message(one)} for one in tally.findings]
        or [{"description": f"Every resource that it is about keeps it: {len(tally.passed)}."}],
        "collected": when,
    }


def _risk(one: Finding, about: str) -> dict[str, Any]:
    risk: dict[str, Any] = {
        "uuid": _id(about, one.rule.id, one.resource.urn),
        "title": f"{one.rule.title}: {one.resource}",
        "description": message(one),
        "statement": one.rule.rationale,
        "props": [_prop("severity", str(one.rule.severity)), _prop("status", str(one.status))],
        "status": {Status.WAIVED: "deviation-approved", Status.UNDETERMINED: "investigating"}.get(one.status, "open"),
        "related-observations": [{"observation-uuid": _id(about, one.rule.id)}],
    }
    if one.waiver is not None:
        risk["deadline"] = f"{one.waiver.expires.isoformat()}T23:59:59Z"
        risk["props"] += [_prop("owner", one.waiver.owner), _prop("ticket", one.waiver.ticket)]
        risk["description"] += f"\nWaived: {one.waiver.reason}"
    return risk


def _findings(report: Report, about: str) -> Iterable[dict[str, Any]]:
    violated = [one for one in report.findings if one.status is Status.FAILED]
    for framework in report.frameworks:
        for control, title in framework.controls.items():
            against = [one for one in violated if _directly(one, framework, control)]
            if against:
                rules = dict.fromkeys(one.rule.id for one in against)
                yield {
                    "uuid": _id(about, framework.id, control),
                    "title": f"{framework} {control}",
                    "description": f"{title}: {', '.join(rules)} failed",
                    "target": {
                        "type": "objective-id",
                        "target-id": token(framework.id, control),
                        "status": {"state": "not-satisfied", "reason": "fail"},
                    },
                    "related-observations": [{"observation-uuid": _id(about, rule)} for rule in rules],
                    "related-risks": [{"risk-uuid": _id(about, one.rule.id, one.resource.urn)} for one in against],
                }


def _directly(one: Finding, framework: Framework, control: str) -> bool:
    return framework.of_control(control).get(one.rule.id) is Grade.DIRECT


def token(framework: str, control: str) -> str:
    """A control as OSCAL names it: NIST's as in NIST's own catalogue (ac-2.1), others after their framework."""
    if framework in _NIST:
        return control.lower().replace("(", ".").replace(")", "")
    return f"{framework}_{re.sub(r'[^A-Za-z0-9.-]+', '-', control).strip('-')}"


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": value}


def _id(*parts: str) -> str:
    # OSCAL wants version 4 or 5; the name makes it the same every time.
    return str(uuid.uuid5(_ROOT, "\n".join(parts)))
