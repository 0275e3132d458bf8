"""Runs a stack program as Pulumi does, under mocks, with the configuration of Pulumi.<stack>.yaml."""

from __future__ import annotations

import functools
import importlib.util
import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def configuration(stack: str, **changes: Any) -> dict[str, str]:
    """The stack's configuration as a program gets it; a change to None takes the key away."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    config |= {key if ":" in key else f"platform:{key}": value for key, value in changes.items()}
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items() if v is not None}


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    """`run("dev", egress="none")` runs stacks/platform and returns its graph."""
    spec = importlib.util.spec_from_file_location("declaring", ROOT / "tests/components/conftest.py")
    assert spec
    assert spec.loader
    declaring = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = declaring
    spec.loader.exec_module(declaring)

    def program() -> None:
        runpy.run_path(str(ROOT / "stacks/platform"), run_name="__main__")

    @functools.cache
    def run_stack(stack: str, **changes: Any) -> Any:
        return declaring.declare(program, configuration(stack, **changes), stack)

    return run_stack
