"""What a finding tells somebody to change is an argument that the component has."""

from __future__ import annotations

import pytest

from mlinfra.components.registry import COMPONENTS
from mlinfra.policies.registry import RULES

NAMED = sorted({(kind, argument) for rule in RULES for kind, argument in rule.arguments.items()})
ARGUMENTS = {
    f"mlinfra:{one.__module__.rpartition('.')[2]}:{one.__name__}": one._args_type.model_fields for one in COMPONENTS
}


@pytest.mark.parametrize(("component", "argument"), NAMED)
def test_the_component_has_the_argument(component: str, argument: str) -> None:
    assert argument.partition(".")[0] in ARGUMENTS[component]


def test_there_are_some() -> None:
    assert NAMED
