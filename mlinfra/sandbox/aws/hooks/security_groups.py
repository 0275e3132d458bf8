"""Hooks of security groups and their rules."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import contextlib
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.account import AwsError
from mlinfra.sandbox.aws.converters import PROTOCOL_NAMES
from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlinfra.sandbox.aws.resource import Resource

# Property, where it stands in an IpPermission, and under which key.
SOURCES: Final = (
    ("cidrBlocks", "IpRanges", "CidrIp"),
    ("ipv6CidrBlocks", "Ipv6Ranges", "CidrIpv6"),
    ("prefixListIds", "PrefixListIds", "PrefixListId"),
    ("securityGroups", "UserIdGroupPairs", "GroupId"),
)


def permission(rule: Mapping[str, Any], group: str) -> dict[str, Any]:
    """EC2's IpPermission of a rule as the inline rules and SecurityGroupRule write it; `group` is the rule's own group."""
    note = {"Description": rule["description"]} if rule.get("description") else {}
    protocol = str(rule.get("protocol", "-1")).lower()
    found: dict[str, Any] = {"IpProtocol": PROTOCOL_NAMES.get(protocol, protocol)}
    if found["IpProtocol"] != "-1":
        found |= {"FromPort": int(rule.get("fromPort") or 0), "ToPort": int(rule.get("toPort") or 0)}
    groups = [
        *(rule.get("securityGroups") or ()),
        *([rule["sourceSecurityGroupId"]] if rule.get("sourceSecurityGroupId") else []),
    ]
    sources = {**rule, "securityGroups": groups + ([group] if rule.get("self") else [])}
    for name, member, key in SOURCES:
        if sources.get(name):
            found[member] = [{key: one, **note} for one in sources[name]]
    return found


def rules(permissions: Iterable[Mapping[str, Any]], group: str) -> list[dict[str, Any]]:
    """The inline rules that IpPermissions stand for, one per description."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in permissions:
        base = {"protocol": one["IpProtocol"], "fromPort": one.get("FromPort", 0), "toPort": one.get("ToPort", 0)}
        if base["fromPort"] == base["toPort"] == -1 and base["protocol"] == "-1":
            base |= {"fromPort": 0, "toPort": 0}
        for name, member, key in SOURCES:
            for source in one.get(member) or ():
                note = source.get("Description", "")
                rule = found.setdefault((*base.values(), note), {**base, **({"description": note} if note else {})})
                if key == "GroupId" and source[key] == group:
                    rule["self"] = True
                else:
                    rule.setdefault(name, []).append(source[key])
    return list(found.values())


class SecurityGroup(Hook):
    """Inline rules; and the rule that lets everything out, which EC2 adds and pulumi-aws takes away."""

    def made(self, resource: Resource) -> None:
        if resource.kind.adopt is None:
            everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
            with contextlib.suppress(AwsError):
                resource.call("revoke_security_group_egress", {"GroupId": resource.id, "IpPermissions": everything})

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any]:
        return {"GroupId": resource.id, "IpPermissions": [permission(item, resource.id)]}

    def learned(self, resource: Resource, data: Any) -> None:
        for name, member in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if member in data:
                resource.outputs[name] = rules(data[member], data["GroupId"])


