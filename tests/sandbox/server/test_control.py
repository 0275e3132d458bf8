"""Starting, finding, emptying and stopping the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlinfra.sandbox.server import control


@pytest.fixture
def home(tmp_path: Path):
    yield tmp_path
    control.stop(tmp_path)


def test_start_status_reset_stop(home: Path) -> None:
    assert control.status(home) is None
    started = control.start(home, port=0)
    assert control.status(home) == control.start(home) == started
    emptied = control.reset(home)
    assert emptied.generation != started.generation
    assert control.status(home) == emptied
    assert control.stop(home)
    assert control.status(home) is None
    assert not control.stop(home)
