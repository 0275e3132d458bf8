"""The capacity table: it says what the components do, and the page is what the catalogue says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mlinfra.catalog import capacity, capacity_page

ROOT = Path(__file__).parents[2]
COMPONENTS = ROOT / "mlinfra" / "components"


def test_the_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / capacity_page.PAGE).read_text("utf-8") == capacity_page.page(), (
        "run `python -m mlinfra.catalog.capacity_page`"
    )


def test_every_feature_has_an_answer_for_every_kind_of_pool() -> None:
    for feature in capacity.features():
        assert set(feature.cells) == set(capacity.pool_kinds())
        assert any(cell.supported for cell in feature.cells.values()), feature.id
        assert feature.sources
        assert all(source.startswith("https://") for source in feature.sources)
        for cell in feature.cells.values():
            assert cell.limit is None or (cell.limit.reason and cell.limit.source.startswith("https://"))


def test_what_the_table_denies_is_refused_by_a_component() -> None:
    table = tomllib.loads((ROOT / "mlinfra" / "catalog" / "capacity.toml").read_text("utf-8"))
    cells = [cell for feature in table["features"].values() for cell in feature.values() if isinstance(cell, str)]
    named = {cell.removeprefix("no: ") for cell in cells if cell.startswith("no: ")} | set(table["exclusions"].values())
    code = "".join(path.read_text("utf-8") for path in COMPONENTS.rglob("*.py"))
    assert {one for one in named if f'"{one.partition("/")[2]}"' not in code} == set()


@pytest.mark.parametrize(
    ("feature", "pool", "supported"),
    [
        ("efa", "managed", True),
        ("efa", "auto", False),
        ("gpu-dra", "dynamic", False),
        ("gpu-dra", "static", True),
        ("capacity-block", "managed", True),
        ("capacity-block", "dynamic", True),
        ("mig", "auto", False),
        ("device-plugin", "auto", False),
    ],
)
def test_single_answers(feature: str, pool: str, supported: bool) -> None:
    assert capacity.supported(feature, pool).supported is supported


def test_unknown_names_are_errors() -> None:
    with pytest.raises(KeyError):
        capacity.supported("mig", "fargate")
    with pytest.raises(KeyError):
        capacity.supported("teleport", "managed")
