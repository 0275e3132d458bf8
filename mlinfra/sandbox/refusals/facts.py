"""Names and limits that checks compare with, from `facts.toml`."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

NEARLY: Final = 0.88  # one or two letters off in names of the usual length


@cache
def fact(section: str, key: str) -> Any:
    """One value of the table."""
    return _table()[section][key]


@cache
def names(section: str, key: str) -> frozenset[str]:
    """One list of the table."""
    return frozenset(fact(section, key))


@cache
def misspells(name: str, known: frozenset[str]) -> str | None:
    """The known name that an unknown one nearly spells; None when it is known, or like no other.

    New actions and services appear all the time, so an unknown name alone is no mistake.
    """
    if name in known:
        return None
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=NEARLY)), None)


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("mlinfra.sandbox.refusals") / "facts.toml").read_text("utf-8"))
