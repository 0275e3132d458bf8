"""What a program declares: its resources, what each property refers to, and what is not known yet.

Policies, cost, diagrams and tests read this and nothing else. A graph comes from a plan, from a state or from
`pulumi stack export` (`mlinfra.graph_states` builds it); which of them it was makes no difference to a reader, but that a
plan knows less. It knows nothing of AWS.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mlinfra.graph_values import File, Reference, Unknown, at, inside, join, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["File", "Node", "NodeOptions", "Reference", "ResourceGraph", "Source", "Unknown", "join", "steps"]

STACK_TYPE: Final = "pulumi:pulumi:Stack"

T = TypeVar("T")

_SHORTEST_NAME: Final = 3  # what is shorter stands in any text by accident


@dataclass(frozen=True, slots=True)
class Source:
    """Where a program declares a resource. `file` is relative to the project, or absolute outside it."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """The resource options that a reader may ask about."""

    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)
    deleted_with: str = ""
    import_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A resource, a component or the stack itself.

    `inputs` are what the program gave (with the provider's defaults), `outputs` what the resource has. Values are plain,
    or Unknown, Reference and File. `secrets` are the paths of inputs and outputs that must not be shown.
    """

    urn: str
    type: str
    name: str
    parent: str = ""
    id: str | Unknown | None = None  # None: not a resource of a provider
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    edges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """URNs that each input refers to."""
    depends_on: tuple[str, ...] = ()
    """URNs of everything that must exist before it: those of the edges and those the program named."""
    provider: str = ""
    """URN of the provider resource that looks after it."""
    external: bool = False
    """It is only read (`.get`); something else owns it."""
    options: NodeOptions = NodeOptions()
    source: Source | None = None
    trace: tuple[Source, ...] = ()
    """The calls that led to its declaration, the innermost first."""
    secrets: frozenset[str] = frozenset()

    @property
    def is_component(self) -> bool:
        """Whether it groups resources and is none itself."""
        return self.id is None

    @property
    def package(self) -> str:
        """The package of its type: `aws`, `kubernetes`, `mlinfra`."""
        return self.type.partition(":")[0]

    def get(self, path: str, default: Any = None) -> Any:
        """The input at a path such as `rules[0].kmsKeyId`; `default` where there is none.

        Where the way there is not known, the Unknown on the way.
        """
        return at(self.inputs, path, default)

    def output(self, path: str, default: Any = None) -> Any:
        """The output at a path, as `get`."""
        return at(self.outputs, path, default)

    def is_secret(self, path: str) -> bool:
        """Whether the value at a path, or something around or inside it, must not be shown."""
        here = steps(path)
        return any(here[: len(there)] == there[: len(here)] for there in map(steps, self.secrets))

    def unknowns(self) -> Iterator[Unknown]:
        """Every input that is not known."""
        return (value for value in inside(self.inputs) if isinstance(value, Unknown))

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


