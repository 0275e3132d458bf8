"""A report as JUnit XML: a suite for each rule, a case for each resource that it judges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from mlinfra.compliance.formats.words import message
from mlinfra.compliance.report import Status

if TYPE_CHECKING:
    from mlinfra.compliance.report import Finding, Report, Tally

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 cannot hold


def render(report: Report, *, base: str = "") -> str:
    """The text of the file."""
    del base
    suites = ET.Element("testsuites", name=f"mlinfra check {report.project}/{report.stack}")
    for tally in report.tallies:
        if tally.checked:
            _suite(suites, tally, report)
    for key in ("tests", "failures", "skipped"):
        suites.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(suites: ET.Element, tally: Tally, report: Report) -> None:
    suite = ET.SubElement(suites, "testsuite", name=f"{tally.rule.id}: {_clean(tally.rule.title)}")
    failures = skipped = 0
    for urn in tally.passed:
        ET.SubElement(suite, "testcase", classname=tally.rule.id, name=_clean(urn), time="0")
    for one in tally.findings:
        case = ET.SubElement(suite, "testcase", classname=tally.rule.id, name=_clean(one.resource.urn), time="0")
        if one.source:
            case.set("file", _clean(one.source.file))
            case.set("line", str(one.source.line))
        if one.blocks(report.fail_on):
            failures += 1
            kind = f"{one.rule.severity} {one.status}"
            failure = ET.SubElement(case, "failure", type=kind, message=_clean(message(one)))
            failure.text = _clean(f"{one.rule.rationale}\nfix: {one.fix}")
        else:
            skipped += 1
            ET.SubElement(case, "skipped", message=_clean(_why(one)))
    suite.set("tests", str(tally.checked))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", str(skipped))
    suite.set("time", "0")


def _why(one: Finding) -> str:
    if one.waiver is not None:
        return f"waived until {one.waiver.expires} by {one.waiver.owner} ({one.waiver.ticket}): {one.waiver.reason}"
    return message(one) if one.status is Status.UNDETERMINED else f"below what fails the check: {message(one)}"


def _clean(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
