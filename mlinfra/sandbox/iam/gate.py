"""The gate in front of the account: what the caller of a request may not do is refused as AWS refuses it.

It holds for callers with the keys of IAM users and of assumed roles. Keys that are nobody's, such as the sandbox's own
`test`, stand for the account itself and may do everything, as before there were users. Grants of keys, policies of VPC
endpoints and of organisations are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.iam.account import Account, Identity
from mlinfra.sandbox.iam.evaluate import Decision, Policies, Request, evaluate
from mlinfra.sandbox.iam.implied import implied
from mlinfra.sandbox.iam.requests import Need, Place, names, needs
from mlinfra.sandbox.server import tables
from mlinfra.sandbox.server.wire import AwsError, Call, operation_name, understand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlinfra.sandbox.server.wire import Environ, Origin, Response

# The error code by the protocol that the service speaks, and of services that have their own.
_CODES: Final = {"json": "AccessDeniedException", "rest-json": "AccessDeniedException"}
_OWN_CODES: Final = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
_FORBIDDEN: Final = 403
_CIPHERTEXT: Final = {"Decrypt": "CiphertextBlob", "ReEncrypt": "CiphertextBlob"}
_KEY_ID: Final = 36  # moto's ciphertexts begin with the id of their key


@dataclass(frozen=True, slots=True)
class Refused:
    """A need that was not met."""

    need: Need
    decision: Decision


def refuse(environ: Environ, origin: Origin, user_boundary: Callable[[str], str | None]) -> Response | None:
    """The answer to a request whose caller may not ask it; None where it may."""
    from moto.iam.models import get_account_id_from

    partition = "aws-cn" if origin.region.startswith("cn-") else "aws"
    account = Account(
        Place(partition=partition, region=origin.region, account=get_account_id_from(origin.key)), user_boundary
    )
    identity = account.caller(origin.key)
    if identity is None:
        return None
    call = _understood(environ, origin)
    if call is None:
        return None
    refused = next(refusals(account, identity, origin.signed, call.name, _params(call)), None)
    if refused is None:
        return None
    need = refused.need
    message = (
        f"User: {identity.principal.name} is not authorized to perform: {need.action} on resource: {need.resource} "
        f"{refused.decision.reason}"
    )
    code = _OWN_CODES.get(origin.signed) or _CODES.get(call.protocol, "AccessDenied")
    return call.answer(AwsError(code, message, _FORBIDDEN))


def refusals(
    account: Account, identity: Identity, signed: str, operation: str, params: Mapping[str, Any]
) -> Iterator[Refused]:
    """What an identity lacks for a call."""
    asked = needs(signed, operation, params, account.place, account.resolve)
    for need in (one for first in asked for one in (first, *implied(account, first, params))):
        decision = decide(account, identity, need)
        if not decision:
            yield Refused(need, decision)


def decide(
    account: Account, identity: Identity, need: Need, more: Mapping[str, tuple[str, ...]] | None = None
) -> Decision:
    """Whether an identity may do one thing in the account. `more` adds to what the request says of itself."""
    policies = account.policies(identity, need.action, need.resource)
    context = {**account.circumstances(), **identity.context, **need.context, **(more or {})}
    if _look_at_tags(policies):
        context |= account.tags(need.resource)
    request = Request(principal=identity.principal, action=need.action, resource=need.resource, context=context)
    return evaluate(request, policies)


def _look_at_tags(policies: Policies) -> bool:
    """Whether any condition asks for tags of resources, which are looked up only then."""
    given = (*policies.identity, policies.boundary, policies.session, policies.resource)
    statements = (statement for policy in given if policy for statement in policy.statements)
    return any(
        condition.key.lower().partition("/")[0].endswith(":resourcetag")
        for statement in statements
        for condition in statement.conditions
    )


def _understood(environ: Environ, origin: Origin) -> Call | None:
    """The call, by the first of the services with this name that has its operation; None for what no service has."""
    signed = origin.signed
    listed = [tables.load(signed).service] if signed in tables.signed_as() else [signed]
    for service in names()["services"].get(signed, listed):
        name = operation_name(environ, service)
        if name:
            return understand(environ, origin, service, name)
    return None


def _params(call: Call) -> dict[str, Any]:
    """The parameters, with the key of what is to be decrypted, which need not be named."""
    blob = call.params.get(_CIPHERTEXT.get(call.name, ""))
    if isinstance(blob, bytes) and "KeyId" not in call.params:
        return {**call.params, "KeyId": blob[:_KEY_ID].decode(errors="replace")}
    return call.params
