"""Names and limits that checks compare with, from `facts.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

SHORTEST: Final = 5


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
    """The known name from which an unknown one differs by one letter; None when it is known, or like no other.

    New actions and services appear all the time, so an unknown name alone is no mistake. Short names are often alike,
    and a digit of its own makes a name another version of the thing.
    """
    if name in known or len(name) < SHORTEST:
        return None
    return next((other for other in sorted(known) if _one_letter_apart(name, other)), None)


def _one_letter_apart(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, there = one[start:], other[start:]
    alike = rest[1:] == there[1:] or rest[1:] == there or rest == there[1:]
    swapped = rest[:2] == there[1::-1] and rest[2:] == there[2:]
    return (alike or swapped) and not rest[:1].isdigit()


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("mlinfra.sandbox.refusals") / "facts.toml").read_text("utf-8"))
