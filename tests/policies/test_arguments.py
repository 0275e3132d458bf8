"""What a finding tells somebody to change is an argument that the component has, and the one that weakened it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mlinfra.compliance.check import run
from mlinfra.components.profiles import Profile
from mlinfra.components.registry import COMPONENTS
from mlinfra.graph import ResourceGraph
from mlinfra.policies.registry import RULES
from mlinfra.testing import plan
from tests.components.docstrings import program

NAMED = sorted({(kind, argument) for rule in RULES for kind, argument in rule.arguments.items()})
KINDS = {f"mlinfra:{one.__module__.rpartition('.')[2]}:{one.__name__}": one for one in COMPONENTS}
WEAKER: list[dict[str, Any]] = [
    {"profile": Profile.BASELINE},
    {"deletion_protection": False},
    {"isolated": False, "extended_support": True},
]
"""What users may ask of components that a strict profile objects to; what is in one line is about different components."""


@pytest.mark.parametrize(("component", "argument"), NAMED)
def test_the_component_has_the_argument(component: str, argument: str) -> None:
    assert argument.partition(".")[0] in KINDS[component]._args_type.model_fields


def test_there_are_some() -> None:
    assert NAMED


def findings(graph: ResourceGraph) -> dict[tuple[str, str], Any]:
    report = run(graph, rules=RULES, today=date(2026, 11, 22))
    return {(one.rule.id, one.resource.urn): one for one in report.findings if one.inside}


@pytest.mark.mutation
@pytest.mark.parametrize("weaker", WEAKER, ids="-".join)
def test_what_weakened_a_component_is_named(weaker: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every component's example, with one argument of each weaker: what is found in it names an argument."""
    code = compile(program(), "examples", "exec")
    before = findings(plan(lambda: exec(code, {"__name__": "__main__"}), stack="prod"))
    for component in COMPONENTS:
        own = {name: value for name, value in weaker.items() if name in component._args_type.model_fields}

        def weakened(self: Any, *, _init: Any = component._args_type.__init__, _own: Any = own, **given: Any) -> None:
            _init(self, **{**given, **_own})

        if own:
            monkeypatch.setattr(component._args_type, "__init__", weakened)
    after = findings(plan(lambda: exec(code, {"__name__": "__main__"}), stack="prod"))
    new = {key: one for key, one in after.items() if key not in before}
    assert new
    assert not {key: one.fix for key, one in new.items() if one.change is None}
