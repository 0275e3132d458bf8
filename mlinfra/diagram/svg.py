"""Pictures as SVG: one file without scripts, light and dark, that any browser opens and Markdown shows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from mlinfra.diagram.layout import layout
from mlinfra.diagram.text import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.diagram.layout import Layout
    from mlinfra.diagram.picture import Arrow, Box, Picture

_MARGIN: Final = 24.0
_HEAD: Final = 58.0
"""The height of title and legend."""
_BETWEEN: Final = 64.0
"""The width between two columns."""
_LETTER: Final = 8.1
"""The width of a letter, roughly: a picture cannot measure its reader's font."""
_PADDING: Final = 30.0
_TALL, _LOW = 58.0, 42.0
_COLOURS: Final = 6
_ALONE: Final = "alone"

_STYLE: Final = """
svg { --page: #ffffff; --card: #f6f7f9; --ink: #1b2430; --soft: #566173; --line: #a9b3c1; --strong: #b3261e;
  --c0: #1f5fbf; --c1: #17713a; --c2: #8a5a00; --c3: #5b4aa8; --c4: #8e1d6b; --c5: #28708f; background: var(--page);
  font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --page: #12161c; --card: #1b212a; --ink: #e6eaf0; --soft: #a3aebd;
  --line: #5a6675; --strong: #ff9d94; --c0: #8ab4f8; --c1: #7fd69c; --c2: #f2c46d; --c3: #c1b5ff; --c4: #f59fd6;
  --c5: #8cc8ec; } }
text { fill: var(--ink); } .soft { fill: var(--soft); font-size: 12px; } .title { font-size: 17px; font-weight: 600; }
.kind { font-weight: 600; } rect { fill: var(--card); stroke: var(--line); } rect.bar { stroke: none; }
.c0 { fill: var(--c0); } .c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); }
.c4 { fill: var(--c4); } .c5 { fill: var(--c5); } .alone { fill: var(--soft); }
.arrow { fill: none; stroke: var(--line); stroke-width: 1.3; } marker path { fill: var(--line); }
"""


def svg(picture: Picture) -> str:
    """The picture as SVG; a box that the mouse is over shows its arrows, and says what is inside."""
    number = {box.id: index for index, box in enumerate(picture.boxes)}
    found = layout(
        [_TALL if box.component else _LOW for box in picture.boxes],
        [(number[arrow.source.id], number[arrow.target.id]) for arrow in picture.arrows],
    )
    return "\n".join(_drawn(picture, found)) + "\n"


def _drawn(picture: Picture, found: Layout) -> Iterator[str]:
    left, right, width = _places(picture, found)
    legend = list(_legend(picture))
    width = max(width, 2 * _MARGIN + sum(space for space, _ in legend))
    height = _HEAD + found.height + 2 * _MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(picture.title)}">'
    )
    yield f"<style>{_STYLE}"
    for box in picture.boxes:
        yield f"svg:has(#{box.id}:hover) .{box.id} {{ stroke: var(--strong); stroke-width: 2; }}"
    yield '</style>\n<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    yield 'orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
    yield f'<text class="title" x="{_MARGIN}" y="{_MARGIN + 8}">{escape(picture.title)}</text>'
    at = _MARGIN
    for space, drawn in legend:
        yield f'<g transform="translate({at:.0f} {_MARGIN + 21})">{drawn}</g>'
        at += space
    top = _HEAD + _MARGIN
    ends = _ends(found, [_TALL if box.component else _LOW for box in picture.boxes])
    for number, (arrow, way) in enumerate(zip(picture.arrows, found.ways, strict=True)):
        heights = [ends[number, True], *(found.middle[node] for node in way[1:-1]), ends[number, False]]
        yield _path(arrow, [(left[n], right[n], top + y) for n, y in zip(way, heights, strict=True)])
    colours = _colours(picture)
    for index, box in enumerate(picture.boxes):
        yield from _box(box, colours[box.id], left[index], right[index], found.middle[index] + top)
    yield "</svg>"


