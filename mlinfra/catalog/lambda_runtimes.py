"""Runtimes of AWS Lambda that are, or will be, without patches (`lambda_runtimes.toml`)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@functools.cache
def deprecated_runtimes() -> Mapping[str, date]:
    """The day on which each runtime is deprecated, by its identifier. What is not there has a year or more to go."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "lambda_runtimes.toml").read_text("utf-8"))
    return dict(table["deprecated"])
