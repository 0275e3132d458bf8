"""Checks of calls that carry a policy."""

from __future__ import annotations

import re
from typing import Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.facts import misspells, names
from mlinfra.sandbox.refusals.policies.document import MalformedError, Statement, read
from mlinfra.sandbox.refusals.policies.grammar import follow_grammar
from mlinfra.sandbox.refusals.policies.kinds import GIVEN, KEY, TOPIC, PolicyKind
from mlinfra.sandbox.refusals.policies.meaning import Request, allows, is_public, matches_any
from mlinfra.sandbox.refusals.policies.principals import name_principals, service_exists

FORBIDDEN: Final = 403
CONFLICT: Final = 409


def policy(call: Call) -> None:
    """The policy of a call follows the grammar of its kind and names principals that exist."""
    path, kind = GIVEN[call.service, call.operation]
    if text := call.first(path):
        _read(call, text, kind)


def topic_policy(call: Call) -> None:
    """A topic's policy that is set as an attribute of its own."""
    if call.params["AttributeName"] == "Policy" and call.params.get("AttributeValue"):
        _read(call, call.params["AttributeValue"], TOPIC)


def identity_length(call: Call) -> None:
    """A managed policy, and a role's, user's or group's inline policies together, have a greatest length."""
    text = _dense(call.params["PolicyDocument"])
    if call.operation in ("CreatePolicy", "CreatePolicyVersion"):
        limit = call.quotas["managed-policy-length"]
        if len(text) > limit:
            raise Refused("LimitExceeded", f"Cannot exceed quota for PolicySize: {limit}", status=CONFLICT)
        return
    holder = call.operation.removeprefix("Put").removesuffix("Policy").lower()
    owner = call.params[f"{holder.title()}Name"]
    limit = call.quotas[f"{holder}-inline-length"]
    total = len(text)
    if limit // 5 < total <= limit:  # a small policy is not worth reading the others for
        parameter = {f"{holder.title()}Name": owner}
        for other in (call.account.ask("iam", f"list_{holder}_policies", **parameter) or {}).get("PolicyNames", []):
            if other != call.params["PolicyName"]:
                found = call.account.ask("iam", f"get_{holder}_policy", PolicyName=other, **parameter) or {}
                total += len(_dense(str(found.get("PolicyDocument", ""))))
    if total > limit:
        message = f"Maximum policy size of {limit} bytes exceeded for {holder} {owner}"
        raise Refused("LimitExceeded", message, status=CONFLICT)


def trust_length(call: Call) -> None:
    """A role's trust policy has a greatest length."""
    text = call.first("AssumeRolePolicyDocument") or call.first("PolicyDocument")
    limit = call.quotas["trust-policy-length"]
    if len(_dense(text)) > limit:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {limit}", status=CONFLICT)


def key_lockout(call: Call) -> None:
    """A key policy lets the account or the caller change it again, unless the check is bypassed."""
    text = call.first("Policy")
    if not text or call.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    account = call.account
    caller = tuple(("AWS", name) for name in (f"arn:aws:iam::{account.id}:root", account.id, account.caller))
    context = {"kms:calleraccount": account.id, "aws:principalaccount": account.id, "aws:principalarn": account.caller}
    if not allows(read(text), Request("kms:PutKeyPolicy", caller, context=context)):
        raise Refused(KEY.code, "The new key policy will not allow you to update the key policy in the future.")


def bucket_policy_scope(call: Call) -> None:
    """A bucket policy names this bucket and its objects, and actions that can be done to them."""
    bucket = call.params["Bucket"]
    bucket_actions, object_actions = names("s3", "bucket"), names("s3", "object")
    for statement in read(call.params["Policy"]):
        resources = statement.resources + statement.not_resources
        for resource in resources:
            plain = re.sub(r"^arn:aws[a-z-]*:", "arn:aws:", resource)
            if not plain.startswith("arn:aws:s3:::") or not matches_any(bucket, (plain[13:].split("/")[0],)):
                raise Refused("MalformedPolicy", f"Policy has invalid resource: {resource} is not in bucket {bucket}")
        for action in statement.actions:
            name = action.split(":")[-1]
            if "*" not in action and misspells(name, bucket_actions | object_actions):
                raise Refused("MalformedPolicy", f"Policy has invalid action: {action}")
            if statement.resources and not _applicable(name, statement, f"arn:aws:s3:::{bucket}"):
                message = f"Action does not apply to any resource(s) in statement: {action}"
                raise Refused("MalformedPolicy", message)


def bucket_policy_public(call: Call) -> None:
    """A public policy is refused while BlockPublicPolicy is on, which it is on every new bucket."""
    bucket = call.params["Bucket"]
    if not is_public(read(call.params["Policy"])):
        return
    blocked = _blocked_by(call, bucket)
    if blocked:
        message = (
            f"User: {call.account.caller} is not authorized to perform: s3:PutBucketPolicy on resource:"
            f' "arn:aws:s3:::{bucket}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block'
            f" Public Access{blocked}."
        )
        raise Refused("AccessDenied", message, status=FORBIDDEN)


def secret_policy_public(call: Call) -> None:
    """A public policy of a secret is refused where the caller asks for that."""
    if call.params.get("BlockPublicPolicy") and is_public(read(call.params["ResourcePolicy"])):
        raise Refused("PublicPolicyException", "The resource policy grants broad access to the secret.")


def permission_principal(call: Call) -> None:
    """A permission on a function names an account, a service or an ARN."""
    principal = call.params["Principal"]
    if "." in principal and ":" not in principal and not service_exists(principal):
        message = f"The provided principal was invalid. Please check the principal and try again: {principal}"
        raise Refused("InvalidParameterValueException", message)


def _blocked_by(call: Call, bucket: str) -> str:
    own = call.account.ask("s3", "get_public_access_block", Bucket=bucket)
    if own is None and bucket not in call.account.blocks_deleted():
        return " (AWS turns it on for every new bucket: set a public access block with BlockPublicPolicy off first)"
    if own and own["PublicAccessBlockConfiguration"].get("BlockPublicPolicy"):
        return " of the bucket"
    account = call.account.ask("s3control", "get_public_access_block", AccountId=call.account.id)
    if account and account["PublicAccessBlockConfiguration"].get("BlockPublicPolicy"):
        return " of the account"
    return ""


def _applicable(action: str, statement: Statement, whole: str) -> bool:
    if "*" in action or "?" in action:
        return True
    plain = [re.sub(r"^arn:aws[a-z-]*:", "arn:aws:", resource) for resource in statement.resources]
    if action in names("s3", "object"):
        return any("/" in resource or resource.endswith("*") for resource in plain)
    if action in names("s3", "bucket"):
        return matches_any(whole, plain)
    return True


def _read(call: Call, text: str, kind: PolicyKind) -> tuple[Statement, ...]:
    if kind.length and len(text.encode()) > kind.length:
        code = kind.length_code or kind.code
        raise Refused(code, kind.says.format(reason=f"The policy is larger than {kind.length} bytes"))
    try:
        statements = read(text)
        follow_grammar(statements, kind)
        name_principals(statements, kind, call.account)
    except MalformedError as error:
        transient = "principal" in str(error)  # a new role takes a while to be known everywhere
        raise Refused(kind.code, kind.says.format(reason=error), transient=transient) from error
    return statements


def _dense(text: str) -> str:
    return re.sub(r"\s", "", text)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    **dict.fromkeys(GIVEN, (policy,)),
    **dict.fromkeys((("iam", "CreatePolicy"), ("iam", "CreatePolicyVersion")), (policy, identity_length)),
    **{("iam", f"Put{holder}Policy"): (policy, identity_length) for holder in ("Role", "User", "Group")},
    ("iam", "CreateRole"): (policy, trust_length),
    ("iam", "UpdateAssumeRolePolicy"): (policy, trust_length),
    ("kms", "CreateKey"): (policy, key_lockout),
    ("kms", "PutKeyPolicy"): (policy, key_lockout),
    ("s3", "PutBucketPolicy"): (policy, bucket_policy_scope, bucket_policy_public),
    ("secretsmanager", "PutResourcePolicy"): (policy, secret_policy_public),
    ("sns", "SetTopicAttributes"): (topic_policy,),
    ("lambda", "AddPermission"): (permission_principal,),
}
