"""Pytest fixtures for programs that use mlinfra; loaded by pytest as the plugin `mlinfra`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlinfra.compliance.report import Report
    from mlinfra.graph import ResourceGraph


@pytest.fixture
def mlinfra_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty MLINFRA_HOME for the test: no stack, no sandbox and no passphrase of the user's is touched."""
    home = tmp_path / "mlinfra-home"
    monkeypatch.setenv("MLINFRA_HOME", str(home))
    return home


@pytest.fixture
def mlinfra_plan(mlinfra_home: Path) -> Callable[..., ResourceGraph]:
    """`mlinfra.testing.plan`, with an empty MLINFRA_HOME."""
    del mlinfra_home
    from mlinfra.testing import plan

    return plan


@pytest.fixture
def mlinfra_compliant(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """`mlinfra.testing.assert_compliant`, with the waivers in the mlinfra.waivers.yaml that is nearest above the test."""
    from mlinfra.testing import assert_compliant

    above = (folder / "mlinfra.waivers.yaml" for folder in request.path.parents)
    nearest = next((file for file in above if file.is_file()), ())
    return functools.partial(assert_compliant, waivers=nearest)
