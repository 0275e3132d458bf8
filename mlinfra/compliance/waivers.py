"""Waivers: violations that somebody answers for, for a while.

They stand in `mlinfra.waivers.yaml`, or beside the component in the program (`ml.waive`), where the graph shows them.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.rule import STACK
from mlinfra.compliance.sources import written_at
from mlinfra.errors import ConfigError
from mlinfra.graph import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.compliance.rule import Rule, Severity
    from mlinfra.graph import Node, ResourceGraph

DECLARED: Final = "mlinfra:waiver:Waiver"
"""The type of waivers that a program declares."""
STACK_SCOPE: Final = "stack"
"""The scope of rules about the stack as a whole."""
REQUIRED: Final = ("rule", "scope", "reason", "owner", "ticket", "expires")
LEAST_REASON: Final = 15
"""Characters of a reason; with fewer nobody will know later what was meant."""


class WaiverState(StrEnum):
    """What a waiver is worth on a day."""

    USED = "used"
    SOON = "expires soon"
    EXPIRED = "expired"
    TOO_LONG = "too long"
    FORBIDDEN = "not waivable"
    UNUSED = "unused"

    @property
    def holds(self) -> bool:
        """Whether what it covers is waived."""
        return self in (WaiverState.USED, WaiverState.SOON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A waiver of one rule for a part of a stack."""

    rule: str
    scope: str
    """A name of a component or resource (and what is inside it), a URN with `*`, or `stack`."""
    reason: str
    owner: str
    """Who answers for it."""
    ticket: str
    """Where it was agreed."""
    expires: dt.date
    """The last day on which it holds."""
    stacks: tuple[str, ...] = ()
    """The stacks that it is meant for; none named: all."""
    file: str = ""
    line: int = 0
    target: str = ""
    """Of a waiver that the program declares: the URN of what it is declared for."""

    def covers(self, node: Node, graph: ResourceGraph) -> bool:
        """Whether it is about a resource: the one that it names, or one inside that."""
        if self.target:
            inside = () if graph.node(self.target).type == STACK else graph.ancestors(node)
            return any(one.urn == self.target for one in (node, *inside))
        if "*" in self.scope or "::" in self.scope:
            return fnmatch.fnmatchcase(node.urn, self.scope)
        if node.type == STACK:
            return self.scope == STACK_SCOPE
        return any(one.name == self.scope for one in (node, *graph.ancestors(node)) if one.type != STACK)

    def state(self, rule: Rule, today: dt.date) -> WaiverState:
        """What it is worth for a rule that it covers a violation of."""
        if not rule.waivable:
            return WaiverState.FORBIDDEN
        if self.expires < today:
            return WaiverState.EXPIRED
        left = (self.expires - today).days
        if left > longest(rule.severity):
            return WaiverState.TOO_LONG
        return WaiverState.SOON if left <= soon() else WaiverState.USED

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.file}:{self.line}" if self.file else "the program"

    def __str__(self) -> str:
        return f"the waiver of {self.rule} for {self.scope} ({self.place})"


def declared(graph: ResourceGraph) -> tuple[Waiver, ...]:
    """The waivers that the program declares. Raises ConfigError where one is wrong."""
    return tuple(_of_node(node, graph) for node in graph.of_type(DECLARED))


def _of_node(node: Node, graph: ResourceGraph) -> Waiver:
    source = written_at(node, graph)
    place = str(source) if source else str(node)
    fields = {key: value for key, value in node.inputs.items() if value is not None}
    for key, value in fields.items():
        if isinstance(value, Unknown):
            raise ConfigError(
                f"{place}: the {key} of a waiver is not known before deployment", fix="give it as plain text"
            )
    above = graph.parent(node)
    return waiver(
        {**fields, "scope": above.name if above and above.type != STACK else STACK_SCOPE}, place,
        file=source.file if source else "", line=source.line if source else 0, target=node.parent,
    )  # fmt: skip


def waiver(fields: Mapping[str, Any], place: str, *, file: str = "", line: int = 0, target: str = "") -> Waiver:
    """A waiver of what somebody wrote. Raises ConfigError, with the place, when something is missing or wrong."""
    about = f"the waiver of {fields['rule']}" if fields.get("rule") else "a waiver"
    texts = {key: str(fields.get(key) or "").strip() for key in REQUIRED}
    for key, text in texts.items():
        if not text:
            raise ConfigError(f"{place}: {about} has no {key}", fix=f"add `{key}: …`; docs/waivers.md says what for")
    if len(texts["reason"]) < LEAST_REASON:
        raise ConfigError(
            f"{place}: {about} gives {texts['reason']!r} as its reason",
            fix=f"say in {LEAST_REASON} characters or more why it is acceptable",
        )
    try:
        expires = dt.date.fromisoformat(texts["expires"])
    except ValueError:
        raise ConfigError(
            f"{place}: {about} expires on {texts['expires']!r}, which is no date", fix="write it as 2027-01-31"
        ) from None
    return Waiver(
        rule=texts["rule"], scope=texts["scope"], reason=texts["reason"], owner=texts["owner"], ticket=texts["ticket"],
        expires=expires, stacks=tuple(fields.get("stacks") or ()), file=file, line=line, target=target,
    )  # fmt: skip


def longest(severity: Severity) -> int:
    """For how many days a violation may be waived."""
    return int(_limits()["max_days"][str(severity)])


def soon() -> int:
    """How many days before its end a waiver is called soon to expire."""
    return int(_limits()["soon_days"])


@functools.cache
def _limits() -> dict[str, Any]:
    return tomllib.loads((resources.files("mlinfra.compliance") / "waivers.toml").read_text("utf-8"))
