"""Noticing what is saved."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from mlinfra.cli import check_watch
from mlinfra.cli.check_watch import look, wait_for_change


def test_a_save_is_noticed_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_watch, "_SETTLED", 0.5)
    file = tmp_path / "__main__.py"
    file.write_text("before")
    seen = look(tmp_path, ())

    def save() -> None:
        time.sleep(0.15)
        with file.open("w") as written:  # which empties it
            for _ in range(30):
                written.write("after")
                written.flush()
                time.sleep(0.005)

    saving = threading.Thread(target=save)
    saving.start()
    wait_for_change(tmp_path, lambda: (), seen)
    saving.join()
    assert look(tmp_path, ())[str(file)][1] == 30 * len("after")


def test_a_file_beside_the_project_counts(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other.py"
    project.mkdir()
    other.write_text("before")
    seen = look(project, [str(other)])
    timer = threading.Timer(0.15, other.unlink)
    timer.start()
    wait_for_change(project, lambda: [str(other)], seen)
    timer.join()
    assert look(project, [str(other)]) == {}