class SingleRule(Hook):
    """The rules that are resources of their own: of module vpc, with one source each."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        inputs = resource.inputs
        if op == "modify_security_group_rules":
            names = {
                "cidrIpv4": "CidrIpv4",
                "cidrIpv6": "CidrIpv6",
                "prefixListId": "PrefixListId",
                "description": "Description",
            }
            names |= {"referencedSecurityGroupId": "ReferencedGroupId", "fromPort": "FromPort", "toPort": "ToPort"}
            rule = {member: inputs[name] for name, member in names.items() if inputs.get(name) is not None}
            rule["IpProtocol"] = PROTOCOL_NAMES.get(inputs["ipProtocol"], inputs["ipProtocol"])
            change = {"SecurityGroupRuleId": resource.id, "SecurityGroupRule": rule}
            return {"GroupId": inputs["securityGroupId"], "SecurityGroupRules": [change]}
        if "authorize" not in op:
            return params
        keys = {"cidrIpv4": "cidrBlocks", "cidrIpv6": "ipv6CidrBlocks", "prefixListId": "prefixListIds"}
        rule = {name: inputs.get(name) for name in ("fromPort", "toPort", "description")}
        rule |= {many: [inputs[one]] for one, many in keys.items() if inputs.get(one)}
        rule |= {"protocol": inputs["ipProtocol"], "sourceSecurityGroupId": inputs.get("referencedSecurityGroupId")}
        tags = {name: value for name, value in params.items() if name == "TagSpecifications"}
        resource.used |= set(resource.kind.hooked)
        return {"GroupId": inputs["securityGroupId"], "IpPermissions": [permission(rule, "")], **tags}

    def learned(self, resource: Resource, data: Any) -> None:
        if resource.outputs.get("ipProtocol") == "-1":
            for name in ("fromPort", "toPort"):
                resource.outputs.pop(name, None)


class ManyRules(Hook):
    """SecurityGroupRule: one resource that may stand for several rules of a group."""

    def route(self, resource: Resource, op: str) -> str:
        return op.replace("ingress", resource.inputs["type"])

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if not op.endswith("ingress"):
            return params
        group = resource.inputs["securityGroupId"]
        one = permission(resource.inputs, group)
        if "authorize" in op:
            resource.used |= set(resource.kind.hooked)
            resource.outputs["hash"] = self._hash(resource.inputs)
        return {"GroupId": group, "IpPermissions": [one]}

    @staticmethod
    def _hash(inputs: Mapping[str, Any]) -> int:
        """A number that tells rules apart, whatever is said about them."""
        rule = permission({**inputs, "description": None}, inputs["securityGroupId"])
        return zlib.crc32(json.dumps([inputs["securityGroupId"], inputs["type"], rule]).encode())

    def find(self, resource: Resource) -> bool:
        inputs = resource.inputs
        if not inputs.get("type"):
            return self._take_apart(resource) and self.find(resource)
        group = inputs["securityGroupId"]
        filters = [{"Name": "group-id", "Values": [group]}]
        answer = resource.call("describe_security_group_rules", {"Filters": filters})["SecurityGroupRules"]
        wanted = permission(inputs, group)
        sources = {source[key] for _, member, key in SOURCES for source in wanted.get(member, ())}
        found = [one for one in answer if self._is(one, inputs["type"] == "egress", wanted, sources)]
        resource.outputs |= {name: value for name, value in inputs.items() if name not in resource.outputs}
        if found and len(sources) == 1:
            resource.outputs["securityGroupRuleId"] = found[0]["SecurityGroupRuleId"]
        return bool(found) and len(found) == len(sources)

    @staticmethod
    def _is(one: Mapping[str, Any], egress: bool, wanted: Mapping[str, Any], sources: set[str]) -> bool:
        source = one.get("CidrIpv4") or one.get("CidrIpv6") or one.get("PrefixListId")
        source = source or one.get("ReferencedGroupInfo", {}).get("GroupId")
        ports = ("FromPort", "ToPort") if wanted["IpProtocol"] != "-1" else ()
        same = all(one.get(name) == wanted.get(name) for name in ("IpProtocol", *ports))
        return bool(one.get("IsEgress")) is egress and same and source in sources

    @staticmethod
    def _take_apart(resource: Resource) -> bool:
        """The inputs in an import id such as `sg-1_ingress_tcp_443_443_10.0.0.0/8`."""
        parts = resource.id.split("_")
        if len(parts) < 6:  # noqa: PLR2004
            return False
        group, way, protocol, first, last, *sources = parts
        inputs = {"securityGroupId": group, "type": way, "protocol": PROTOCOL_NAMES.get(protocol, protocol)}
        resource.inputs |= inputs | {"fromPort": int(first), "toPort": int(last)}
        for source in sources:
            if source == "self":
                resource.inputs["self"] = True
            elif source.startswith("sg-"):
                resource.inputs["sourceSecurityGroupId"] = source
            else:
                name = (
                    "prefixListIds" if source.startswith("pl-") else "ipv6CidrBlocks" if ":" in source else "cidrBlocks"
                )
                resource.inputs.setdefault(name, []).append(source)
        resource.id = f"sgrule-{ManyRules._hash(resource.inputs)}"
        return True
