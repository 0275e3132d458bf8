"""Words that several formats share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.compliance.report import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.compliance.frameworks import Control
    from mlinfra.compliance.report import Finding, Report


def verdict(report: Report) -> str:
    """What the check came to, in one line."""
    if report.passed:
        return f"{report.project}/{report.stack} passes the {report.profile} profile{below(report)}"
    worst = ", ".join(f"{count} {severity}" for severity, count in report.by_severity().items())
    return f"{report.project}/{report.stack} does not pass the {report.profile} profile: {worst}"


def below(report: Report) -> str:
    """What a check that passes has let through, if anything."""
    failed = report.counts[str(Status.FAILED)]
    return f", but for {plural(failed, 'failure')} below what fails the check" if report.passed and failed else ""


def counted(report: Report) -> str:
    """What was checked, in one line."""
    counts = report.counts
    said = [f"{counts[one]} {one}" for one in ("passed", "failed", "undetermined", "waived") if counts[one]]
    return f"{plural(len(report.tallies), 'rule')} on {plural(report.resources, 'resource')}: {', '.join(said) or 'nothing to say'}"


def message(finding: Finding) -> str:
    """A finding in one sentence, with what it rests on."""
    if finding.error:
        return f"{finding.rule.title}: the rule could not tell, for {finding.error}"
    lead = "cannot be told before deployment; " if finding.status is Status.UNDETERMINED else ""
    return f"{finding.rule.title}: {lead}{'; '.join(str(step) for step in finding.steps)}"


def by_framework(controls: Iterable[Control]) -> list[str]:
    """Controls with the name of each framework once: `cis-eks-1.8 4.2.2 4.2.3`."""
    found: dict[str, list[str]] = {}
    for one in controls:
        found.setdefault(one.framework, []).append(one.id)
    return [f"{framework} {' '.join(ids)}" for framework, ids in found.items()]


def plural(number: int, noun: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def located(finding: Finding, base: str) -> str:
    """The file of a finding, from the repository's root; empty when nobody knows it."""
    return f"{base}{finding.source.file}" if finding.source else ""
