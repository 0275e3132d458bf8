"""IAM's policy simulator, SimulatePrincipalPolicy and SimulateCustomPolicy, which moto 5.2.5 does not have."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.iam.account import Account, Identity
from mlinfra.sandbox.iam.documents import Policy
from mlinfra.sandbox.iam.evaluate import Decision, Policies, Principal, Request, evaluate
from mlinfra.sandbox.iam.requests import Place

if TYPE_CHECKING:
    from collections.abc import Callable


def principal(_: Any, response: Any) -> Any:
    """SimulatePrincipalPolicy."""
    account = Account(Place(region="us-east-1", account=response.current_account))
    source = response._get_param("PolicySourceArn")  # noqa: SLF001
    kind, _, name = source.split(":", 5)[-1].partition("/")
    try:
        identity = account.user(name.rpartition("/")[2]) if kind == "user" else account.session(source)
    except KeyError:
        error = importlib.import_module("moto.iam.exceptions").NotFoundException
        raise error(f"The entity {source} does not exist") from None
    return _simulate(response, account, identity)


def custom(_: Any, response: Any) -> Any:
    """SimulateCustomPolicy."""
    account = Account(Place(region="us-east-1", account=response.current_account))
    caller = response._get_param("CallerArn") or f"arn:aws:iam::{response.current_account}:user/simulated"  # noqa: SLF001
    return _simulate(
        response,
        account,
        Identity(principal=Principal(name=caller, account=response.current_account), policies=(), context={}),
    )


# By the names of the methods of moto's response class.
OPERATIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "simulate_custom_policy": custom,
    "simulate_principal_policy": principal,
}


def _simulate(response: Any, account: Account, identity: Identity) -> Any:
    given = {name: response._get_param(name) for name in _GIVEN}  # noqa: SLF001
    extra = [Policy.parse(text, f"PolicyInputList.{number}") for number, text in _numbered(given["PolicyInputList"])]
    boundaries = [Policy.parse(text) for _, text in _numbered(given["PermissionsBoundaryPolicyInputList"])]
    context = {**account.circumstances(), **identity.context, **_context(given["ContextEntries"])}
    results = []
    for action in given["ActionNames"]:
        for resource in given["ResourceArns"] or ["*"]:
            request = Request(principal=identity.principal, action=action, resource=resource, context=context)
            policies = Policies(
                identity=(*identity.policies, *extra),
                boundary=boundaries[0] if boundaries else identity.boundary,
                resource=Policy.parse(given["ResourcePolicy"], "ResourcePolicy") if given["ResourcePolicy"] else None,
            )
            results.append(_result(request, evaluate(request, policies), bounded=policies.boundary is not None))
    answer = importlib.import_module("moto.core.responses").ActionResult
    return answer({"EvaluationResults": results, "IsTruncated": False})


_GIVEN: Final = (
    "ActionNames", "ContextEntries", "PermissionsBoundaryPolicyInputList", "PolicyInputList", "ResourceArns",
    "ResourcePolicy",
)  # fmt: skip


def _numbered(texts: list[str] | None) -> enumerate[str]:
    return enumerate(texts or (), start=1)


def _context(entries: list[dict[str, Any]] | None) -> dict[str, tuple[str, ...]]:
    return {one["ContextKeyName"]: tuple(one.get("ContextKeyValues") or ()) for one in entries or ()}


def _result(request: Request, decision: Decision, *, bounded: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": decision.outcome.value,
        "MatchedStatements": [{"SourcePolicyId": policy.name} for policy, _ in decision.statements],
        "MissingContextValues": [],
    }
    if bounded:
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": decision.within_boundary}
    return found
