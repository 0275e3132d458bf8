"""Pytest fixtures for programs that use mlinfra; loaded by pytest as the plugin `mlinfra`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
