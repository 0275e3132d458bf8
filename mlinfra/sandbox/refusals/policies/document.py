"""Policy documents as AWS reads them: JSON, elements, statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSIONS: Final = ("2012-10-17", "2008-10-17")
DOCUMENT_ELEMENTS: Final = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS: Final = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip


class MalformedError(Exception):
    """A policy that AWS does not accept; the text says why, in AWS's words where they are known."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` pairs each kind (AWS, Service, Federated, CanonicalUser) with a value; `*` is AWS's."""

    sid: str | None
    effect: str
    principals: tuple[tuple[str, str], ...]
    not_principals: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]  # operator, key, values

    @property
    def has_principal(self) -> bool:
        """Whether the statement names who, or who not."""
        return bool(self.principals or self.not_principals)

    @property
    def has_resource(self) -> bool:
        """Whether the statement names what, or what not."""
        return bool(self.resources or self.not_resources)


def read(text: str | Mapping[str, Any]) -> tuple[Statement, ...]:
    """Parse a policy into its statements. Raises `MalformedError`."""
    if isinstance(text, str):
        try:
            document = json.loads(text)
        except ValueError as error:
            raise MalformedError(f"Syntax errors in policy: it is not valid JSON ({error})") from error
    else:
        document = text
    if not isinstance(document, Mapping):
        raise MalformedError("Syntax errors in policy: policies must be a JSON object")
    _known(document, DOCUMENT_ELEMENTS)
    if document.get("Version", VERSIONS[1]) not in VERSIONS:
        raise MalformedError(
            f"The policy must contain a valid version string: {document['Version']!r} is neither 2012-10-17 nor 2008-10-17"
        )
    statements = document.get("Statement")
    if not statements:
        raise MalformedError("Syntax errors in policy: missing required field Statement")
    return tuple(_statement(item) for item in (statements if isinstance(statements, list) else [statements]))


def _statement(item: Any) -> Statement:
    if not isinstance(item, Mapping):
        raise MalformedError("Syntax errors in policy: a statement must be a JSON object")
    _known(item, STATEMENT_ELEMENTS)
    for positive, negative in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):
        if positive in item and negative in item:
            raise MalformedError(f"Syntax errors in policy: a statement has both {positive} and {negative}")
    if "Effect" not in item:
        raise MalformedError("Missing required field Effect")
    if item["Effect"] not in ("Allow", "Deny"):
        raise MalformedError(f"Invalid effect: {item['Effect']}")
    if "Action" not in item and "NotAction" not in item:
        raise MalformedError("Missing required field Action")
    return Statement(
        sid=item.get("Sid"),
        effect=item["Effect"],
        principals=tuple(_principals(item.get("Principal", {}))),
        not_principals=tuple(_principals(item.get("NotPrincipal", {}))),
        actions=_strings(item, "Action"),
        not_actions=_strings(item, "NotAction"),
        resources=_strings(item, "Resource"),
        not_resources=_strings(item, "NotResource"),
        conditions=tuple(_conditions(item.get("Condition", {}))),
    )


def _known(item: Mapping[str, Any], elements: tuple[str, ...]) -> None:
    for name in item:
        if name not in elements:
            raise MalformedError(f"Syntax errors in policy: Unknown field {name}")


def _strings(item: Mapping[str, Any], element: str) -> tuple[str, ...]:
    if element not in item:
        return ()
    value = item[element]
    values = tuple(value) if isinstance(value, list) else (value,)
    if not values or not all(isinstance(member, str) for member in values):
        raise MalformedError(f"Syntax errors in policy: {element} must be a string or a list of strings")
    return values


def _principals(value: Any) -> Iterator[tuple[str, str]]:
    if value == "*":
        yield "AWS", "*"
        return
    if not isinstance(value, Mapping):
        raise MalformedError(f"Invalid principal in policy: {json.dumps(value)}")
    for kind in value:
        for member in _strings(value, kind):
            yield kind, member


def _conditions(value: Any) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if not isinstance(value, Mapping):
        raise MalformedError("Syntax errors in policy: Condition must be an object")
    for operator, keys in value.items():
        if not isinstance(keys, Mapping):
            raise MalformedError(f"Syntax errors in policy: Condition {operator} must be an object")
        for key, given in keys.items():
            members = given if isinstance(given, list) else [given]
            if not all(isinstance(member, (str, int, float)) for member in members):
                raise MalformedError(f"Syntax errors in policy: the values of condition key {key} must be strings")
            yield operator, key, tuple(_text(member) for member in members)


def _text(member: Any) -> str:
    return str(member).lower() if isinstance(member, bool) else str(member)
