"""IAM, KMS and Parameter Store beyond policies and references."""

from __future__ import annotations

import re
from typing import Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.policies.principals import service_exists

CONFLICT: Final = 409


def attachments(call: Call) -> None:
    """A role, user or group has at most so many managed policies."""
    holder = call.operation.removeprefix("Attach").removesuffix("Policy")
    owner = {f"{holder}Name": call.params[f"{holder}Name"]}
    limit = call.quotas[f"policies-per-{holder.lower()}"]
    attached = call.account.ask("iam", f"list_attached_{holder.lower()}_policies", **owner) or {}
    arns = {policy["PolicyArn"] for policy in attached.get("AttachedPolicies", [])}
    if len(arns | {call.params["PolicyArn"]}) > limit:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{holder}: {limit}", status=CONFLICT)


def policy_in_use(call: Call) -> None:
    """A policy that is attached to something cannot be deleted."""
    found = call.account.ask("iam", "list_entities_for_policy", PolicyArn=call.params["PolicyArn"]) or {}
    if any(found.get(f"Policy{kind}") for kind in ("Roles", "Users", "Groups")):
        message = "Cannot delete a policy attached to entities."
        raise Refused("DeleteConflict", message, status=CONFLICT, transient=True)


def linked_role(call: Call) -> None:
    """A service-linked role is for a service that exists."""
    if not service_exists(call.params["AWSServiceName"]):
        message = f"Cannot find service-linked role configuration for service {call.params['AWSServiceName']}"
        raise Refused("InvalidInput", message)


def key_rotation(call: Call) -> None:
    """Only symmetric encryption keys rotate by themselves."""
    key = call.account.key(call.params["KeyId"])
    if key and key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        raise Refused(
            "UnsupportedOperationException", f"{key['Arn']} has the key spec {key['KeySpec']}, which does not rotate"
        )


def key_pending(call: Call) -> None:
    """A key that is being deleted takes no changes."""
    key = call.account.key(call.params["KeyId"])
    if key and key.get("KeyState") == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")


def key_grantee(call: Call) -> None:
    """A grant names a role or user that exists."""
    arn, account = call.params["GranteePrincipal"], call.account
    exists = account.role if ":role/" in arn else account.user if ":user/" in arn else None
    if exists and f"::{account.id}:" in arn and exists(arn) is None:
        raise Refused("InvalidArnException", f"The grantee principal {arn} does not exist", transient=True)


def parameter_pattern(call: Call) -> None:
    """A parameter's value keeps to the pattern given with it."""
    pattern = call.params.get("AllowedPattern")
    if pattern and not re.search(pattern, call.params.get("Value", "")):
        message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        raise Refused("ParameterPatternMismatchException", message)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    **{("iam", f"Attach{holder}Policy"): (attachments,) for holder in ("Role", "User", "Group")},
    ("iam", "DeletePolicy"): (policy_in_use,),
    ("iam", "CreateServiceLinkedRole"): (linked_role,),
    ("kms", "EnableKeyRotation"): (key_rotation,),
    ("kms", "PutKeyPolicy"): (key_pending,),
    ("kms", "CreateGrant"): (key_grantee,),
    ("ssm", "PutParameter"): (parameter_pattern,),
}
