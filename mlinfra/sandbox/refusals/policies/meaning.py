"""What a policy comes to: whether it lets somebody do something, and whether it lets everybody."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlinfra.sandbox.refusals.facts import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlinfra.sandbox.refusals.policies.document import Statement


@dataclass(frozen=True)
class Request:
    """An access to decide on.

    A condition on a key that `context` does not hold is taken to be met by an Allow and not met by a Deny, so that only
    what is certain is refused.
    """

    action: str
    principals: tuple[tuple[str, str], ...] = ()  # any of these names the one who asks
    resource: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)  # keys in lower case


def allows(statements: Iterable[Statement], request: Request) -> bool:
    """Whether a policy allows a request and does not certainly deny it."""
    given = list(statements)
    denied = any(s.effect == "Deny" and _applies(s, request) and _met(s, request, unknown=False) for s in given)
    return not denied and any(
        s.effect == "Allow" and _applies(s, request) and _met(s, request, unknown=True) for s in given
    )


def is_public(statements: Iterable[Statement]) -> bool:
    """Whether a policy is public as Block Public Access sees it: everybody is let in, and no condition fixes who or where."""
    fixing = {key.lower() for key in names("public", "fixing-keys")}
    return any(
        statement.effect == "Allow"
        and (("AWS", "*") in statement.principals or statement.not_principals)
        and not any(
            key.lower() in fixing and _fixes(operator, values) for operator, key, values in statement.conditions
        )
        for statement in statements
    )


def matches_any(value: str, patterns: Iterable[str]) -> bool:
    """Whether a value matches one of a policy's patterns, whose only wildcards are `*` and `?`."""
    return any(_like(value, pattern) for pattern in patterns)


def _like(value: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def _applies(statement: Statement, request: Request) -> bool:
    return (
        _named(request.action.lower(), _lower(statement.actions), _lower(statement.not_actions))
        and (request.resource is None or _named(request.resource, statement.resources, statement.not_resources))
        and _asks(statement, request)
    )


def _named(value: str, patterns: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return (not patterns or matches_any(value, patterns)) and not (others and matches_any(value, others))


def _asks(statement: Statement, request: Request) -> bool:
    if statement.principals:
        return ("AWS", "*") in statement.principals or any(who in statement.principals for who in request.principals)
    return not any(who in statement.not_principals for who in request.principals)


def _lower(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern.lower() for pattern in patterns)


def _met(statement: Statement, request: Request, *, unknown: bool) -> bool:
    return all(
        _holds(operator, key, values, request, unknown=unknown) for operator, key, values in statement.conditions
    )


def _holds(operator: str, key: str, values: tuple[str, ...], request: Request, *, unknown: bool) -> bool:
    actual = request.context.get(key.lower())
    plain = operator.removesuffix("IfExists")
    if actual is None or not plain.startswith(("String", "Arn")):
        return unknown
    negative = "Not" in plain
    if plain.endswith("IgnoreCase"):
        found = actual.lower() in {value.lower() for value in values}
    elif plain.startswith("Arn") or plain.endswith("Like"):
        found = matches_any(actual, values)
    else:
        found = actual in values
    return found != negative


def _fixes(operator: str, values: tuple[str, ...]) -> bool:
    if "Not" in operator or operator.endswith("IfExists"):
        return False
    if operator == "IpAddress":
        return not any(value.startswith(("0.0.0.0/", "::/")) for value in values)
    return operator.startswith(("String", "Arn")) and not any(value == "*" for value in values)
