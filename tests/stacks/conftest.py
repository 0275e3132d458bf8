"""Plans the stack at the root of the repository, as `mlinfra` and `pulumi` run it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlinfra.graph import ResourceGraph
from mlinfra.testing import plan

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def planned() -> Callable[..., ResourceGraph]:
    """`planned("dev", egress="none")` is the graph of Pulumi.dev.yaml with that change."""

    @functools.cache
    def graph(stack: str, changes: str) -> ResourceGraph:
        return plan(ROOT, stack=stack, config=json.loads(changes))

    return lambda stack, **changes: graph(stack, json.dumps(changes))
