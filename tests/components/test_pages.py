"""A page for every component, with the example that its docstring has and tests run."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from mlinfra.catalog.endpoints import endpoints
from mlinfra.components.component import Component
from mlinfra.components.registry import COMPONENTS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/components"


def page(component: type[Component[Any]]) -> Path:
    name = re.sub("GitHub|PyTorch|TensorFlow", lambda found: found[0].capitalize(), component.__name__)
    words = re.findall(r"[A-Z][a-z]+|[A-Z]+(?![a-z])", name)
    return PAGES / f"{'-'.join(words).lower()}.md"


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
def test_every_component_has_a_page_with_its_example(component: type[Component[Any]]) -> None:
    text = page(component).read_text()
    assert text.startswith(f"# {component.__name__}\n")
    example = re.search(r"(?:^    .*\n?)+\Z", component.__doc__ or "", re.MULTILINE)
    assert example
    assert textwrap.dedent(example[0]).strip() in text


@pytest.mark.parametrize("file", sorted(PAGES.glob("*.md")), ids=lambda file: file.stem)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", file.read_text()):
        assert target.startswith("https://") or (file.parent / target).exists(), target


def test_who_needs_endpoints_is_a_component_or_one_of_the_platforms() -> None:
    known = {component.__name__ for component in COMPONENTS} | {"eks", "sagemaker"}
    assert {user for endpoint in endpoints().values() for user in endpoint.needed_by} <= known