class ResourceGraph:
    """The resources of one stack, in the order in which they were declared."""

    def __init__(self, nodes: Iterable[Node], *, project: str = "", stack: str = "") -> None:
        self.project, self.stack = project, stack
        self._nodes = {node.urn: node for node in nodes}

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __contains__(self, urn: object) -> bool:
        return (urn.urn if isinstance(urn, Node) else urn) in self._nodes

    @property
    def nodes(self) -> list[Node]:
        """Every node, as iterating over the graph gives them."""
        return list(self._nodes.values())

    def node(self, urn: str) -> Node:
        """The node with a URN; raises LookupError when there is none."""
        if urn not in self._nodes:
            raise LookupError(f"the graph has no {urn}")
        return self._nodes[urn]

    def of_type(self, *types: str) -> list[Node]:
        """The nodes of any of the types, such as `aws:s3/bucket:Bucket`."""
        return [node for kind in types for node in self._by_type.get(kind, ())]

    def named(self, name: str) -> list[Node]:
        """The nodes with a name; different types may share one."""
        return [node for node in self if node.name == name]

    def resources(self) -> list[Node]:
        """The nodes that a provider makes: neither components nor providers nor what is only read."""
        return [n for n in self if not n.is_component and not n.external and not n.type.startswith("pulumi:")]

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What the stack exports."""
        return next((node.outputs for node in self.of_type(STACK_TYPE)), {})

    def parent(self, node: Node) -> Node | None:
        """The component (or the stack) that it belongs to."""
        return self._nodes.get(node.parent)

    def ancestors(self, node: Node) -> Iterator[Node]:
        """Its parent, the parent's parent and so on, up to the stack."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def component(self, node: Node) -> Node | None:
        """The nearest component around it; None when the program declares it itself."""
        return next((n for n in self.ancestors(node) if n.is_component and n.type != STACK_TYPE), None)

    def children(self, node: Node) -> list[Node]:
        """The nodes whose parent it is."""
        return list(self._children.get(node.urn, ()))

    def descendants(self, node: Node) -> Iterator[Node]:
        """Its children, each followed by its own."""
        for child in self.children(node):
            yield child
            yield from self.descendants(child)

    def declared_at(self, node: Node) -> Source | None:
        """Where the project declares it: its own place, or that of the nearest component around it that has one there."""
        places = (one.source for one in (node, *self.ancestors(node)))
        return next((place for place in places if place is not None and not place.file.startswith(("..", "/"))), None)

    def references(self, node: Node, path: str) -> list[Node]:
        """The resources that the input at a path refers to.

        Known for each top-level input; inside one it is told from the value: the dependencies of an Unknown, a Reference,
        or the inputs' resources whose id or another output stands in the text.
        """
        top, *below = steps(path)
        value = node.get(path)
        found = [self._nodes[urn] for urn in node.edges.get(str(top), ()) if urn in self._nodes]
        if isinstance(value, Unknown):
            return [self._nodes[urn] for urn in value.dependencies if urn in self._nodes]
        if not below:
            return found
        text = "\n".join(_texts(value))
        return [one for one in found if any(word in text for word in _names(one, found))]

    def dependencies(self, node: Node) -> list[Node]:
        """The nodes that must exist before it, its parents aside."""
        return [self._nodes[urn] for urn in node.depends_on if urn in self._nodes]

    def dependents(self, node: Node, *types: str) -> list[Node]:
        """The nodes that need it (of the types, when given)."""
        return [one for one in self._dependents.get(node.urn, ()) if not types or one.type in types]

    def walk(self) -> Iterator[Node]:
        """Every node once, after its parent and after everything that it depends on."""
        done: set[str] = set()
        for start in self:
            path = [(start, iter((start.parent, *start.depends_on)))]
            while path:
                node, ahead = path[-1]
                following = next((u for u in ahead if u in self._nodes and u not in done), None)
                if following is not None and all(following != n.urn for n, _ in path):
                    path.append((found := self._nodes[following], iter((found.parent, *found.depends_on))))
                elif following is None:
                    path.pop()
                    if node.urn not in done:
                        done.add(node.urn)
                        yield node

    @functools.cached_property
    def _by_type(self) -> dict[str, list[Node]]:
        return _grouped((node.type, node) for node in self)

    @functools.cached_property
    def _children(self) -> dict[str, list[Node]]:
        return _grouped((node.parent, node) for node in self)

    @functools.cached_property
    def _dependents(self) -> dict[str, list[Node]]:
        return _grouped((urn, node) for node in self for urn in node.depends_on)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, and the URN of every reference."""
    for item in inside(value):
        if isinstance(item, str):
            yield item
        elif isinstance(item, Reference):
            yield item.urn


def _names(node: Node, among: Sequence[Node]) -> set[str]:
    """What tells a node from the others: its URN, its id, and the outputs that no other has."""

    def words(one: Node) -> set[str]:
        return {v for v in (one.urn, one.id, *one.outputs.values()) if isinstance(v, str) and len(v) >= _SHORTEST_NAME}

    return words(node).difference(*(words(other) for other in among if other is not node))


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups
