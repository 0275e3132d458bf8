"""Policy documents: what they allow, judged by their statements, and not by what they look like.

A question about a document is answered yes, no, or None where something in it is not known before deployment. Nothing here
reads a resource; `grants.py` puts documents where they stand.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlinfra.graph_values import Unknown
from mlinfra.policies.statements import Known, Statement, all3, any3, not3, statement

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A policy document. `unknown`: there are, or may be, statements that are not known."""

    statements: tuple[Statement, ...] = ()
    unknown: bool = False

    def any(self, says: Callable[[Statement], Known]) -> Known:
        """Whether a statement is so."""
        found = any3(map(says, self.statements))
        return None if self.unknown and not found else found

    def takes_away(self, action: str) -> Known:
        """Whether it denies an action to everybody, on everything, always."""
        return self.any(
            lambda one: all3(
                (
                    one.denies,
                    one.covers(action),
                    one.unconditional(),
                    one.resources.any(lambda text: text == "*"),
                    any3((not one.principals and not one.not_principals, one.anybody())),
                )
            )
        )

    def allows(self, action: str, where: Callable[[Statement], Known]) -> Known:
        """Whether a statement that is so allows an action, and none takes it away."""

        def says(one: Statement) -> Known:
            spoken = all3((one.allows, one.covers(action)))
            return False if spoken is False else all3((spoken, where(one)))

        allowed = self.any(says)
        return False if allowed is False else all3((allowed, not3(self.takes_away(action))))


def read(raw: Any) -> Document:
    """The document that a property holds: a text in JSON or a mapping."""
    if isinstance(raw, str):
        return _read_text(raw)
    if isinstance(raw, Unknown):
        return Document(unknown=True)
    return _read(raw)


@functools.lru_cache(maxsize=1024)
def _read_text(text: str) -> Document:
    try:
        return _read(json.loads(text)) if text.strip() else Document()
    except ValueError:
        return Document(unknown=True)


def _read(raw: Any) -> Document:
    if not isinstance(raw, Mapping):
        return Document()
    statements = raw.get("Statement")
    if isinstance(statements, Unknown):
        return Document(unknown=True)
    items = statements if isinstance(statements, list) else [statements]
    return Document(tuple(statement(index, one) for index, one in enumerate(items) if _is_statement(one)))


def _is_statement(raw: Any) -> bool:
    return isinstance(raw, Mapping | Unknown)
