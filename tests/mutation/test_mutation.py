"""How much of what a careless edit can do to our own stack the rules notice.

`make mutation` changes every input that matters, one at a time; a fixed sample of it runs with every test.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import random
from pathlib import Path

import pytest

from mlinfra.compliance.profiles import Profile
from mlinfra.testing import plan
from tests.mutation.catching import Catcher
from tests.mutation.mutants import IRRELEVANT, SURVIVORS, Mutant, mutants, survives

ROOT = Path(__file__).parents[2]
STACKS, PROFILE = ("prod", "dev"), Profile.REGULATED
SAMPLE = 60
LEAST_MUTANTS = 400
LEAST_CAUGHT = 0.98


@functools.cache
def every(stack: str) -> tuple[list[Mutant], Catcher]:
    graph = plan(ROOT, stack=stack)
    return list(mutants(graph)), Catcher(graph, PROFILE)


def escaped(stack: str, first: int, step: int) -> list[int]:
    """The indices of the mutants that nothing catches, of every `step`th from the first."""
    found, catcher = every(stack)
    return [index for index in range(first, len(found), step) if not catcher.caught(found[index])]


def test_a_sample_is_caught() -> None:
    found, catcher = every("dev")
    sample = random.Random(SAMPLE).sample(found, SAMPLE)
    assert not [str(one) for one in sample if not catcher.caught(one) and not survives(one)]


def test_every_entry_says_why() -> None:
    assert all(entry["reason"] for entry in (*IRRELEVANT, *SURVIVORS))
    assert all(
        entry.keys() <= {"type", "name", "path", "change", "stack", "reason"} for entry in (*IRRELEVANT, *SURVIVORS)
    )


def test_every_change_is_among_them() -> None:
    found, _ = every("dev")
    assert len(found) >= LEAST_MUTANTS
    assert {one.change for one in found} == {
        *("removed", "dropped", "flipped", "shortened", "weakened", "widened", "raised"),
        *("statement removed", "condition dropped", "action widened", "resource widened", "principal widened"),
    }


@pytest.mark.mutation
@pytest.mark.parametrize("stack", STACKS)
def test_the_rules_catch_nearly_all(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = every(stack)
    workers = os.cpu_count() or 1
    with multiprocessing.get_context("fork").Pool(workers) as pool:  # shares the plan and what was said of it
        escapes = [
            found[index]
            for part in pool.starmap(escaped, [(stack, n, workers) for n in range(workers)])
            for index in part
        ]
    score = 1 - len(escapes) / len(found)
    with capsys.disabled():
        print(f"\n{len(found) - len(escapes)} of {len(found)} mutants of {stack} caught: {score:.1%}; survivors:")  # noqa: T201
        print("\n".join(sorted(f"  {one}" for one in escapes)))  # noqa: T201
    listed = {str(one) for one in found if survives(one)}
    assert {str(one) for one in escapes} == listed, "survivors.toml lists what survives, no more and no less"
    assert len(found) >= LEAST_MUTANTS
    assert score >= LEAST_CAUGHT


@pytest.mark.mutation
def test_no_survivor_is_listed_for_nothing() -> None:
    used = {survives(one) for stack in STACKS for one in every(stack)[0]}
    assert not {entry["reason"] for entry in SURVIVORS} - used
