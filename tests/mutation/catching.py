"""Whether a rule catches a mutant: says of it what it does not say of the stack as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.compliance.evaluate import Outcome, Verdict, evaluate, judge
from mlinfra.compliance.families import kinds
from mlinfra.compliance.resource import Facts
from mlinfra.compliance.rule import STACK
from mlinfra.policies.registry import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlinfra.compliance.profiles import Profile
    from mlinfra.compliance.rule import Rule
    from mlinfra.graph import Node, ResourceGraph
    from tests.mutation.mutants import Mutant

Said = tuple[str, str, Verdict]


class Catcher:
    """The rules, and what they say of a stack as it is."""

    def __init__(self, graph: ResourceGraph, profile: Profile, rules: Iterable[Rule] = RULES) -> None:
        self._graph, self._profile = graph, profile
        self._rules = [rule for rule in rules if profile in rule.profiles]
        self._by_type: dict[str, list[Rule]] = {}
        for rule in self._rules:
            for kind in rule.types:
                self._by_type.setdefault(kind, []).append(rule)
        self._before = set(_violations(evaluate(graph, self._rules, profile)))

    def caught(self, mutant: Mutant) -> set[Said]:
        """What is said of the mutant alone. Its neighbours are asked first, since they mostly tell."""
        return self._new(mutant, self._near(mutant)) or self._new(mutant, list(mutant.graph))

    def _new(self, mutant: Mutant, nodes: list[Node]) -> set[Said]:
        facts = Facts(mutant.graph, self._profile)
        outcomes = (
            judge(rule, facts.resource(node))
            for node in nodes
            for kind in kinds(node.type)
            for rule in self._by_type.get(kind, ())
        )
        return set(_violations(outcomes)) - self._before

    def _near(self, mutant: Mutant) -> list[Node]:
        node = self._graph.node(mutant.urn)
        around = [node, *self._graph.dependencies(node), *self._graph.dependents(node), *self._graph.of_type(STACK)]
        return [mutant.graph.node(one.urn) for one in around if one.urn in mutant.graph]


def _violations(outcomes: Iterable[Outcome]) -> Iterator[Said]:
    return ((one.rule.id, one.urn, one.verdict) for one in outcomes if one.violates)
