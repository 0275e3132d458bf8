from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.cli.display.diff import changes
from mlinfra.stack.values import UNKNOWN, Asset, Secret

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
properties = st.dictionaries(
    st.text(min_size=1, max_size=4).filter(lambda key: not key.startswith("__")), plain, max_size=4
)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"a": 1}, {"a": 2}, ["~ a: 1 => 2"]),
        ({"a": 1}, {"a": 1.0}, []),
        ({}, {"tags": {"team": "ml"}}, ['+ tags: {"team": "ml"}']),
        ({"tags": {"team": "ml"}}, {"tags": {}}, ['- tags.team: "ml"']),
        ({"tags": {"k8s.io/role": "x"}}, {"tags": {"k8s.io/role": "y"}}, ['~ tags["k8s.io/role"]: "x" => "y"']),
        ({"zones": ["a", "b"]}, {"zones": ["a"]}, ['- zones[1]: "b"']),
        ({"id": "x"}, {"id": UNKNOWN}, ['~ id: "x" => [known after deployment]']),
        ({"key": Secret("old")}, {"key": Secret("new")}, ["~ key: [secret] => [secret]"]),
        ({"key": Secret("same")}, {"key": Secret("same")}, []),
        (
            {"code": Asset(path="a.py", hash="1")},
            {"code": Asset(path="a.py", hash="2")},
            ['~ code: "asset(a.py)" => "asset(a.py)"'],
        ),
        ({"__defaults": []}, {"__defaults": ["name"]}, []),
        (
            {"policy": '{"Action": "s3:*"}'},
            {"policy": '{"Action": "s3:Get*"}'},
            ['~ policy (json).Action: "s3:*" => "s3:Get*"'],
        ),
        ({"policy": '{"a":1}'}, {"policy": '{ "a": 1 }'}, []),
    ],
)
def test_lines(old: dict[str, Any], new: dict[str, Any], lines: list[str]) -> None:
    assert [str(change) for change in changes(old, new)] == lines


def test_what_forces_a_replacement_is_marked_and_nothing_else() -> None:
    found = changes(
        {"cidr": "a", "cidrs": 1, "tags": {"a": 1}},
        {"cidr": "b", "cidrs": 2, "tags": {"a": 2}},
        replacing=["cidr", "tags.a"],
    )
    assert [(change.path, change.replaces) for change in found] == [("cidr", True), ("cidrs", False), ("tags.a", True)]


@given(properties)
def test_nothing_differs_from_itself(value: dict[str, Any]) -> None:
    assert changes(value, value) == []


@given(properties, properties)
def test_both_directions_tell_the_same(old: dict[str, Any], new: dict[str, Any]) -> None:
    mirrored = {"+": "-", "-": "+", "~": "~"}
    forth, back = changes(old, new), changes(new, old)
    assert sorted((c.path, mirrored[c.sign], c.new, c.old) for c in forth) == sorted(
        (c.path, c.sign, c.old, c.new) for c in back
    )


@given(st.text(alphabet="abc", min_size=12), st.text(alphabet="abc", min_size=12))
def test_secrets_are_never_shown(one: str, other: str) -> None:
    text = "".join(map(str, changes({"a": {"b": [Secret(one)]}}, {"a": {"b": [Secret(other), Secret(one)]}})))
    assert one not in text
    assert other not in text
