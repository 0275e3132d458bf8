"""Pictures of what a program declares: its components as boxes, and what flows between them as arrows."""

from __future__ import annotations

from typing import Final

from mlinfra.diagram.picture import Arrow, Box, Picture, picture
from mlinfra.diagram.svg import svg
from mlinfra.diagram.text import dot, mermaid

__all__ = ["FORMATS", "SUFFIXES", "Arrow", "Box", "Picture", "dot", "mermaid", "picture", "svg"]

FORMATS: Final = {"mermaid": mermaid, "dot": dot, "svg": svg}
SUFFIXES: Final = {".mmd": "mermaid", ".md": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg"}
