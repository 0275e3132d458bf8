"""Hours of a pool: times that cron knows, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlinfra as ml

SPANS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
AT_SEVEN = "0 7 * * 1-5"


def field(at: int) -> st.SearchStrategy[str]:
    least, most = SPANS[at]
    number = st.integers(least, most)
    span = st.tuples(number, number).map(lambda both: f"{min(both)}-{max(both)}")
    part = st.one_of(st.just("*"), number.map(str), span, number.filter(bool).map(lambda step: f"*/{step}"))
    return st.lists(part, min_size=1, max_size=3).map(",".join)


@given(st.tuples(*(field(at) for at in range(5))).map(" ".join).filter(lambda when: when != AT_SEVEN))
def test_what_cron_knows_is_taken_as_it_stands(when: str) -> None:
    assert ml.PoolSchedule(start=when, stop=AT_SEVEN).start == when


@given(st.text())
def test_any_text_is_taken_or_refused_with_a_fix(when: str) -> None:
    try:
        taken = len(ml.PoolSchedule(start=when, stop=AT_SEVEN).start.split()) == len(SPANS)
    except ml.ArgumentError as error:
        taken = all(problem.argument in ("start", "stop") and problem.fix for problem in error.problems)
    assert taken


@pytest.mark.parametrize(
    ("change", "argument", "reason"),
    [
        ({"start": "7:00"}, "start", "no time that cron knows"),
        ({"start": "0 7 * *"}, "start", "no time that cron knows"),
        ({"start": "0 24 * * *"}, "start", "no time that cron knows"),
        ({"start": "60 7 * * *"}, "start", "no time that cron knows"),
        ({"start": "0 7 * * 5-1"}, "start", "no time that cron knows"),
        ({"start": "0 7 0 * *"}, "start", "no time that cron knows"),
        ({"stop": "0 20 * * fri-mon"}, "stop", "no time that cron knows"),
        ({"stop": AT_SEVEN}, "stop", "come and go at once"),
        ({"time_zone": "CEST+2"}, "time_zone", "not a time zone"),
    ],
)
def test_what_is_no_time_is_refused(change: dict[str, str], argument: str, reason: str) -> None:
    with pytest.raises(ml.ArgumentError) as error:
        ml.PoolSchedule(**{"start": AT_SEVEN, "stop": "0 20 * * mon-fri", **change})
    (problem,) = error.value.problems
    assert problem.argument == argument
    assert reason in problem.reason
    assert problem.fix
