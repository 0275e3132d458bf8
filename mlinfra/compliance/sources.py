"""Where in a program something stands that somebody can change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlinfra.graph import Node, ResourceGraph, Source

_ELSEWHERE: Final = re.compile(r"^\.\.|^/|(^|/)(site|dist)-packages/|^mlinfra/(components|engine)/")


def written_at(node: Node, graph: ResourceGraph) -> Source | None:
    """The project's own line that led to it, not one of a library that lies inside the project's folder."""
    for one in (node, *graph.ancestors(node)):
        for place in (one.source, *one.trace):
            if place is not None and not _ELSEWHERE.search(place.file):
                return place
    return None
