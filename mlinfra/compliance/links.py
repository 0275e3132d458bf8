"""The resources at the other end of a reference, and what can be said about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlinfra.compliance.truth import Evidence, State, Truth, all_of, any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlinfra.compliance.resource import Resource


@dataclass(frozen=True, slots=True)
class Links:
    """Resources that something refers to, or that refer to it."""

    found: tuple[Resource, ...]
    evidence: Evidence
    """What it says of the reference when there is nothing at its end."""
    possible: tuple[Resource, ...] = ()
    """Those that may belong to it as well: what they refer to is not known."""
    elsewhere: bool = False
    """The reference leads, or may lead, to something that this stack does not declare."""

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.found)

    def exist(self) -> Truth:
        """Whether there is any."""
        return self.any(lambda one: one.says(True, "there"))

    def any(self, says: Callable[[Resource], Truth]) -> Truth:
        """Whether something holds for one of them."""
        known = any_of(map(says, self.found))
        if known.state is State.TRUE or not (self.possible or self.elsewhere):
            return known if self.found else Truth(State.FALSE, (self.evidence,))
        return Truth(State.UNKNOWN, (self.evidence,))

    def every(self, says: Callable[[Resource], Truth]) -> Truth:
        """Whether something holds for all of them; where there are none, it does."""
        known = all_of(map(says, self.found))
        if known.state is State.FALSE or not (self.possible or self.elsewhere):
            return known
        rest = all_of(map(says, self.possible))
        return known & (
            Truth(State.UNKNOWN, (self.evidence,)) if self.elsewhere or rest.state is not State.TRUE else rest
        )

    def one(self, says: Callable[[Resource], Truth]) -> Truth:
        """Whether something holds for the one resource that a property refers to.

        Several may be behind one property: then it must hold for all of them, and not to hold, for none.
        """
        if not self.found:
            state = State.UNKNOWN if self.possible or self.elsewhere else State.FALSE
            return Truth(state, (self.evidence,))
        statements = [says(one) for one in self.found]
        same = statements[0].state
        if all(one.state is same for one in statements):
            return Truth(same, tuple(item for one in statements for item in one.evidence))
        return Truth(State.UNKNOWN, tuple(item for one in statements for item in one.evidence))
