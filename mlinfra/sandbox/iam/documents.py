"""Policy documents, read into statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key, with the values of which any may match."""

    operator: str
    key: str
    values: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. Of each pair, such as `actions` and `not_actions`, at most one is given; None means not given.

    `principals` are pairs of kind and name: `("AWS", "123456789012")`, `("Service", "s3.amazonaws.com")`, `("*", "*")`.
    `variables`: whether its patterns may hold variables, which those of policies of 2008 may not.
    """

    allows: bool
    sid: str = ""
    actions: Names | None = None
    not_actions: Names | None = None
    resources: Names | None = None
    not_resources: Names | None = None
    principals: tuple[tuple[str, str], ...] | None = None
    not_principals: tuple[tuple[str, str], ...] | None = None
    conditions: tuple[Condition, ...] = ()
    variables: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document. `name` says what it is called in explanations."""

    statements: tuple[Statement, ...]
    name: str = ""

    @classmethod
    def parse(cls, document: str | bytes | Mapping[str, Any], name: str = "") -> Self:
        """Read a document, as JSON or already read. Raises `ValueError` when it is none."""
        content = json.loads(document) if isinstance(document, str | bytes) else document
        if not isinstance(content, Mapping) or "Statement" not in content:
            raise ValueError(f"{name or 'the document'} is no policy: it has no Statement")
        variables = content.get("Version") == "2012-10-17"
        statements = tuple(_statement(one, variables=variables) for one in _list(content["Statement"]))
        return cls(statements, name)


def _statement(content: Mapping[str, Any], *, variables: bool) -> Statement:
    def names(member: str) -> Names | None:
        return tuple(map(str, _list(content[member]))) if member in content else None

    conditions = tuple(
        Condition(operator, key, tuple(_word(value) for value in _list(values)))
        for operator, keys in content.get("Condition", {}).items()
        for key, values in keys.items()
    )
    return Statement(
        allows=content["Effect"] == "Allow",
        sid=str(content.get("Sid", "")),
        actions=names("Action"),
        not_actions=names("NotAction"),
        resources=names("Resource"),
        not_resources=names("NotResource"),
        principals=_principals(content.get("Principal")),
        not_principals=_principals(content.get("NotPrincipal")),
        conditions=conditions,
        variables=variables,
    )


def _principals(content: Any) -> tuple[tuple[str, str], ...] | None:
    if content is None:
        return None
    if isinstance(content, str):
        return (("*", content),)
    return tuple((kind, str(name)) for kind, names in content.items() for name in _list(names))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
