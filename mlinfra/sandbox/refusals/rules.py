"""Parameters that documentation limits, or that do not go together: the rules of `rules.toml`."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused, walk

if TYPE_CHECKING:
    from mlinfra.sandbox.refusals.quotas import Quotas

Rule = Mapping[str, Any]
Params = Mapping[str, Any]
TABLE: Final[list[Rule]] = tomllib.loads((files("mlinfra.sandbox.refusals") / "rules.toml").read_text("utf-8"))["rule"]


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
    if wanted == "*":
        return actual is not None
    if wanted == "-":
        return actual is None
    if isinstance(wanted, str) and wanted.startswith("~"):
        return actual is not None and re.fullmatch(wanted[1:], str(actual)) is not None
    return actual in (wanted if isinstance(wanted, list) else [wanted])


def _broken(rule: Rule, params: Params, quotas: Quotas) -> Iterator[tuple[Any, str]]:
    """Pairs of a value and what it must do instead."""
    demand = next((demand for demand in DEMANDS if demand in rule), None)
    if demand is None:
        yield None, "not be given like this"
    else:
        yield from DEMANDS[demand](rule, params, quotas)


def _needs(rule: Rule, params: Params, _: Quotas) -> Iterator[tuple[Any, str]]:
    paths = [rule["needs"]] if isinstance(rule["needs"], str) else rule["needs"]
    if not any(any(walk(params, path)) for path in paths):
        yield None, f"come with {' or '.join(paths)}"


def _forbids(rule: Rule, params: Params, _: Quotas) -> Iterator[tuple[Any, str]]:
    if any(walk(params, rule["forbids"])):
        yield rule["forbids"], "not be given"


def _ordered(rule: Rule, params: Params, _: Quotas) -> Iterator[tuple[Any, str]]:
    given = [(path, value) for path in rule["ordered"] for value in walk(params, path)]
    for (lower, less), (upper, more) in pairwise(given):
        if less + rule.get("gap", 0) > more:
            yield f"{lower} {less}, {upper} {more}", "be in order"


def _unique(rule: Rule, params: Params, _: Quotas) -> Iterator[tuple[Any, str]]:
    values = list(walk(params, rule["unique"]))
    yield from ((value, "be unique") for value in values if values.count(value) > 1)


def _limited(rule: Rule, params: Params, quotas: Quotas) -> Iterator[tuple[Any, str]]:
    values = [value for path in rule["at"].split() for value in walk(params, path)]
    most = rule.get("max_count", len(values))
    most = quotas[most] if isinstance(most, str) else most
    if len(values) > most:
        yield f"{len(values)} members", f"have length less than or equal to {most}"
    for value in values:
        for name, keeps, constraint in LIMITS:
            if name in rule and not keeps(rule, value):
                yield value, constraint.format(rule[name])


def _listed(rule: Rule, value: Any) -> bool:
    return value in rule["one_of"] or ("multiple_of" in rule and value % rule["multiple_of"] == 0)


def _number(value: Any) -> float:
    """A number, also one that is given as text; what is none is out of every range."""
    try:
        return float(value)
    except ValueError:
        return math.nan


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_size(key) + _size(member) for key, member in value.items())
    return len(value if isinstance(value, bytes) else str(value).encode())


DEMANDS: Final[Mapping[str, Callable[[Rule, Params, Quotas], Iterator[tuple[Any, str]]]]] = {
    "needs": _needs,
    "forbids": _forbids,
    "ordered": _ordered,
    "unique": _unique,
    "at": _limited,
}
LIMITS: Final[tuple[tuple[str, Callable[[Rule, Any], bool], str], ...]] = (
    ("one_of", _listed, "be one of {}"),
    ("none_of", lambda rule, value: value not in rule["none_of"], "be none of {}"),
    ("max_length", lambda rule, value: len(value) <= rule["max_length"], "have length less than or equal to {}"),
    ("max_size", lambda rule, value: _size(value) <= rule["max_size"], "have at most {} bytes"),
    ("pattern", lambda rule, value: bool(re.fullmatch(rule["pattern"], str(value), re.DOTALL)), "satisfy {}"),
    ("min", lambda rule, value: _number(value) >= rule["min"], "have value greater than or equal to {}"),
    ("max", lambda rule, value: _number(value) <= rule["max"], "have value less than or equal to {}"),
)


def _message(rule: Rule, params: Params, value: Any, constraint: str) -> str:
    if says := rule.get("says"):
        known = {**rule.get("default", {}), **params, "value": value}
        return re.sub(r"\{(\w+)\}", lambda match: str(known.get(match[1], match[0])), says)
    where = str(rule.get("at", "")).replace("[]", "")
    return f"Invalid value '{value}' for parameter {where}. It must {constraint}."
