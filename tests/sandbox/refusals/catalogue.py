"""The list of mistakes: each a function that first does what is right and ends with the call that AWS refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.sandbox.refusals.cloud import Cloud


@dataclass(frozen=True)
class Mistake:
    """`call` is refused with `code` (several where AWS or moto word it differently) and a text that holds `says`."""

    name: str
    call: str
    codes: tuple[str, ...]
    says: str
    make: Callable[[Cloud], object]


MISTAKES: list[Mistake] = []


def mistake(call: str, codes: str, says: str = "") -> Callable[[Callable[[Cloud], object]], Callable[[Cloud], object]]:
    """Add a function to the list. `codes` is one error code, or several with `|` between."""

    def add(make: Callable[[Cloud], object]) -> Callable[[Cloud], object]:
        MISTAKES.append(Mistake(make.__name__.strip("_"), call, tuple(codes.split("|")), says, make))
        return make

    return add
