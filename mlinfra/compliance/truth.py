"""Three-valued statements: true, false, or not known; each with what it rests on.

Rules are made of them. What is not known stays so: a statement has no boolean value, and joining it with others follows
Kleene's logic, in which a known violation is found beside any number of unknown values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NoReturn, final

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a statement rests on: what is at a property of a resource, and what should be."""

    urn: str
    path: str
    """The property, such as `rules[0].kmsKeyId`; empty for the resource itself."""
    seen: str
    wanted: str

    def __str__(self) -> str:
        place = f"{self.path} is " if self.path else ""
        return f"{place}{self.seen}; wanted: {self.wanted}"


class State(Enum):
    """What a statement is."""

    FALSE = "false"
    UNKNOWN = "unknown"
    TRUE = "true"
    BESIDE = "not applicable"  # nothing is said about this resource


@final
@dataclass(frozen=True, slots=True)
class Truth:
    """A statement. `a & b`, `a | b` and `~a` join statements; `bool(a)` is an error, for it may not be known."""

    state: State
    evidence: tuple[Evidence, ...] = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("a statement may be unknown: join statements with &, | and ~, and say `only_if` for conditions")

    def __and__(self, other: Truth) -> Truth:
        return all_of((self, other))

    def __or__(self, other: Truth) -> Truth:
        return any_of((self, other))

    def __invert__(self) -> Truth:
        turned = {State.TRUE: State.FALSE, State.FALSE: State.TRUE}.get(self.state, self.state)
        return Truth(turned, tuple(replace(one, wanted=_negated(one.wanted)) for one in self.evidence))

    def wanted(self, what: str) -> Truth:
        """The same statement, with what should be in a reader's words."""
        return Truth(self.state, tuple(replace(one, wanted=what) for one in self.evidence))


TRUE = Truth(State.TRUE)
NOT_APPLICABLE = Truth(State.BESIDE)


def all_of(statements: Iterable[Truth]) -> Truth:
    """True when every statement is; of none, true. What does not apply is passed over."""
    return _join(statements, State.FALSE, State.TRUE)


def any_of(statements: Iterable[Truth]) -> Truth:
    """True when one statement is; of none, false. What does not apply is passed over."""
    return _join(statements, State.TRUE, State.FALSE)


def only_if(condition: Truth, requirement: Truth) -> Truth:
    """The requirement where the condition holds; elsewhere nothing is said.

    Where the condition is not known, what is wanted of it is known to be there or not known either.
    """
    if condition.state is State.TRUE:
        return requirement
    if condition.state is State.UNKNOWN:
        return (
            requirement if requirement.state in (State.TRUE, State.BESIDE) else Truth(State.UNKNOWN, condition.evidence)
        )
    return NOT_APPLICABLE


def _join(statements: Iterable[Truth], decides: State, otherwise: State) -> Truth:
    groups: dict[State, list[Evidence]] = {}
    for one in statements:
        groups.setdefault(one.state, []).extend(one.evidence)
    for state in (decides, State.UNKNOWN, otherwise):
        if state in groups:
            return Truth(state, tuple(groups[state]))
    return NOT_APPLICABLE if groups else Truth(otherwise)


def _negated(wanted: str) -> str:
    return wanted.removeprefix("not ") if wanted.startswith("not ") else f"not {wanted}"
