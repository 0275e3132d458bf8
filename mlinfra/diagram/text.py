"""Pictures as text that others draw: Mermaid for Markdown, DOT for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlinfra.diagram.picture import Box, Picture


def mermaid(picture: Picture) -> str:
    """A flowchart in Mermaid's language, which GitHub and GitLab draw in Markdown."""
    lines = ["flowchart LR"]
    for index, (group, boxes) in enumerate(picture.groups.items()):
        drawn = [f'  {box.id}["{"<br>".join(map(_entities, _lines(box)))}"]' for box in boxes]
        lines += [f'  subgraph g{index}["{_entities(group)}"]', *drawn, "  end"] if group else drawn
    lines += [f"  {arrow.source.id} --> {arrow.target.id}" for arrow in picture.arrows]
    return "\n".join(lines) + "\n"


def dot(picture: Picture) -> str:
    """A directed graph in Graphviz's language: `dot -Tpdf`."""
    lines = [f"digraph {_quoted(picture.title)} {{", "  rankdir=LR;", "  node [shape=box, style=rounded];"]
    for index, (group, boxes) in enumerate(picture.groups.items()):
        drawn = [f"  {box.id} [label={_quoted(*_lines(box))}];" for box in boxes]
        lines += [f"  subgraph cluster_{index} {{ label={_quoted(group)};", *drawn, "  }"] if group else drawn
    lines += [
        f"  {arrow.source.id} -> {arrow.target.id} [tooltip={_quoted(', '.join(arrow.through))}];"
        for arrow in picture.arrows
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _lines(box: Box) -> list[str]:
    return [box.kind, box.name, *([said(box)] if box.component else [])]


def said(box: Box) -> str:
    """How much is inside: `11 resources`."""
    return "1 resource" if box.count == 1 else f"{box.count} resources"


def _entities(text: str) -> str:
    """Text inside a quoted label: Mermaid reads `#quot;` and the like."""
    for sign, entity in (("#", "#35;"), ("\n", " "), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, entity)
    return text


def _quoted(*lines: str) -> str:
    inner = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{inner}"'
