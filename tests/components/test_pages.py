"""The pages about components: their examples are the docstrings', their programs compile, their links lead somewhere."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from mlinfra.components import COMPONENTS

PAGES = Path(__file__).parents[2] / "docs/components"
BY_NAME = {component.__name__: component for component in COMPONENTS}
pages = pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)


@pages
def test_a_components_page_shows_the_docstrings_example(page: Path) -> None:
    text = page.read_text()
    component = BY_NAME.get(text.partition("\n")[0].removeprefix("# "))
    if component is None:
        pytest.skip("about something that components share")
    kebab = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", component.__name__).lower().replace("git-hub", "github")
    assert page.stem == kebab
    example = re.search(r"(?:^    .*\n?)+\Z", component.__doc__ or "", re.MULTILINE)
    assert example
    assert textwrap.dedent(example[0]).strip() in text


@pages
def test_programs_compile_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    for program in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        compile(program, str(page), "exec")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target
