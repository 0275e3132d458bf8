"""What a picture shows: components, resources that stand alone, and which of them uses which.

A component that holds nothing but components is no box but the group of theirs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.graph import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mlinfra.graph import Node, ResourceGraph

_DEFAULT_PROVIDER: Final = "default"


@dataclass(frozen=True, kw_only=True)
class Box:
    """A component with everything inside it, or a resource outside of components."""

    id: str
    name: str
    kind: str
    """The last part of its type: `KeyRing`."""
    resources: Mapping[str, int]
    """How many resources of each type are inside it, the most frequent first."""
    component: bool
    group: str = ""
    """The component around it that holds nothing but components, as `Storage platform`."""

    @property
    def count(self) -> int:
        """How many resources it has."""
        return sum(self.resources.values())


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """The target uses something of the source."""

    source: Box
    target: Box
    through: tuple[str, ...] = ()
    """The properties of the target's resources that refer to the source, such as `kmsKeyId`; none for mere order."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Boxes by group, type and name, and the arrows between them."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    @property
    def groups(self) -> dict[str, list[Box]]:
        """The boxes of each group, of none under ""."""
        found: dict[str, list[Box]] = {}
        for box in self.boxes:
            found.setdefault(box.group, []).append(box)
        return found


def picture(graph: ResourceGraph, *, every: bool = False) -> Picture:
    """The picture of a graph.

    An arrow is left out where others lead the same way, unless `every` arrow is asked for: who uses a network whose flow
    logs are under a key has the key's arrow only by way of the network.
    """
    groups = {node.urn for node in graph if _is_group(graph, node)}
    around = {node.urn: _box(graph, node, groups) for node in graph if _shown(node) and node.urn not in groups}
    inside: dict[str, Counter[str]] = {}
    for urn, top in around.items():
        node = graph.node(urn)
        counts = inside.setdefault(top.urn, Counter())
        if not node.is_component:
            counts[node.type] += 1
    # By name, for Python registers what a program declares in an order of its own, and pictures should be comparable.
    order = sorted(inside, key=lambda urn: (_titled(graph.parent(graph.node(urn)), groups), graph.node(urn).type, urn))
    boxes = {
        urn: Box(
            id=f"b{index}",
            name=graph.node(urn).name,
            kind=graph.node(urn).type.rpartition(":")[2],
            resources=dict(sorted(inside[urn].items(), key=lambda pair: (-pair[1], pair[0]))),
            component=graph.node(urn).is_component,
            group=_titled(graph.parent(graph.node(urn)), groups),
        )
        for index, urn in enumerate(order)
    }
    through: dict[tuple[str, str], set[str]] = {}
    for urn, top in around.items():
        for source, path in _uses(graph, graph.node(urn)):
            if source in around and (start := around[source].urn) != top.urn:
                through.setdefault((start, top.urn), set()).update({path} - {""})
    kept = through.keys() if every else _without_shortcuts(list(through))
    arrows = [
        Arrow(source=boxes[a], target=boxes[b], through=tuple(sorted(through[a, b])))
        for a, b in sorted(kept, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    ]
    return Picture(title=f"{graph.project}/{graph.stack}", boxes=tuple(boxes.values()), arrows=tuple(arrows))


def _shown(node: Node) -> bool:
    """Whether it stands in the picture: the stack frames it, and default providers say nothing."""
    return node.type != STACK_TYPE and not (
        node.type.startswith("pulumi:providers:") and node.name.startswith(_DEFAULT_PROVIDER)
    )


def _is_group(graph: ResourceGraph, node: Node) -> bool:
    """Whether it holds components and nothing else, and nothing holds it that is no such group."""
    children = graph.children(node)
    return (
        node.is_component
        and node.type != STACK_TYPE
        and bool(children)
        and all(child.is_component for child in children)
        and all(above.type == STACK_TYPE or _is_group(graph, above) for above in graph.ancestors(node))
    )


def _box(graph: ResourceGraph, node: Node, groups: Collection[str]) -> Node:
    """The outermost component around it that is no group; itself when there is none."""
    above = [one for one in graph.ancestors(node) if one.type != STACK_TYPE and one.urn not in groups]
    return above[-1] if above else node


def _titled(node: Node | None, groups: Collection[str]) -> str:
    return f"{node.type.rpartition(':')[2]} {node.name}" if node is not None and node.urn in groups else ""


def _uses(graph: ResourceGraph, node: Node) -> Iterator[tuple[str, str]]:
    """The URNs that it needs, each with the property that says so."""
    for path, urns in node.edges.items():
        yield from ((urn, path) for urn in urns)
    yield from ((one.urn, "") for one in graph.dependencies(node))
    if node.provider:
        yield node.provider, ""


def _without_shortcuts(arrows: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows without those that a longer way replaces; arrows of a circle stay."""
    ahead: dict[str, set[str]] = {}
    for source, target in arrows:
        ahead.setdefault(source, set()).add(target)
    reached = {start: _reached(start, ahead) for start in ahead}

    def replaced(source: str, target: str) -> bool:
        ways = (one for one in ahead[source] if one != target and source not in reached.get(one, ()))
        return any(target in reached.get(one, ()) and one not in reached.get(target, ()) for one in ways)

    return {arrow for arrow in arrows if not replaced(*arrow)}


def _reached(start: str, ahead: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = ahead.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
