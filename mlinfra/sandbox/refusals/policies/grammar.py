"""The grammar of policies: what every kind has in common and what differs by kind."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.refusals.facts import names
from mlinfra.sandbox.refusals.policies.document import MalformedError, Statement
from mlinfra.sandbox.refusals.policies.kinds import IDENTITY, QUEUE, TOPIC, TRUST, PolicyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

TRUST_ACTIONS: Final = (
    "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoot", "sts:TagSession",
    "sts:SetSourceIdentity", "sts:SetContext",
)  # fmt: skip
ACTION: Final = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_*?.-]+")
ARN: Final = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
SET_OPERATORS: Final = ("ForAllValues:", "ForAnyValue:")


def follow_grammar(statements: Iterable[Statement], kind: PolicyKind) -> None:
    """Raise `MalformedError` for the first rule of its kind that a policy breaks."""
    sids: set[str] = set()
    for statement in statements:
        if kind in (IDENTITY, TOPIC, QUEUE) and statement.sid:
            if statement.sid in sids:
                raise MalformedError("Statement IDs (SID) in a single policy must be unique.")
            sids.add(statement.sid)
        _elements(statement, kind)
        _actions(statement, kind)
        _conditions(statement)
        if kind is IDENTITY:
            _identity(statement)


def _elements(statement: Statement, kind: PolicyKind) -> None:
    for name, rule, present in (
        ("Principal", kind.principal, statement.has_principal),
        ("Resource", kind.resource, statement.has_resource),
    ):
        if rule == "required" and not present:
            raise MalformedError(
                "Policy statement must contain resources." if kind is IDENTITY else f"Missing required field {name}"
            )
        if rule == "forbidden" and present:
            raise MalformedError(
                "Policy document should not specify a principal."
                if kind is IDENTITY
                else f"Has prohibited field {name}"
            )


def _actions(statement: Statement, kind: PolicyKind) -> None:
    for action in statement.actions + statement.not_actions:
        if action == "*":
            continue
        if ":" not in action:
            raise MalformedError(
                f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {action}"
            )
        if not ACTION.fullmatch(action):
            raise MalformedError(f"Policy has invalid action: {action}")
        if kind is TRUST and not any(fnmatch.fnmatchcase(known.lower(), action.lower()) for known in TRUST_ACTIONS):
            raise MalformedError(f"AssumeRole policy may only specify STS AssumeRole actions: {action}")
        if kind.services and action.split(":")[0].lower() not in kind.services:
            out = (
                "Policy statement action out of service scope!"
                if kind in (TOPIC, QUEUE)
                else "Policy has invalid action:"
            )
            raise MalformedError(f"{out} {action}")
        known = [name.lower() for name in names("sns", "topic")]
        if kind is TOPIC and not any(fnmatch.fnmatchcase(name, action.split(":")[1].lower()) for name in known):
            raise MalformedError(f"Policy statement action out of service scope! {action}")


def _conditions(statement: Statement) -> None:
    known = {operator.lower() for operator in names("conditions", "operators")}
    for operator, key, _ in statement.conditions:
        plain = operator
        for prefix in SET_OPERATORS:
            plain = plain.removeprefix(prefix)
        bare = plain.removesuffix("IfExists")
        if bare.lower() not in known or (bare == "Null" and plain != bare):
            raise MalformedError(f"Invalid Condition type : {operator}")
        if ":" not in key:
            raise MalformedError(f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {key}")


def _identity(statement: Statement) -> None:
    if statement.sid and not re.fullmatch(r"[0-9A-Za-z]*", statement.sid):
        raise MalformedError(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression"
            f" [0-9A-Za-z]*: {statement.sid!r}"
        )
    for resource in statement.resources + statement.not_resources:
        if resource != "*" and not ARN.fullmatch(resource):
            raise MalformedError(f'Resource {resource} must be in ARN format or "*".')
