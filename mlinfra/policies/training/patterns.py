"""Patterns of IAM against each other: whether something is named by both."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=16384)
def meet(one: str, other: str) -> bool:
    """Whether some text is matched by both patterns (`*` is any text, `?` any character).

    `data/*` and `*/model` meet in `data/model`; `team-a/*` and `team-b/*` do not.
    """
    # reached[j]: whether what has been read of `one` meets the first j characters of `other`.
    reached = [True] + [False] * len(other)
    for j, char in enumerate(other):
        reached[j + 1] = reached[j] and char == "*"
    for mine in one:
        row = [reached[0] and mine == "*"]
        for j, theirs in enumerate(other):
            if mine == "*" or theirs == "*":
                # A star takes nothing, or one more of what the other has.
                row.append(row[j] or reached[j + 1] or reached[j])
            else:
                row.append(reached[j] and (mine == theirs or "?" in (mine, theirs)))
        reached = row
    return reached[-1]
