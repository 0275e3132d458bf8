"""The check: rules on a graph, waivers on what they say, and a report. Every path that judges a stack comes here."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from mlinfra import __version__
from mlinfra.compliance import defaults
from mlinfra.compliance import frameworks as data
from mlinfra.compliance.evaluate import Outcome, Verdict, evaluate, evaluate_alone
from mlinfra.compliance.families import family
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.report import Change, Finding, Notice, Place, Report, Step, Tally
from mlinfra.compliance.rule import STACK, Severity
from mlinfra.compliance.sources import written_at
from mlinfra.compliance.waivers import WaiverState, declared, longest
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Sequence

    from mlinfra.compliance.rule import Rule
    from mlinfra.compliance.waivers import Waiver
    from mlinfra.graph import Node, ResourceGraph


def run(
    graph: ResourceGraph,
    *,
    rules: Iterable[Rule],
    profile: Profile = Profile.REGULATED,
    waivers: Iterable[Waiver] = (),
    today: dt.date,
    frameworks: Sequence[str] = (),
    fail_on: Severity | None = Severity.LOW,
    regions: Collection[str] = (),
    alone: str = "",
) -> Report:
    """Check a graph. The graph's own waivers count as those that are given.

    `frameworks` leaves only the rules that bear on one of them, `fail_on` is the least severity for which a check fails
    (None: it never does). `regions` are those that data may be in (none: any). `alone` is the URN of the one resource to
    judge, of a graph that is not whole yet. Raises ConfigError when a waiver names a rule that is not among the rules, and
    when there is no such framework.
    """
    every = list(rules)
    chosen = data.chosen(frameworks)
    asked, not_asked = _asked(every, profile, chosen if frameworks else ())
    applied = Waivers((*waivers, *declared(graph)), graph, every, today)
    judged_now = (
        evaluate_alone(graph, alone, asked, profile, today=today)
        if alone
        else evaluate(graph, asked, profile, today=today, regions=regions)
    )
    outcomes = _by_rule(judged_now)
    tallies = [_tally(graph, rule, outcomes.get(rule.id, []), chosen, applied) for rule in asked]
    judged = applied.states({rule.id for rule in asked})
    kinds = {kind for rule in every for kind in rule.types} | defaults.table().keys()  # what rules are about, and read
    resources = graph.resources()
    loose = Counter(node.type for node in resources if not {node.type, family(node.type)} & kinds)
    return Report(
        version=__version__, project=graph.project, stack=graph.stack, profile=profile, today=today, fail_on=fail_on,
        frameworks=chosen, tallies=tuple(sorted(tallies, key=lambda one: (-one.rule.severity, one.rule.id))),
        not_asked=not_asked, waivers=tuple(judged), notices=tuple(_notices(judged, applied.rules, today)),
        resources=len(resources), unchecked=dict(sorted(loose.items())),
    )  # fmt: skip


class Waivers:
    """The waivers of a check, and which of them were needed."""

    def __init__(self, waivers: Iterable[Waiver], graph: ResourceGraph, rules: Sequence[Rule], today: dt.date) -> None:
        self._graph, self._today = graph, today
        self.rules = {rule.id: rule for rule in rules}
        self._all = [one for one in waivers if not one.stacks or graph.stack in one.stacks]
        self._needed: set[int] = set()
        self._by_rule: defaultdict[str, list[tuple[int, Waiver]]] = defaultdict(list)
        for index, one in enumerate(self._all):
            if one.rule not in self.rules:
                raise ConfigError(f"{one} names a rule that does not exist", fix="`mlinfra rules list` shows them all")
            self._by_rule[one.rule].append((index, one))

    def of(self, rule: Rule, node: Node) -> Waiver | None:
        """The waiver that holds for a violation."""
        holding = None
        for index, one in self._by_rule.get(rule.id, ()):
            if one.covers(node, self._graph):
                self._needed.add(index)
                if holding is None and one.state(rule, self._today).holds:
                    holding = one
        return holding

    def states(self, asked: set[str]) -> list[tuple[Waiver, WaiverState]]:
        """Every waiver of a rule that was asked, and what it is worth."""
        found = [
            (one, one.state(self.rules[one.rule], self._today) if index in self._needed else WaiverState.UNUSED)
            for index, one in enumerate(self._all)
            if one.rule in asked
        ]
        return sorted(found, key=lambda pair: (pair[0].rule, pair[0].scope, pair[0].expires, pair[0].line))


def _asked(
    rules: Iterable[Rule], profile: Profile, chosen: Sequence[data.Framework]
) -> tuple[list[Rule], dict[str, str]]:
    asked, not_asked = [], {}
    for rule in rules:
        if profile not in rule.profiles:
            not_asked[rule.id] = f"the profile {profile} does not ask for it"
        elif chosen and not any(rule.id in one.rules for one in chosen):
            not_asked[rule.id] = "it bears on none of the chosen frameworks"
        else:
            asked.append(rule)
    return asked, not_asked


def _by_rule(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(one.rule.id, []).append(one)
    return found


def _tally(
    graph: ResourceGraph, rule: Rule, outcomes: Sequence[Outcome], chosen: Sequence[data.Framework], waivers: Waivers
) -> Tally:
    controls = data.controls_of(rule.id, chosen)
    violations = [one for one in outcomes if one.verdict in (Verdict.FAIL, Verdict.UNDETERMINED)]
    return Tally(
        rule,
        tuple(sorted(one.urn for one in outcomes if one.verdict is Verdict.PASS)),
        tuple(_finding(graph, one, controls, waivers) for one in violations),
        sum(one.verdict is Verdict.NOT_APPLICABLE for one in outcomes),
    )


def _finding(graph: ResourceGraph, outcome: Outcome, controls: tuple[data.Control, ...], waivers: Waivers) -> Finding:
    node, rule = graph.node(outcome.urn), outcome.rule
    above = [one for one in graph.ancestors(node) if one.type != STACK]
    ours = next((one for one in above if one.type.startswith("mlinfra:")), None)
    takes = next((one for one in above if one.type in rule.arguments), None)
    return Finding(
        rule=rule, verdict=outcome.verdict, resource=_place(node),
        component=_place(above[-1]) if above else None,
        change=Change(_place(takes), rule.arguments[takes.type]) if takes else None,
        inside=_place(ours) if ours else None,
        source=written_at(node, graph),
        steps=tuple(Step(_place(graph.node(one.urn) if one.urn in graph else node), one) for one in outcome.evidence),
        error=outcome.error, controls=controls, waiver=waivers.of(rule, node),
    )  # fmt: skip


def _place(node: Node) -> Place:
    return Place(node.urn, node.type, node.name)


def _notices(judged: Iterable[tuple[Waiver, WaiverState]], rules: dict[str, Rule], today: dt.date) -> Iterable[Notice]:
    for waiver, state in judged:
        days, severity = (waiver.expires - today).days, rules[waiver.rule].severity
        limit = f"a {severity} rule may be waived for {longest(severity)}"
        said = {
            WaiverState.SOON: (f"{waiver} expires in {days} days", "fix what it waives, or agree on another date"),
            WaiverState.EXPIRED: (f"{waiver} has expired on {waiver.expires}", "fix what it waives, or renew it"),
            WaiverState.TOO_LONG: (f"{waiver} would hold for {days} days; {limit}", "name an earlier date"),
            WaiverState.FORBIDDEN: (f"{waiver} has no effect: this rule cannot be waived", "fix what it waives"),
            WaiverState.UNUSED: (f"{waiver} waives nothing", "remove it"),
        }.get(state)
        if said:
            yield Notice(waiver, state, *said)
