"""Mutants: our stacks with one security-relevant input changed at a time, as a careless edit would change it.

A mutant is a change of one property of one resource, of one statement of a policy, or a resource that is no longer there.
What is not relevant to security is told in `irrelevant.toml`, with the reason; everything else is mutated.
"""

from __future__ import annotations

import copy
import fnmatch
import functools
import importlib
import inspect
import ipaddress
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from pulumi.provider.experimental.util import camel_case

from mlinfra.compliance.defaults import UnlistedPropertyError, default
from mlinfra.graph import Node, ResourceGraph, Unknown, join
from mlinfra.graph_values import Reference
from tests.mutation.objects import changed_objects

HERE = Path(__file__).parent
_LETTERS = re.compile(r"-(?:[a-f]|\d+)(?=-|$)")  # zones and numbers in names
WEAKER = {
    "aws:kms": "AES256",
    "KMS": "AES256",
    "Enabled": "Disabled",
    "ENABLED": "DISABLED",
    "required": "optional",
    "COMPLIANCE": "GOVERNANCE",
    "IMMUTABLE": "MUTABLE",
    "BucketOwnerEnforced": "ObjectWriter",
    "ALL": "REJECT",
    "block-bidirectional": "off",
    "BLOCK": "ALLOW",
    "API": "CONFIG_MAP",
    "restricted": "privileged",
    "Any": "Never",
    "token": "disabled",
}
"""Settings of which the other value is the weaker one."""


_OF_PARTS = {
    "removed",
    "statement removed",
    "action widened",
    "resource widened",
    "principal widened",
    "condition dropped",
}


_CONFIG_RULE = "aws:cfg/rule:Rule"  # one of many alike, which differ in the check of AWS that they name


@dataclass(frozen=True)
class Mutant:
    """One change: what it is, where it is, and what the stack is then."""

    change: str
    type: str
    name: str
    path: str
    urn: str
    graph: ResourceGraph

    def __str__(self) -> str:
        return f"{self.change}: {self.type} {self.name} {self.path}".rstrip()


def mutants(graph: ResourceGraph) -> Iterator[Mutant]:
    """Every mutant of a graph; of resources that play the same part in the same component, those of one."""
    seen: set[tuple[str, str, str, str]] = set()
    needed = {urn for node in graph for urns in node.edges.values() for urn in urns}  # no program can leave them out
    for node in graph.resources():
        if not node.type.startswith(("aws:", "kubernetes:")):
            continue
        component = graph.component(node)
        part = f"{component.type if component else ''} {_LETTERS.sub('', node.name)}"
        changes = chain([("removed", "", None)] if node.urn not in needed else (), _changes(node))
        for change, path, other in changes:
            # What a policy allows, and what a companion is for, differs from one part to the other; settings mean the same.
            key = (node.type, part if change in _OF_PARTS and node.type != _CONFIG_RULE else "", path, change)
            if key in seen or irrelevant(node, path, change, graph.stack):
                continue
            seen.add(key)
            yield Mutant(
                change,
                node.type,
                node.name,
                path,
                node.urn,
                _without(graph, node) if other is None else _with(graph, other),
            )


def _changes(node: Node) -> Iterator[tuple[str, str, Node | None]]:
    """Every change of the inputs of a resource."""
    for change, path, inputs in _changed_inputs(node.type, dict(node.inputs)):
        edges = {key: urns for key, urns in node.edges.items() if key in inputs}
        yield change, path, replace(node, inputs=inputs, edges=edges)


