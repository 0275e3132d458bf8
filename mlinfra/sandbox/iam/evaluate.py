"""Whether AWS would allow a request: the policies that apply, weighed as AWS weighs them.

Within one account: an explicit denial anywhere decides. Else the identity's policies must allow the request, and the
permissions boundary and the session's policy, where there are any; or the resource's policy allows it to this very
principal. Keys and roles are stricter: nothing is allowed that their own policy does not give, be it by leaving it to the
account. Between accounts both sides must allow. Source: IAM User Guide, "Policy evaluation logic", "Permissions
boundaries for IAM entities", and the KMS Developer Guide, "Key policies" (read 2026-11-22).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlinfra.sandbox.iam.conditions import holds
from mlinfra.sandbox.iam.patterns import Context, matches, matches_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlinfra.sandbox.iam.documents import Policy, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. `role` is the ARN of the role that a session (`arn:…:assumed-role/…`) belongs to.

    `kind` is the word in front of it in policies: `AWS`, `Service` or `Federated`.
    """

    name: str
    account: str = ""
    role: str = ""
    kind: str = "AWS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One action on one resource. `context` maps condition keys to their values."""

    principal: Principal
    action: str
    resource: str = "*"
    account: str = ""  # the resource's; empty: the principal's
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> Context:
        """The condition keys as they are compared: in lower case, each with a tuple of values."""
        return {key.lower(): (one,) if isinstance(one, str) else tuple(one) for key, one in self.context.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What applies to a request. `strict`: the resource is one that nothing but its own policy gives away."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    resource: Policy | None = None
    strict: bool = False


class Outcome(enum.StrEnum):
    """The decision, in the words of IAM's policy simulator."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes out, why (as AWS says it after "because"), and the statements that decided, with their policies."""

    outcome: Outcome
    reason: str = ""
    statements: tuple[tuple[Policy, Statement], ...] = ()
    within_boundary: bool = True

    def __bool__(self) -> bool:
        return self.outcome is Outcome.ALLOWED


class _Grant(enum.IntEnum):
    """To whom a resource's policy grants something, as far as it concerns who asks."""

    NOBODY = 0
    ACCOUNT = 1  # which leaves it to the identities' policies
    ROLE = 2  # whose sessions are still held in by its boundary
    SELF = 3


_KINDS: Final = {
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "resource": "a resource-based policy",
}


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide on a request."""
    context = request.keys
    held = {"identity": policies.identity, "boundary": _some(policies.boundary), "session": _some(policies.session)}
    for kind, documents in held.items():
        denied = list(_matching(documents, request, context, allows=False))
        if denied:
            return Decision(Outcome.EXPLICIT_DENY, f"with an explicit deny in {_KINDS[kind]}", tuple(denied))
    of_resource = list(_matching(_some(policies.resource), request, context, allows=None))
    denied = [one for one in of_resource if not one[1].allows and _concerns(one[1], request.principal)]
    if denied:
        return Decision(Outcome.EXPLICIT_DENY, f"with an explicit deny in {_KINDS['resource']}", tuple(denied))
    grant, granting = _grant([one for one in of_resource if one[1].allows], request.principal)
    allowing = {kind: list(_matching(documents, request, context, allows=True)) for kind, documents in held.items()}
    missing = [kind for kind in ("boundary", "session") if held[kind] and not allowing[kind]]
    within = "boundary" not in missing
    local = request.account in ("", request.principal.account) or not request.principal.account
    needs_both = policies.strict or not local
    enough = grant is _Grant.SELF if local else False
    enough |= local and grant is _Grant.ROLE and not missing
    enough |= bool(allowing["identity"]) and not missing and (grant > _Grant.NOBODY or not needs_both)
    if enough:
        deciding = (*granting, *(one for found in allowing.values() for one in found))
        return Decision(Outcome.ALLOWED, "", deciding, within)
    silent = needs_both and grant is _Grant.NOBODY
    lacking = "resource" if silent else "identity" if not allowing["identity"] else missing[0]
    reason = f"because no {_KINDS[lacking].partition(' ')[2]} allows the {request.action} action"
    return Decision(Outcome.IMPLICIT_DENY, reason, (), within)


def _some(policy: Policy | None) -> tuple[Policy, ...]:
    return (policy,) if policy else ()


def _matching(
    policies: Iterable[Policy], request: Request, context: Context, *, allows: bool | None
) -> Iterator[tuple[Policy, Statement]]:
    """The statements that speak of a request's action and resource and whose conditions hold."""
    for policy in policies:
        for statement in policy.statements:
            if allows in (None, statement.allows) and _speaks(statement, request, context):
                yield policy, statement


def _speaks(statement: Statement, request: Request, context: Context) -> bool:
    scope = context if statement.variables else None
    actions, not_actions = statement.actions, statement.not_actions
    if actions is not None and not any(matches(one, request.action, ignore_case=True) for one in actions):
        return False
    if not_actions is not None and any(matches(one, request.action, ignore_case=True) for one in not_actions):
        return False
    resources, not_resources = statement.resources, statement.not_resources
    if resources is not None and not any(matches_arn(one, request.resource, scope) for one in resources):
        return False
    if not_resources is not None and any(matches_arn(one, request.resource, scope) for one in not_resources):
        return False
    return all(holds(one, context, variables=statement.variables) for one in statement.conditions)


def _concerns(statement: Statement, principal: Principal) -> bool:
    """Whether a statement of a resource's policy means the principal, alone or with others."""
    if statement.not_principals is not None:
        return not any(_means(kind, name, principal) for kind, name in statement.not_principals)
    return any(_means(kind, name, principal) for kind, name in statement.principals or ())


def _grant(
    statements: list[tuple[Policy, Statement]], principal: Principal
) -> tuple[_Grant, tuple[tuple[Policy, Statement], ...]]:
    """How far a resource's policy grants, and by which statements."""
    found = [(_reach(statement, principal), (policy, statement)) for policy, statement in statements]
    grant = max((reach for reach, _ in found), default=_Grant.NOBODY)
    return grant, tuple(one for reach, one in found if reach is grant and grant is not _Grant.NOBODY)


def _reach(statement: Statement, principal: Principal) -> _Grant:
    if statement.not_principals is not None:
        return _Grant.ROLE if _concerns(statement, principal) else _Grant.NOBODY
    reaches = (_means(kind, name, principal) for kind, name in statement.principals or ())
    return max(reaches, default=_Grant.NOBODY)


def _means(kind: str, name: str, principal: Principal) -> _Grant:
    """How a principal of a policy means the one who asks."""
    if name == "*" and kind in ("*", principal.kind):
        return _Grant.ROLE if principal.role else _Grant.SELF
    if kind != principal.kind:
        return _Grant.NOBODY
    if name == principal.name:
        return _Grant.SELF
    if principal.role and name == principal.role:
        return _Grant.ROLE
    account = principal.account
    is_account = bool(account) and (name == account or (name.startswith("arn:") and name.endswith(f"::{account}:root")))
    return _Grant.ACCOUNT if is_account and kind == "AWS" else _Grant.NOBODY
