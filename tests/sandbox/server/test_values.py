"""The laws of the small operations that everything else is made of."""

from __future__ import annotations

import copy
import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.sandbox.server.values import (
    MISSING,
    fill,
    get,
    match,
    put,
    same_name,
    structures,
    supply,
    tags_as,
    tags_from,
)

NAMES = st.sampled_from(["a", "b", "c", "d"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(".".join)
PLAIN = st.integers(0, 3)
VALUES = PLAIN | st.dictionaries(NAMES, PLAIN | st.dictionaries(NAMES, PLAIN, max_size=2), max_size=2)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=3)
TAGS = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=4)


@given(RECORDS, PATHS, VALUES)
def test_what_was_put_is_there_until_it_is_taken_away(record, path, value) -> None:
    put(record, path, value)
    assert get(record, path) == value
    put(record, path, MISSING)
    assert get(record, path) is MISSING


@given(RECORDS, RECORDS)
def test_supplying_keeps_what_is_there_and_lacks_nothing_after(target, given_) -> None:
    before = copy.deepcopy(target)
    assert supply(target, copy.deepcopy(given_)) == (target != before)
    assert all(get(target, name) is not MISSING for name in given_)
    assert {name: value for name, value in target.items() if name in before and not isinstance(value, dict)} == {
        name: value for name, value in before.items() if not isinstance(value, dict)
    }
    assert not supply(target, copy.deepcopy(given_))


def shape_of(kind: str, *names: str) -> SimpleNamespace:
    return SimpleNamespace(type_name=kind, member=SimpleNamespace(members=dict.fromkeys(names)))


@given(TAGS)
@pytest.mark.parametrize(
    "shape",
    [
        shape_of("map"),
        shape_of("list", "Key", "Value"),
        shape_of("list", "value", "key"),
        shape_of("list", "TagKey", "TagValue"),
    ],
)
def test_tags_survive_every_spelling(shape, tags) -> None:
    assert tags_from(tags_as(tags, shape)) == tags


PARTS = st.text("abc-/123", min_size=1, max_size=8)


@given(PARTS, PARTS, PARTS)
def test_an_arn_tells_what_it_was_made_of(region, account, name) -> None:
    pattern = "arn:aws:sns:{region}:{account}:topic:{name}"
    names = {"region": region, "account": account, "name": name}
    assert match(pattern, fill(pattern, names)) == names
    assert match(pattern, f"other{fill(pattern, names)}") is None


@given(PARTS, PARTS)
def test_names_are_the_same_both_ways(one, other) -> None:
    assert same_name(one, one)
    assert same_name(one, other) == same_name(other, one)
    assert same_name(f"arn:aws:iam::1:role/{one}", one)


def test_patterns() -> None:
    names = {"a": {"list": [1]}, "arn": "x:y/path/name", "word": "w"}
    assert fill({"one": "{word}-{arn/}", "two": ["{a.list}"], "three": 3, "gone": "{nothing}"}, names) == {
        "one": "w-path/name",
        "two": [[1]],
        "three": 3,
    }
    assert isinstance(fill("{now}", {}), dt.datetime)
    assert isinstance(fill("{ms}", {}), int)
    made = [fill("{uuid}{hex8}{hex17}{hex32}", {}) for _ in range(2)]
    assert made[0] != made[1]
    assert [len(one) for one in made] == [36 + 8 + 17 + 32] * 2
    assert fill("{time}", {}).endswith("Z")


def test_structures() -> None:
    answer = {"Items": [{"In": {"Name": 1}}, {"In": {"Name": 2}}, {}], "One": {"Name": 3}}
    assert list(structures(answer, "Items[].In")) == [{"Name": 1}, {"Name": 2}]
    assert list(structures(answer, "One")) == [{"Name": 3}]
    assert list(structures(answer, "")) == [answer]
    assert list(structures(answer, "None[].Here")) == []
    assert get(answer, "Items.1.In.Name") == 2
    assert get(answer, "Items.9.In") is MISSING
