"""The parts of the validation that need no PyTorch. `tests/training` runs the whole of it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.runtime.training_validation import MIB, bus_bandwidth, shortfalls, storage_bandwidth


def test_bus_bandwidth_is_counted_as_nccl_tests_count_it() -> None:
    """A line of the published measurement: 1 GiB over 16 GPUs in 4607.6 microseconds are 436.95 GB/s."""
    assert bus_bandwidth(2**30, 4607.6e-6, 16) == pytest.approx(436.95, abs=0.01)
    assert bus_bandwidth(2**30, 1, 1) == 0


@given(found=st.floats(0, 1000), wanted=st.floats(0, 1000))
def test_less_than_is_wanted_is_said_and_nothing_else(found: float, wanted: float) -> None:
    assert bool(shortfalls({"bus_bandwidth": found}, {"bus_bandwidth": wanted})) == (found < wanted)


def test_what_is_no_number_is_not_enough() -> None:
    assert shortfalls({"storage_read": math.nan}, {"storage_read": 1}) == ["storage_read is nan GB/s, wanted 1.00"]
    assert shortfalls({"storage_read": math.nan}, {"storage_read": 0}) == []


def test_storage_is_written_read_and_left_clean(tmp_path: Path) -> None:
    found = storage_bandwidth(tmp_path / "checkpoint", 4 * MIB)
    assert set(found) == {"storage_write", "storage_read"}
    assert all(value > 0 for value in found.values())
    assert [*(tmp_path / "checkpoint").iterdir()] == []


def test_storage_that_changes_what_is_written_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(descriptor: int) -> None:
        (file,) = tmp_path.iterdir()
        file.write_bytes(b"\0" * file.stat().st_size)

    monkeypatch.setattr("os.fsync", spoil)
    with pytest.raises(RuntimeError, match="something else than was written"):
        storage_bandwidth(tmp_path, MIB)
