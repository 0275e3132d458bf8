"""Hooks of IAM's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.account import AwsError
from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource


class Role(Hook):
    """What still hangs on a role when it goes: instance profiles always, policies if the program says so."""

    def before_delete(self, resource: Resource) -> None:
        name = {"RoleName": resource.id}
        for profile in resource.call("list_instance_profiles_for_role", name)["InstanceProfiles"]:
            target = {"InstanceProfileName": profile["InstanceProfileName"], **name}
            resource.call("remove_role_from_instance_profile", target)
        if not resource.inputs.get("forceDetachPolicies"):
            return
        for policy in resource.call("list_attached_role_policies", name)["AttachedPolicies"]:
            resource.call("detach_role_policy", {"PolicyArn": policy["PolicyArn"], **name})
        for policy_name in resource.call("list_role_policies", name)["PolicyNames"]:
            resource.call("delete_role_policy", {"PolicyName": policy_name, **name})

    def learned(self, resource: Resource, data: Any) -> None:
        inputs = resource.inputs
        concerned = inputs.get("inlinePolicies") is not None or "assumeRolePolicy" not in inputs
        if not (concerned and resource.id and "AssumeRolePolicyDocument" in data):
            return
        found = []
        for policy_name in resource.call("list_role_policies", {"RoleName": resource.id})["PolicyNames"]:
            answer = resource.call("get_role_policy", {"RoleName": resource.id, "PolicyName": policy_name})
            found.append({"name": policy_name, "policy": document(answer["PolicyDocument"])})
        resource.outputs["inlinePolicies"] = found


class Policy(Hook):
    """A managed policy has versions: five at most, one of them in force."""

    KEPT: Final = 5

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_policy_version":
            self._drop(resource, len(self._others(resource)) - self.KEPT + 2)
        return params

    def before_delete(self, resource: Resource) -> None:
        self._drop(resource, None)

    def _others(self, resource: Resource) -> list[str]:
        versions = resource.call("list_policy_versions", {"PolicyArn": resource.id})["Versions"]
        return [
            one["VersionId"]
            for one in sorted(versions, key=lambda one: one["CreateDate"])
            if not one["IsDefaultVersion"]
        ]

    def _drop(self, resource: Resource, count: int | None) -> None:
        for version in self._others(resource)[: count if count is None else max(count, 0)]:
            resource.call("delete_policy_version", {"PolicyArn": resource.id, "VersionId": version})

    def learned(self, resource: Resource, data: Any) -> None:
        if "DefaultVersionId" in data and resource.id:
            version = {"PolicyArn": resource.id, "VersionId": data["DefaultVersionId"]}
            answer = resource.call("get_policy_version", version)
            resource.outputs["policy"] = document(answer["PolicyVersion"]["Document"])


class User(Hook):
    """With forceDestroy, what belongs to a user goes with it."""

    def before_delete(self, resource: Resource) -> None:
        if not resource.inputs.get("forceDestroy"):
            return
        name = {"UserName": resource.id}
        for key in resource.call("list_access_keys", name)["AccessKeyMetadata"]:
            resource.call("delete_access_key", {"AccessKeyId": key["AccessKeyId"], **name})
        with contextlib.suppress(AwsError):
            resource.call("delete_login_profile", name)


def document(value: Any) -> str:
    """A policy document as text; boto3 parses some of them."""
    return value if isinstance(value, str) else json.dumps(value)
