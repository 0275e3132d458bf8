"""Names are as pulumi-aws makes them, and never too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.catalog.aws_types import Autoname
from mlinfra.catalog.naming import autoname, finish


@given(st.text("abcXYZ0-", min_size=1, max_size=80), st.integers(0), st.integers(8, 255))
def test_a_name_never_exceeds_its_length(name: str, number: int, longest: int) -> None:
    naming = Autoname(max_length=longest)
    try:
        made = autoname(naming, name, {}, number)
    except ValueError:
        assert len(name) + 8 > longest
    else:
        assert made.startswith(f"{name}-")
        assert len(made) == len(name) + 8 <= longest


@given(st.integers(0), st.integers(0))
def test_another_number_is_another_name(one: int, other: int) -> None:
    naming = Autoname()
    assert (autoname(naming, "x", {}, one) == autoname(naming, "x", {}, other)) == (one % 16**7 == other % 16**7)


@pytest.mark.parametrize(
    ("naming", "inputs", "name", "finished"),
    [
        (Autoname(prefix="alias/"), {}, "data", "alias/data"),
        (Autoname(prefix="alias/"), {}, "alias/data", "alias/data"),
        (Autoname(suffix=".fifo", suffix_when="fifoQueue"), {"fifoQueue": True}, "jobs", "jobs.fifo"),
        (Autoname(suffix=".fifo", suffix_when="fifoQueue"), {}, "jobs", "jobs"),
        (Autoname(prefix="alias/"), {}, "", ""),
    ],
)
def test_prefixes_and_suffixes(naming: Autoname, inputs: dict[str, bool], name: str, finished: str) -> None:
    assert finish(naming, name, inputs) == finished
