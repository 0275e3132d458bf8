"""What a finding tells somebody to change is an argument that the component has."""

from __future__ import annotations

import importlib

import pytest

from mlinfra.policies.registry import RULES

NAMED = sorted({(kind, argument) for rule in RULES for kind, argument in rule.arguments.items()})


@pytest.mark.parametrize(("component", "argument"), NAMED)
def test_the_component_has_the_argument(component: str, argument: str) -> None:
    package, module, name = component.split(":")
    assert package == "mlinfra"
    arguments = getattr(importlib.import_module(f"mlinfra.components.{module}"), f"{name}Args")
    assert argument.partition(".")[0] in arguments.model_fields


def test_there_are_some() -> None:
    assert NAMED
