"""Plans programs and finds things in what they declare."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mlinfra.graph import Node, ResourceGraph
from mlinfra.testing import plan


@dataclass(frozen=True)
class Declared:
    """What a program declares, by type and name."""

    graph: ResourceGraph

    def of(self, type_: str) -> list[Node]:
        return sorted(self.graph.of_type(type_), key=lambda node: node.name)

    def one(self, type_: str, name: str | None = None) -> Node:
        (found,) = [node for node in self.of(type_) if name in (None, node.name)]
        return found

    def names(self, type_: str) -> list[str]:
        return [node.name for node in self.of(type_)]

    def refers(self, node: Node, path: str) -> set[str]:
        """The names of what an input refers to."""
        return {found.name for found in self.graph.references(node, path)}

    def needs(self, node: Node) -> set[str]:
        """The names of all that must exist before it."""
        return {found.name for found in self.graph.dependencies(node)}


def document(node: Node, property: str = "policy") -> list[dict[str, Any]]:
    """The statements of a policy document."""
    return json.loads(node.inputs[property])["Statement"]


@pytest.fixture(scope="session")
def declare() -> Callable[..., Declared]:
    def declare(program: Callable[[], Any], stack: str = "dev") -> Declared:
        return Declared(plan(program, stack=stack, project="platform"))

    return declare


@pytest.fixture(scope="session")
def statements() -> Callable[..., list[dict[str, Any]]]:
    return document