def _places(picture: Picture, found: Layout) -> tuple[dict[int, float], dict[int, float], float]:
    """The left and right edge of every node, and the width of the picture."""
    left: dict[int, float] = {}
    right: dict[int, float] = {}
    at = _MARGIN
    for column in found.columns:
        boxes = [picture.boxes[node] for node in column if node < len(picture.boxes)]
        longest = max((len(line) for box in boxes for line in (box.kind, box.name, said(box))), default=0)
        for node in column:
            left[node], right[node] = at, at + longest * _LETTER + _PADDING
        at += longest * _LETTER + _PADDING + _BETWEEN
    return left, right, at - _BETWEEN + _MARGIN


def _ends(found: Layout, heights: list[float]) -> dict[tuple[int, bool], float]:
    """The height at which each arrow leaves (True) and arrives (False): beside those of the same box, none over another."""
    sides: dict[tuple[int, bool], list[tuple[float, int]]] = {}
    for number, way in enumerate(found.ways):
        sides.setdefault((way[0], True), []).append((found.middle[way[1]], number))
        sides.setdefault((way[-1], False), []).append((found.middle[way[-2]], number))
    return {
        (number, leaving): found.middle[node] + heights[node] * ((place + 1) / (len(arrows) + 1) - 0.5) * 0.8
        for (node, leaving), arrows in sides.items()
        for place, (_, number) in enumerate(sorted(arrows))
    }


def _colours(picture: Picture) -> dict[str, str]:
    """The class that colours each box: one for a group; resources by themselves have none."""
    groups = {group: f"c{index % _COLOURS}" for index, group in enumerate(picture.groups)}
    return {box.id: groups[box.group] if box.component else _ALONE for box in picture.boxes}


def _legend(picture: Picture) -> Iterator[tuple[float, str]]:
    """What the colours mean, each with the width that it takes."""
    words = {colour: box.group or "components" for box in picture.boxes for colour in [_colours(picture)[box.id]]}
    words |= {_ALONE: "resources by themselves"} if _ALONE in words else {}
    for colour, text in words.items() if len(words) > 1 else ():
        bar = f'<rect class="bar {colour}" width="10" height="10" rx="2"/>'
        yield 36 + len(text) * 6.4, f'{bar}<text class="soft" x="16" y="9">{escape(text)}</text>'
    text = "arrows lead to what uses it"
    yield len(text) * _LETTER, f'<text class="soft" y="9">{text}</text>'


def _box(box: Box, colour: str, left: float, right: float, middle: float) -> Iterator[str]:
    height = _TALL if box.component else _LOW
    top, text = middle - height / 2, left + 16
    inside = "".join(f"\n{count} {kind}" for kind, count in box.resources.items()) if box.component else ""
    yield f'<g id="{box.id}"><title>{escape(f"{box.kind} {box.name}{inside}")}</title>'
    yield f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{height}" rx="6"/>'
    yield f'<rect class="bar {colour}" x="{left:.1f}" y="{top:.1f}" width="5" height="{height}" rx="2.5"/>'
    yield f'<text class="kind" x="{text:.1f}" y="{top + 18:.1f}">{escape(box.kind)}</text>'
    yield f'<text x="{text:.1f}" y="{top + 34:.1f}">{escape(box.name)}</text>'
    if box.component:
        yield f'<text class="soft" x="{text:.1f}" y="{top + 50:.1f}">{said(box)}</text>'
    yield "</g>"


def _path(arrow: Arrow, places: list[tuple[float, float, float]]) -> str:
    """A curve from the right of the source to the left of the target; `places` are left, right and height of each node."""
    _, x, y = places[0]
    drawn = [f"M{x:.1f} {y:.1f}"]
    for place, (left, right, height) in enumerate(places[1:], 2):
        bend = (x + left) / 2
        drawn.append(f"C{bend:.1f} {y:.1f} {bend:.1f} {height:.1f} {left:.1f} {height:.1f}")
        x, y = left, height
        if place < len(places):
            drawn.append(f"H{right:.1f}")
            x = right
    title = f"{arrow.source.name} → {arrow.target.name}" + "".join(f"\n{path}" for path in arrow.through)
    classes = f"arrow {arrow.source.id} {arrow.target.id}"
    return f'<path class="{classes}" d="{"".join(drawn)}" marker-end="url(#head)"><title>{escape(title)}</title></path>'
