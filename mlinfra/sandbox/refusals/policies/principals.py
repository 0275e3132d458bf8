"""Who a policy names: the forms a principal may have, and whether this account has such a role or user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.refusals.facts import misspells, names
from mlinfra.sandbox.refusals.policies.document import MalformedError, Statement
from mlinfra.sandbox.refusals.policies.kinds import KEY, PolicyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.sandbox.refusals.account import Account

KINDS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
UNIQUE_ID: Final = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
SERVICE: Final = re.compile(r"([a-z0-9.-]+)\.(amazonaws\.com(\.cn)?|aws\.internal|api\.aws)|alexa-[a-z]+\.amazon\.com")
ENTITY: Final = re.compile(r"arn:(aws[a-z-]*):(iam|sts)::(\d{12}):(root|(user|role|assumed-role|federated-user)/(.+))")
REGION: Final = re.compile(r"\.[a-z]{2}(-[a-z]+)+-\d$")


def name_principals(statements: Iterable[Statement], kind: PolicyKind, account: Account) -> None:
    """Raise `MalformedError` for the first principal that cannot be, or that this account does not have."""
    for statement in statements:
        for sort, value in statement.principals + statement.not_principals:
            if not _valid(sort, value, account if kind.exists else None):
                raise MalformedError(
                    "Policy contains a statement with one or more invalid principals."
                    f' "{sort}":"{value}"{_hint(sort, value)}'
                    if kind is KEY
                    else f'Invalid principal in policy: "{sort}":"{value}"{_hint(sort, value)}'
                )


def service_exists(principal: str) -> bool:
    """Whether a service principal has the form of one and does not nearly spell another."""
    return SERVICE.fullmatch(principal) is not None and _meant(principal) is None


def _valid(sort: str, value: str, account: Account | None) -> bool:
    if sort not in KINDS:
        return False
    if sort == "Service":
        return service_exists(value)
    if sort != "AWS" or value == "*":
        return True
    if re.fullmatch(r"\d{12}", value) or UNIQUE_ID.fullmatch(value):
        return True
    entity = ENTITY.fullmatch(value)
    if not entity or "*" in value or "?" in value:
        return False
    return account is None or entity[4] == "root" or entity[3] != account.id or _exists(entity, account)


def _exists(entity: re.Match[str], account: Account) -> bool:
    sort, name = entity[5], entity[6]
    if sort == "role":
        return account.role(entity[0]) is not None
    if sort == "assumed-role":
        return account.role(name.split("/")[0]) is not None
    if sort == "user":
        return account.user(entity[0]) is not None
    return True


def _meant(principal: str) -> str | None:
    form = SERVICE.fullmatch(principal)
    return misspells(REGION.sub("", form[1]), names("principals", "services")) if form and form[1] else None


def _hint(sort: str, value: str) -> str:
    meant = _meant(value) if sort == "Service" else None
    return f" (is {meant}.amazonaws.com meant?)" if meant else ""
