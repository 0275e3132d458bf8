"""The one evaluator: every rule on every resource it is about. Check, tests, policy pack and states all come here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mlinfra.compliance.families import kinds
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.resource import Facts, Resource
from mlinfra.compliance.rule import STACK, Rule, Severity
from mlinfra.compliance.truth import Evidence, State, Truth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date

    from mlinfra.graph import ResourceGraph


class Verdict(StrEnum):
    """What a rule says of a resource."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not applicable"


_VERDICTS: Final = {
    State.TRUE: Verdict.PASS,
    State.FALSE: Verdict.FAIL,
    State.UNKNOWN: Verdict.UNDETERMINED,
    State.BESIDE: Verdict.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says of one resource, and why."""

    rule: Rule
    urn: str
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    error: str = ""
    """What went wrong inside the rule; then the verdict is undetermined."""

    @property
    def violates(self) -> bool:
        """Whether it stands in the way: it failed, or it is undetermined and critical or high."""
        if self.verdict is Verdict.UNDETERMINED:
            return self.rule.severity >= Severity.HIGH
        return self.verdict is Verdict.FAIL


def evaluate(
    graph: ResourceGraph,
    rules: Iterable[Rule],
    profile: Profile = Profile.REGULATED,
    *,
    today: date | None = None,
    regions: Collection[str] = (),
) -> Iterator[Outcome]:
    """Every outcome of the rules that the profile asks for, in the order of the graph.

    `today` is that of the clock; `regions` are those that data may be in, any where none is named.
    """
    facts = Facts(graph, profile, today, regions=regions)
    by_type: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if profile in rule.profiles:
            for kind in rule.types:
                by_type[kind].append(rule)
    for node in graph:
        for rule in (one for kind in kinds(node.type) for one in by_type.get(kind, ())):
            if not node.external or node.type == STACK:
                yield judge(rule, facts.resource(node))


def evaluate_alone(
    graph: ResourceGraph, urn: str, rules: Iterable[Rule], profile: Profile, *, today: date | None = None
) -> Iterator[Outcome]:
    """The failures of one resource that nothing declared later can mend; the graph is what is known so far."""
    facts = Facts(graph, profile, today, whole=False)
    resource = facts.resource(urn)
    for rule in rules:
        if profile in rule.profiles and set(kinds(resource.type)).intersection(rule.types):
            outcome = judge(rule, resource)
            own = all(one.urn == urn and one.path for one in outcome.evidence)
            if outcome.verdict is Verdict.FAIL and outcome.evidence and own:
                yield outcome


def judge(rule: Rule, resource: Resource) -> Outcome:
    """What a rule says of a resource. An exception inside the rule leaves it undetermined, and is told."""
    try:
        said = rule.check(resource)
        if not isinstance(said, Truth):
            raise TypeError(f"the rule answered {said!r}, which is no statement")  # noqa: TRY301
    except Exception as error:  # noqa: BLE001 - a rule's mistake must neither pass nor end the check
        return Outcome(rule, resource.node.urn, Verdict.UNDETERMINED, error=f"{type(error).__name__}: {error}")
    return Outcome(rule, resource.node.urn, _VERDICTS[said.state], tuple(dict.fromkeys(said.evidence)))
