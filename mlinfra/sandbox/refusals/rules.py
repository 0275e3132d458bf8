"""Parameters that documentation limits, or that do not go together: the rules of `rules.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused, walk
from mlinfra.sandbox.refusals.quotas import Quotas

Rule = Mapping[str, Any]
Params = Mapping[str, Any]
TABLE: Final[list[Rule]] = tomllib.loads((files(__package__) / "rules.toml").read_text("utf-8"))["rule"]


@cache
def rules(service: str, operation: str) -> tuple[Check, ...]:
    """The checks that the table makes of an operation."""
    return tuple(partial(_check, rule=rule) for rule in TABLE if f"{service}.{operation}" in rule["on"].split())


def _check(call: Call, rule: Rule) -> None:
    for params in call.values(rule["each"]) if "each" in rule else [call.params]:
        if not all(_holds(rule, params, path, wanted) for path, wanted in rule.get("when", {}).items()):
            continue
        for value, constraint in _broken(rule, params, call.quotas):
            raise Refused(rule["code"], _message(rule, params, value, constraint))


def _holds(rule: Rule, params: Params, path: str, wanted: Any) -> bool:
    actual = next(walk(params, path), rule.get("default", {}).get(path))
    if wanted in ("*", "-"):
        return (actual is not None) == (wanted == "*")
    if isinstance(wanted, str) and wanted.startswith("~"):
        return actual is not None and re.fullmatch(wanted[1:], str(actual)) is not None
    return actual in wanted if isinstance(wanted, list) else actual == wanted


def _broken(rule: Rule, params: Params, quotas: Quotas) -> Iterator[tuple[Any, str]]:
    """Pairs of a value and what it must do instead."""
    if "needs" in rule:
        paths = [rule["needs"]] if isinstance(rule["needs"], str) else rule["needs"]
        if not any(any(walk(params, path)) for path in paths):
            yield None, f"come with {' or '.join(paths)}"
    elif "forbids" in rule:
        if any(walk(params, rule["forbids"])):
            yield rule["forbids"], "not be given"
    elif "ordered" in rule:
        given = [(path, value) for path in rule["ordered"] for value in walk(params, path)]
        for (lower, less), (upper, more) in pairwise(given):
            if less + rule.get("gap", 0) > more:
                yield f"{lower} {less}, {upper} {more}", "be in order"
    elif "unique" in rule:
        values = list(walk(params, rule["unique"]))
        yield from ((value, "be unique") for value in values if values.count(value) > 1)
    elif "at" in rule:
        values = [value for path in rule["at"].split() for value in walk(params, path)]
        most = rule.get("max_count", len(values))
        if len(values) > (most := quotas[most] if isinstance(most, str) else most):
            yield f"{len(values)} members", f"have length less than or equal to {most}"
        yield from ((value, constraint) for value in values if (constraint := unmet(rule, value)))
    else:
        yield None, "not be given like this"


def unmet(limit: Rule, value: Any) -> str:
    """The limit that a value breaks, in words; empty when it keeps to all."""
    multiple = limit.get("multiple_of")
    if "one_of" in limit and value not in limit["one_of"] and not (multiple and value % multiple == 0):
        return f"be one of {', '.join(map(str, limit['one_of']))}" + (
            f" or a multiple of {multiple}" if multiple else ""
        )
    if value in limit.get("none_of", ()):
        return "be none of those"
    if len(str(value)) > limit.get("max_length", len(str(value))):
        return f"have length less than or equal to {limit['max_length']}"
    if _size(value) > limit.get("max_size", _size(value)):
        return f"have at most {limit['max_size']} bytes"
    if "pattern" in limit and not re.fullmatch(limit["pattern"], str(value), re.DOTALL):
        return f"satisfy regular expression pattern: {limit['pattern']}"
    if ("min" in limit or "max" in limit) and not _between(limit, value):
        return f"be between {limit.get('min', 'its least')} and {limit.get('max', 'its greatest value')}"
    return ""


def _between(limit: Rule, value: Any) -> bool:
    try:
        number = int(value)
    except ValueError:
        return False
    return bool(limit.get("min", number) <= number <= limit.get("max", number))


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_size(key) + _size(member) for key, member in value.items())
    return len(value if isinstance(value, bytes) else str(value).encode())


def _message(rule: Rule, params: Params, value: Any, constraint: str) -> str:
    if says := rule.get("says"):
        known = {**rule.get("default", {}), **params, "value": value}
        return re.sub(r"\{(\w+)\}", lambda match: str(known.get(match[1], match[0])), says)
    where = str(rule.get("at", "")).replace("[]", "")
    return f"Invalid value '{value}' for parameter {where}. It must {constraint}."
