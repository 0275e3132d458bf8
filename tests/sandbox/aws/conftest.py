"""An account for the provider's tests alone: quotas hold in it, and other tests leave things behind in theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlinfra.sandbox.server import control
from tests.sandbox.conftest import Sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One server for all tests of the provider."""
    home = tmp_path_factory.mktemp("provider-home")
    yield Sandbox(home, control.start(home, port=0, idle_seconds=900))
    control.stop(home)
