"""SageMaker: which platforms of notebook instances are maintained (`sagemaker.toml`)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def notebook_platforms(today: date) -> frozenset[str]:
    """The platforms of notebook instances that are maintained on a day."""
    table = _table()["notebooks"]
    return frozenset(table["maintained"]["names"]) | {name for name, until in table["until"].items() if today <= until}


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "sagemaker.toml").read_text("utf-8"))
