"""The operators of conditions.

What they do is said in the IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for
multivalued context keys" (read 2026-11-22).
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import operator as order
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.iam.patterns import Context, expression, matches, matches_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlinfra.sandbox.iam.documents import Condition


def holds(condition: Condition, context: Context, *, variables: bool = True) -> bool:
    """Whether a request with this context fulfils a condition. Raises `ValueError` for an operator that is none."""
    quantifier, _, name = condition.operator.rpartition(":")
    lenient = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    given = context.get(condition.key.lower())
    if name == "Null":
        return any((given is None) == (value == "true") for value in condition.values)
    if name not in _TESTS:
        raise ValueError(f"{condition.operator} is no condition operator")
    test, negative = _TESTS[name]
    scope = context if variables else None

    def matches_any(value: str) -> bool:
        return any(test(wanted, value, scope) for wanted in condition.values) != negative

    if given is None or (quantifier and not given):
        return lenient or quantifier == "ForAllValues" or (negative and not quantifier)
    if quantifier == "ForAllValues":
        return all(matches_any(value) for value in given)
    if quantifier == "ForAnyValue":
        return any(matches_any(value) for value in given)
    return all(matches_any(value) for value in given) if negative else any(matches_any(value) for value in given)


def _equal(wanted: str, value: str, context: Context | None) -> bool:
    literal = expression(wanted, context, wildcards=False)
    return literal is not None and literal == expression(value, None, wildcards=False)


def _equal_any_case(wanted: str, value: str, context: Context | None) -> bool:
    return _equal(wanted.lower(), value.lower(), context)


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str, Context | None], bool]:
    def test(wanted: str, value: str, _: Context | None) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str, Context | None], bool]:
    def test(wanted: str, value: str, _: Context | None) -> bool:
        try:
            return compare(_moment(value), _moment(wanted))
        except ValueError:
            return False

    return test


def _moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date, or of a number that says them."""
    try:
        return float(text)
    except ValueError:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _same_word(wanted: str, value: str, _: Context | None) -> bool:
    return wanted.lower() == value.lower()


def _same_bytes(wanted: str, value: str, _: Context | None) -> bool:
    return base64.b64decode(wanted) == base64.b64decode(value)


def _in_network(wanted: str, value: str, _: Context | None) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


# Each operator's test, and whether it is the negation of it.
_TESTS: Final[dict[str, tuple[Callable[[str, str, Context | None], bool], bool]]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_any_case, False),
    "StringNotEqualsIgnoreCase": (_equal_any_case, True),
    "StringLike": (matches, False),
    "StringNotLike": (matches, True),
    "NumericEquals": (_number(order.eq), False),
    "NumericNotEquals": (_number(order.eq), True),
    "NumericLessThan": (_number(order.lt), False),
    "NumericLessThanEquals": (_number(order.le), False),
    "NumericGreaterThan": (_number(order.gt), False),
    "NumericGreaterThanEquals": (_number(order.ge), False),
    "DateEquals": (_date(order.eq), False),
    "DateNotEquals": (_date(order.eq), True),
    "DateLessThan": (_date(order.lt), False),
    "DateLessThanEquals": (_date(order.le), False),
    "DateGreaterThan": (_date(order.gt), False),
    "DateGreaterThanEquals": (_date(order.ge), False),
    "Bool": (_same_word, False),
    "BinaryEquals": (_same_bytes, False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    "ArnEquals": (matches_arn, False),
    "ArnNotEquals": (matches_arn, True),
    "ArnLike": (matches_arn, False),
    "ArnNotLike": (matches_arn, True),
}
