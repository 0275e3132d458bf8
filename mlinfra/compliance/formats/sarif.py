"""A report as SARIF 2.1.0, with file and line, for code scanning."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.formats.words import located, message
from mlinfra.compliance.report import Status
from mlinfra.compliance.rule import Severity

if TYPE_CHECKING:
    from mlinfra.compliance.frameworks import Control
    from mlinfra.compliance.report import Finding, Report, Tally
    from mlinfra.compliance.waivers import Waiver

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# What code scanning sorts by: above 9.0 it says critical, above 7.0 high, above 4.0 medium.
_SCORES: Final = {Severity.LOW: "2.0", Severity.MEDIUM: "5.0", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}


def render(report: Report, *, base: str = "") -> str:
    """The text of the log."""
    return json.dumps(log(report, base=base), indent=2, ensure_ascii=False) + "\n"


def log(report: Report, *, base: str = "") -> dict[str, Any]:
    """The log as plain values."""
    index = {tally.rule.id: number for number, tally in enumerate(report.tallies)}
    run = {
        "tool": {
            "driver": {
                "name": "mlinfra",
                "version": report.version,
                "informationUri": "https://pypi.org/project/pulumi-mlinfra",
                "rules": [_rule(tally) for tally in report.tallies],
            }
        },
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"mlinfra/{report.project}/{report.stack}/"},
        "results": [_result(one, index[one.rule.id], report, base) for one in report.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(tally: Tally) -> dict[str, Any]:
    rule = tally.rule
    controls: tuple[Control, ...] = tally.findings[0].controls if tally.findings else ()
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.rationale},
        "help": {
            "text": f"{rule.rationale}\n\nFix: {rule.fix}",
            "markdown": f"{rule.rationale}\n\n```python\n{rule.fix}\n```",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "security-severity": _SCORES[rule.severity],
            "tags": ["security", *map(str, controls)],
        },
    }


def _result(one: Finding, index: int, report: Report, base: str) -> dict[str, Any]:
    # An undetermined verdict is "open"; one that fails the check is a failure for whoever must act on it.
    failure = one.status is not Status.UNDETERMINED or one.blocks(report.fail_on)
    digest = hashlib.sha256(f"{one.rule.id} {one.resource.urn}".encode()).hexdigest()
    return {
        "ruleId": one.rule.id,
        "ruleIndex": index,
        "kind": "fail" if failure else "open",
        "level": _LEVELS[one.rule.severity] if failure else "none",
        "message": {"text": f"{message(one)}\nFix: {one.fix}"},
        "locations": [_location(one, base)],
        "partialFingerprints": {"resource/v1": digest},
        "suppressions": [_suppression(one.waiver)] if one.waiver else [],
        "properties": {
            "status": str(one.status),
            "severity": str(one.rule.severity),
            "controls": [f"{control} ({control.grade})" for control in one.controls],
        },
    }


def _location(one: Finding, base: str) -> dict[str, Any]:
    # Code scanning shows nothing without a file; the project's own is right for the stack as a whole.
    file, line = (located(one, base), one.source.line) if one.source else (f"{base}Pulumi.yaml", 1)
    return {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": max(line, 1)}},
        "logicalLocations": [
            {"name": one.resource.name, "fullyQualifiedName": one.resource.urn, "kind": "resource"},
        ],
    }


def _suppression(waiver: Waiver) -> dict[str, Any]:
    until = f"until {waiver.expires.isoformat()}, {waiver.owner}, {waiver.ticket}"
    return {
        "kind": "inSource" if waiver.target else "external",
        "status": "accepted",
        "justification": f"{waiver.reason} ({until})",
    }
