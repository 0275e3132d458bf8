"""No false alarm: what AWS accepts passes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

from tests.sandbox.refusals.cloud import Cloud
from tests.sandbox.refusals.good import foundation, workloads

MODULES = (foundation, workloads)
CONFIGURATIONS = [
    function
    for module in MODULES
    for _, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and list(inspect.signature(function).parameters) == ["aws"]
]


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda function: function.__name__)
def test_good_configuration_is_accepted(configuration: Callable[[Cloud], None], aws: Cloud) -> None:
    configuration(aws)


def test_there_are_enough_of_them() -> None:
    source = "".join(inspect.getsource(module) for module in MODULES)
    calls = re.findall(
        r"\b\w+\.((?:create|put|update|delete|attach|associate|modify|run|add|set|register|authorize|enable|start|batch|request|subscribe|change|allocate|release|publish)_\w+)\(",
        source,
    )
    assert len(calls) >= 200
    assert len(set(calls)) >= 120
