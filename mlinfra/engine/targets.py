"""Which resources a run is about: `--target`, `--exclude` and their dependants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlinfra.engine.needs import needs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.stack.state import ResourceState


class Patterns:
    """A set of URNs, some with wildcards: `*` within one part of a URN, `**` over parts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.literals = {text for text in texts if "*" not in text}
        self._patterns = [re.compile(_expression(text)) for text in texts if "*" in text]

    def __bool__(self) -> bool:
        return bool(self.literals or self._patterns)

    def __contains__(self, urn: str) -> bool:
        return urn in self.literals or any(pattern.fullmatch(urn) for pattern in self._patterns)

    def add(self, urn: str) -> None:
        """Make a URN one of the set."""
        self.literals.add(urn)


def _expression(text: str) -> str:
    parts = re.split(r"(\*\*|\*)", text)
    return "".join({"**": ".*", "*": "[^:]*"}.get(part, re.escape(part)) for part in parts)


class Selection:
    """What is included in a run. The sets grow by dependants as these are registered, in dependency order."""

    def __init__(
        self, targets: Iterable[str], excludes: Iterable[str], *, target_dependents: bool, exclude_dependents: bool
    ) -> None:
        self.targets, self.excludes = Patterns(targets), Patterns(excludes)
        self._targets, self._excludes = Patterns(targets), Patterns(excludes)
        self.target_dependents, self.exclude_dependents = target_dependents, exclude_dependents

    def includes(self, state: ResourceState) -> bool:
        """Whether a resource is to be worked on."""
        if self.targets:
            return state.urn in self.targets or (self.target_dependents and _depends(state, self._targets))
        if self.excludes:
            excluded = state.urn in self.excludes
            return not excluded and not (self.exclude_dependents and _depends(state, self._excludes))
        return True

    def note(self, state: ResourceState, *, included: bool) -> None:
        """Remember a registered resource, for those that depend on it."""
        if self.excludes and not included:
            self._excludes.add(state.urn)
        elif self.targets and included:
            self._targets.add(state.urn)


def _depends(state: ResourceState, patterns: Patterns) -> bool:
    return any(urn in patterns for urn in needs(state))
