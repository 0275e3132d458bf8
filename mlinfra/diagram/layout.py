"""Where boxes and arrows go: in columns from left to right, as Sugiyama, Tagawa and Toda draw hierarchies (1981).

A box stands right of everything that it uses. Arrows over several columns pass between the boxes of each. Boxes are ordered
and moved towards their neighbours, so that arrows are short and rarely cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SWEEPS: Final = 24
GAP: Final = 14.0
"""Between two things of a column."""


@dataclass(frozen=True)
class Layout:
    """Positions in columns and rows."""

    columns: list[list[int]]
    """The nodes of each column from the top; numbers past the last node are places where an arrow passes."""
    middle: list[float]
    """The height at which each node's middle is, from 0 downwards."""
    ways: list[list[int]]
    """Each arrow's nodes from source to target, with the places where it passes."""
    height: float


def layout(sizes: Sequence[float], arrows: Sequence[tuple[int, int]]) -> Layout:
    """Where nodes of these heights go, with arrows from one number to another."""
    column = _columns(len(sizes), arrows)
    heights, ways = list(sizes), []
    for source, target in arrows:
        between = range(min(column[source], column[target]) + 1, max(column[source], column[target]))
        passing = list(range(len(heights), len(heights) + len(between)))
        heights += [0.0] * len(passing)
        column += between
        ways.append([source, *(passing if column[source] < column[target] else passing[::-1]), target])
    near: list[list[int]] = [[] for _ in heights]
    for way in ways:
        for a, b in pairwise(way):
            near[a].append(b)
            near[b].append(a)
    columns: list[list[int]] = [[] for _ in range(max(column, default=-1) + 1)]
    for node, where in enumerate(column):
        columns[where].append(node)
    middle = [0.0] * len(heights)
    for nodes in columns:
        _stack(nodes, heights, middle, {})
    for sweep in range(_SWEEPS):
        for where in range(len(columns)) if sweep % 2 == 0 else reversed(range(len(columns))):
            wanted = {n: sum(middle[o] for o in near[n]) / len(near[n]) for n in columns[where] if near[n]}
            if sweep < _SWEEPS // 2:
                columns[where].sort(key=lambda n: wanted.get(n, middle[n]))
            _stack(columns[where], heights, middle, wanted)
    top = min((middle[n] - heights[n] / 2 for n in range(len(heights))), default=0.0)
    middle = [m - top for m in middle]
    return Layout(columns, middle, ways, max((m + h / 2 for m, h in zip(middle, heights, strict=True)), default=0.0))


def _columns(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """The column of each node: one right of the last that it uses. Arrows that close a circle are left aside."""
    behind: list[list[int]] = [[] for _ in range(count)]
    ahead: list[list[int]] = [[] for _ in range(count)]
    for source, target in _without_circles(count, arrows):
        behind[target].append(source)
        ahead[source].append(target)
    order: list[int] = []
    waiting = [len(b) for b in behind]
    free = [n for n in range(count) if not waiting[n]]
    while free:
        order.append(node := free.pop(0))
        for one in ahead[node]:
            waiting[one] -= 1
            if not waiting[one]:
                free.append(one)
    column = [0] * count
    for node in order:
        column[node] = max((column[one] + 1 for one in behind[node]), default=0)
    for node in reversed(order):  # what nothing holds on the left stands beside what uses it
        if ahead[node]:
            column[node] = min(column[one] for one in ahead[node]) - 1
    return column


def _without_circles(count: int, arrows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    ahead: list[list[int]] = [[] for _ in range(count)]
    for source, target in arrows:
        ahead[source].append(target)
    kept, done, path = [], set[int](), set[int]()
    for start in range(count):
        stack = [(start, iter(ahead[start]))] if start not in done else []
        path.update(node for node, _ in stack)
        while stack:
            node, rest = stack[-1]
            one = next(rest, None)
            if one is None:
                stack.pop()
                path.discard(node)
                done.add(node)
            elif one not in path:
                kept.append((node, one))
                if one not in done:
                    path.add(one)
                    stack.append((one, iter(ahead[one])))
    return kept


def _stack(nodes: Sequence[int], heights: Sequence[float], middle: list[float], wanted: Mapping[int, float]) -> None:
    """Put the nodes of a column below each other in this order, as near to where they are wanted as their neighbours let them.

    Neighbours that push each other become a block that stands where its members want to be on average.
    """
    blocks: list[tuple[list[int], float, float]] = []  # its nodes, the wanted place of its top, its height
    for node in nodes:
        size = heights[node] + GAP
        block = ([node], wanted.get(node, middle[node]) - size / 2, size)
        while blocks and blocks[-1][1] + blocks[-1][2] > block[1]:
            (above, top, tall), (below, place, size) = blocks.pop(), block
            mean = (top * len(above) + (place - tall) * len(below)) / (len(above) + len(below))
            block = (above + below, mean, tall + size)
        blocks.append(block)
    for members, start, _ in blocks:
        at = start
        for node in members:
            middle[node] = at + (heights[node] + GAP) / 2
            at += heights[node] + GAP
