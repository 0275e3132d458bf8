"""Every rule against its cases, and the law that no unknown value ever becomes a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlinfra.compliance.evaluate import Verdict, evaluate, evaluate_alone
from mlinfra.graph import Node, ResourceGraph, Unknown
from mlinfra.policies.registry import RULES
from tests.policies.cases import Case, cases

CASES = cases()
BY_ID = {rule.id: rule for rule in RULES}
RANK = {Verdict.FAIL: 3, Verdict.UNDETERMINED: 2, Verdict.PASS: 1, Verdict.NOT_APPLICABLE: 0}


def verdict(case: Case, graph: ResourceGraph) -> Verdict:
    """The worst that the rule says of a resource of the graph."""
    outcomes = list(evaluate(graph, [BY_ID[case.rule]], case.profile, today=case.today, regions=case.regions))
    assert not [one.error for one in outcomes if one.error]
    assert all(one.evidence for one in outcomes if one.verdict in (Verdict.FAIL, Verdict.UNDETERMINED))
    return max((one.verdict for one in outcomes), key=RANK.__getitem__, default=Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    assert verdict(case, case.graph) == case.verdict


@pytest.mark.parametrize("rule", sorted(BY_ID))
def test_every_rule_has_every_kind_of_case(rule: str) -> None:
    own = [case for case in CASES if case.rule == rule]
    assert {case.verdict for case in own} == set(Verdict)
    assert any(case.default for case in own), "a case in which a property is left out"


def test_no_case_without_a_rule() -> None:
    assert {case.rule for case in CASES} <= set(BY_ID)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*path, key), *places(item, (*path, key)))]


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy of a value with another value at a path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


def changed(graph: ResourceGraph, node: Node, path: tuple[str | int, ...], new: Any) -> ResourceGraph:
    edges = {key: urns for key, urns in node.edges.items() if key != path[0]}
    other = replace(node, inputs=put(node.inputs, path, new), edges=edges)
    return ResourceGraph([other if one is node else one for one in graph], project="test", stack="test")


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict == "fail"], ids=str)
def test_no_unknown_hides_a_failure(case: Case) -> None:
    """Whatever input of a failing program is not known, the rule does not say that all is well."""
    for node in case.graph:
        for path in places(node.inputs):
            graph = changed(case.graph, node, path, Unknown(".".join(map(str, path))))
            assert verdict(case, graph) in (Verdict.FAIL, Verdict.UNDETERMINED), (node.name, path)


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict in ("pass", "not applicable")], ids=str)
def test_what_passes_with_an_unknown_passes_with_any_value(case: Case) -> None:
    values = [False, True, None, 0, 1, "", "*", "0.0.0.0/0", [], {}, ["*"], "none"]
    for node in case.graph:
        for path in places(node.inputs):
            unknown = verdict(case, changed(case.graph, node, path, Unknown(".".join(map(str, path)))))
            if unknown in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                for value in values:
                    said = verdict(case, changed(case.graph, node, path, value))
                    assert said in (Verdict.PASS, Verdict.NOT_APPLICABLE), (node.name, path, value)


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict != "fail"], ids=str)
def test_no_resource_fails_alone_in_what_does_not_fail(case: Case) -> None:
    """A resource can be refused as soon as it is declared only for what nothing declared later mends."""
    so_far: list[Node] = []
    for node in case.graph:
        so_far.append(node)
        graph = ResourceGraph(so_far, project="test", stack="test")
        assert not list(evaluate_alone(graph, node.urn, [BY_ID[case.rule]], case.profile, today=case.today))
