"""What the documentation says of the repository: links that lead somewhere, rooms that exist, numbers that are so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlinfra.compliance.frameworks import frameworks
from mlinfra.policies.registry import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [
    *ROOT.glob("*.md"),
    *(p for folder in ("docs", "components", "policies", "stacks") for p in (ROOT / folder).rglob("*.md")),
]


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_found() -> None:
    """From the README by links, as a reader finds them; a link to a folder leads to all of its pages."""
    found: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop().resolve()
        if page in found:
            continue
        found.add(page)
        for path in re.findall(r"\]\(([^)\s#]+)", page.read_text()):
            target = page.parent / path
            pages = target.glob("*.md") if target.is_dir() else [target]
            ahead += (one for one in pages if one.suffix == ".md" and one.is_file())
    assert {p.resolve() for p in PAGES} - found == set()


def test_every_room_is_in_the_table() -> None:
    said = set(re.findall(r"`mlinfra/(\w+)/?", (ROOT / "CONTRIBUTING.md").read_text()))
    rooms = {p.parent.name for p in (ROOT / "mlinfra").glob("*/__init__.py")}
    assert rooms - said == set()


def test_the_readme_counts_right() -> None:
    scenarios = [p for p in (ROOT / "tests/conformance/scenarios").iterdir() if p.is_dir()]
    assert f"{len(scenarios)} recorded scenarios" in README
    assert len(frameworks()) == 15, "Fifteen frameworks"
    assert "Fifteen frameworks" in README
    least = re.search(r"More than (\d+) rules", README)
    assert least
    assert len(RULES) > int(least[1])
    caught = re.search(r"\*\*(\d+) of (\d+) are caught", (ROOT / "docs/mutation.md").read_text())
    assert caught
    assert f"{100 * int(caught[1]) // int(caught[2])} % of {caught[2]} careless edits" in README
