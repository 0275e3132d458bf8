"""Two patterns meet exactly where some text is matched by both."""

from __future__ import annotations

import itertools
import re

import pytest

from mlinfra.policies.training.patterns import meet

TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("ab", repeat=length)]
PATTERNS = ["".join(marks) for length in range(4) for marks in itertools.product("ab*?", repeat=length)]


def texts(pattern: str) -> frozenset[str]:
    compiled = re.compile("".join({"*": ".*", "?": "."}.get(mark, mark) for mark in pattern))
    return frozenset(text for text in TEXTS if compiled.fullmatch(text))


def test_patterns_meet_where_a_text_is_of_both() -> None:
    matched = {pattern: texts(pattern) for pattern in PATTERNS}
    for one, other in itertools.product(PATTERNS, repeat=2):
        assert meet(one, other) == bool(matched[one] & matched[other]), (one, other)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("arn:aws:s3:::lake/a/*", "arn:aws:s3:::lake/b/*", False),
        ("arn:aws:s3:::lake/*", "arn:aws:s3:::lake/b/*", True),
        ("arn:aws:s3:::*/checkpoints/*", "arn:aws:s3:::lake/b/*", True),
        ("*", "arn:aws:s3:::lake/b/*", True),
    ],
)
def test_buckets(one: str, other: str, wanted: bool) -> None:
    assert meet(one, other) is wanted
    assert meet(other, one) is wanted
