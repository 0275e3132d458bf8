"""What holds for every test."""

from __future__ import annotations

import gc

from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


def pytest_collection_finish() -> None:
    """Thousands of tests and SDK modules stay for the whole run: looking through them for garbage takes a fifth of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
