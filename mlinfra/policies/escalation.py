"""Whether policies let their holder become somebody more powerful."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from mlinfra.catalog.escalations import Escalation, escalations
from mlinfra.policies.documents import Document
from mlinfra.policies.statements import Known, Statement, all3, any3, matches, not3

if TYPE_CHECKING:
    from collections.abc import Iterable

PASSING: Final = "iam:PassRole"
_PASSED_TO: Final = "iam:passedtoservice"
_WEAK: Final = frozenset(
    {_PASSED_TO, "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:securetransport", "aws:requestedregion"}
)
"""Condition keys that leave open whom or what an action is done to."""


def administers(statement: Statement) -> Known:
    """Whether a statement allows everything on everything."""
    return all3((statement.allows, statement.all_of_service(), statement.everything()))


@functools.lru_cache(maxsize=512)
def ways(document: Document) -> dict[str, Known]:
    """The ways of escalation that a document opens, or may open, by name."""
    found = {name: _opens(document, way) for name, way in escalations().items()}
    return {name: opens for name, opens in found.items() if opens is not False}


def joined(documents: Iterable[Document]) -> Document:
    """What several documents of one holder say together."""
    every = list(documents)
    statements = tuple(statement for document in every for statement in document.statements)
    return Document(statements, any(document.unknown for document in every))


def _opens(document: Document, way: Escalation) -> Known:
    answers: list[Known] = []
    for action in way.actions:
        answers.append(document.allows(action, functools.partial(_reaches, action=action, service=way.service)))
        if answers[-1] is False:
            return False
    return all3(answers)


def _reaches(statement: Statement, *, action: str, service: str) -> Known:
    widely = statement.everything("iam") if action.startswith("iam:") else True
    narrowed = statement.tests(lambda one: one.key not in _WEAK)
    return all3((not3(administers(statement)), widely, not3(narrowed), _passes_to(statement, service, action)))


def _passes_to(statement: Statement, service: str, action: str) -> Known:
    if action != PASSING:
        return True
    tested = statement.tests(lambda one: one.key == _PASSED_TO)
    named = statement.tests(
        lambda one: one.values.any(lambda text: matches(text, service)) if one.key == _PASSED_TO else False
    )
    return any3((not3(tested), named))
