"""What holds for every test."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Thousands of tests and SDK modules stay for the whole run: looking through them for garbage takes a fifth of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