def _changed_inputs(type: str, inputs: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, value in _leaves(inputs, ""):
        for change, other in _others(value):
            yield change, path, _put(inputs, path, other)
    if type.startswith("kubernetes:"):
        yield from changed_objects(type, inputs)
        return
    for key, value in inputs.items():
        if value not in (None, False, "", [], {}) and key not in _required(type) and value != _left_out(type, key):
            yield "dropped", key, {name: one for name, one in inputs.items() if name != key}
        if isinstance(value, str) and value.lstrip().startswith('{"'):
            for change, path, document in _policy_changes(json.loads(value), key):
                yield change, path, inputs | {key: json.dumps(document)}


@functools.cache
def _required(type: str) -> frozenset[str]:
    """The inputs without which the SDK makes no resource: no program can leave them out."""
    _, token, name = type.split(":")
    service, _, file = token.partition("/")
    file = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", file)
    package = importlib.import_module(f"pulumi_aws.{service.replace('lambda', 'lambda_')}.{file}")
    parameters = inspect.signature(getattr(package, f"{name}Args").__init__).parameters.values()
    required = [
        one.name
        for one in parameters
        if one.default is inspect.Parameter.empty and one.name not in ("self", "__self__")
    ]
    return frozenset(camel_case(name) for name in required)


def _left_out(type: str, key: str) -> Any:
    """What the provider does where an input is left out, as far as the rules know."""
    try:
        return default(type, key)
    except UnlistedPropertyError:
        return None


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    """What a careless edit makes of a value."""
    if isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, int | float) and value > 1:
        yield "shortened", 1
    elif isinstance(value, str) and value in WEAKER:
        yield "weakened", WEAKER[value]
    elif isinstance(value, str) and _is_range(value):
        yield "widened", "0.0.0.0/0"


def _policy_changes(document: Any, key: str) -> Iterator[tuple[str, str, Any]]:
    """A policy with one statement changed."""
    statements = document.get("Statement") if isinstance(document, dict) else None
    for index, statement in enumerate(statements if isinstance(statements, list) else ()):
        where = f"{key}[{statement.get('Sid') or index}]"
        if statement.get("Effect") == "Deny":
            yield "statement removed", where, _statement(document, index, None)
            continue
        for part in ("Action", "Resource", "Principal"):
            if statement.get(part) not in (None, "*", ["*"], {"AWS": "*"}):
                yield f"{part.lower()} widened", where, _statement(document, index, {**statement, part: "*"})
        if "Condition" in statement:
            rest = {name: one for name, one in statement.items() if name != "Condition"}
            yield "condition dropped", where, _statement(document, index, rest)


def _statement(document: Any, index: int, new: Any) -> Any:
    made = copy.deepcopy(document)
    made["Statement"][index : index + 1] = [] if new is None else [new]
    return made


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, join(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, join(path, index))
    elif not isinstance(value, Unknown | Reference) and path:
        yield path, value


def _put(inputs: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    from mlinfra.graph import steps

    made = copy.deepcopy(inputs)
    *above, last = steps(path)
    place: Any = made
    for step in above:
        place = place[step]
    place[last] = value
    return made


def _is_range(value: str) -> bool:
    try:
        return "/" in value and ipaddress.ip_network(value).prefixlen > 0
    except ValueError:
        return False


def _with(graph: ResourceGraph, node: Node) -> ResourceGraph:
    return _graph(graph, [node if one.urn == node.urn else one for one in graph])


def _without(graph: ResourceGraph, node: Node) -> ResourceGraph:
    return _graph(graph, [one for one in graph if one.urn != node.urn])


def _graph(graph: ResourceGraph, nodes: list[Node]) -> ResourceGraph:
    return ResourceGraph(nodes, project=graph.project, stack=graph.stack)


IRRELEVANT: list[dict[str, str]] = tomllib.loads((HERE / "irrelevant.toml").read_text("utf-8"))["irrelevant"]
SURVIVORS: list[dict[str, str]] = tomllib.loads((HERE / "survivors.toml").read_text("utf-8")).get("survivor", [])


def irrelevant(node: Node, path: str, change: str, stack: str) -> bool:
    """Whether a change is none to security."""
    return any(
        _matches(entry, node.type, node.name, path, change)
        for entry in IRRELEVANT
        if entry.get("stack", stack) == stack
    )


def survives(mutant: Mutant) -> str:
    """Why nothing catches a mutant; empty when something should."""
    found = (one["reason"] for one in SURVIVORS if _matches(one, mutant.type, mutant.name, mutant.path, mutant.change))
    return next(found, "")


def _matches(entry: Mapping[str, str], type: str, name: str, path: str, change: str) -> bool:
    plain = path.replace("[", "(").replace("]", ")")  # brackets are sets to fnmatch
    said = {"type": type, "name": name, "path": plain, "change": change}
    return all(
        any(fnmatch.fnmatchcase(said[part], pattern) for pattern in entry.get(part, "*").split("|")) for part in said
    )
