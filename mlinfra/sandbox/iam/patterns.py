"""The patterns of policies: wildcards and variables, and how ARNs are matched part by part."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final

Context = Mapping[str, tuple[str, ...]]  # condition keys in lower case, each with the request's values

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_LITERALS: Final = frozenset("*?$")
_PARTS: Final = 6  # of an ARN, the last of which may hold colons


def expression(pattern: str, context: Context | None, *, wildcards: bool = True) -> str | None:
    """A regular expression for a pattern; None where it names a variable that the request has no value for.

    `${aws:username}` stands for the request's value, `${aws:PrincipalTag/team, 'none'}` for `none` without one, `${*}`
    for an asterisk that is no wildcard. Without a context (policies of 2008) variables are plain text.
    """
    found, place = "", 0
    for variable in _VARIABLE.finditer(pattern) if context is not None else ():
        found += _plain(pattern[place : variable.start()], wildcards)
        value = _value(variable[1], context or {})
        if value is None:
            return None
        found += re.escape(value)
        place = variable.end()
    return found + _plain(pattern[place:], wildcards)


def matches(pattern: str, text: str, context: Context | None = None, *, ignore_case: bool = False) -> bool:
    """Whether a pattern with `*` and `?` matches the whole text."""
    found = expression(pattern, context)
    return found is not None and _compiled(found, ignore_case).fullmatch(text) is not None


def matches_arn(pattern: str, arn: str, context: Context | None = None) -> bool:
    """Whether a pattern matches an ARN: each of its six parts for itself, so that `*` in one does not reach others."""
    parts, wanted = arn.split(":", _PARTS - 1), _split(pattern)
    if wanted[0] == "arn":
        wanted += ["*"] * (_PARTS - len(wanted))  # AWS completes what is incomplete
    if len(parts) != _PARTS or len(wanted) != _PARTS:
        return matches(pattern, arn, context)
    return all(matches(one, part, context) for one, part in zip(wanted, parts, strict=True))


def _split(pattern: str) -> list[str]:
    """The parts of a pattern for ARNs; colons inside variables separate nothing."""
    hidden = _VARIABLE.sub(lambda found: found[0].replace(":", "\0"), pattern)
    return [part.replace("\0", ":") for part in hidden.split(":", _PARTS - 1)]


def _plain(text: str, wildcards: bool) -> str:
    escaped = re.escape(text)
    return escaped.replace(r"\*", ".*").replace(r"\?", ".") if wildcards else escaped


def _value(variable: str, context: Context) -> str | None:
    if variable in _LITERALS:
        return variable
    name, comma, default = variable.partition(",")
    values = context.get(name.strip().lower(), ())
    if len(values) == 1:
        return values[0]
    return default.strip().strip("'") if comma else None


@functools.lru_cache(maxsize=4096)
def _compiled(found: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(found, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
