"""Things a call names that must exist, be usable and fit together: the demands of `references.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.policies.document import read
from mlinfra.sandbox.refusals.policies.meaning import Request, allows

if TYPE_CHECKING:
    from mlinfra.sandbox.refusals.account import Account
    from mlinfra.sandbox.refusals.memory import Answer

TABLE: Final = tomllib.loads((files("mlinfra.sandbox.refusals") / "references.toml").read_text("utf-8"))
NOT_ASSUMABLE: Final = (
    "Could not assume role {value}: it does not exist, or its trust policy does not let {service} assume it"
)
Entry = Mapping[str, Any]


@cache
def references(service: str, operation: str) -> tuple[Check, ...]:
    """The checks that the table demands of an operation."""
    name = f"{service}.{operation}"
    demands = [
        {"code": entry["code"], **need}
        for entry in TABLE["call"]
        if name in entry["on"].split()
        for need in entry["needs"]
    ]
    networks = [entry for entry in TABLE["network"] if name in entry["on"].split()]
    return (*(partial(_demand, need=need) for need in demands), *(partial(_network, entry=entry) for entry in networks))


def assumable(account: Account, role: str, service: str) -> bool:
    """Whether a role exists and its trust policy lets a service, or its regional form, assume it."""
    found = account.role(role)
    if found is None:
        return False
    regional = service.replace(".amazonaws.com", f".{account.region}.amazonaws.com")
    principals = (("Service", service), ("Service", regional))
    request = Request("sts:AssumeRole", principals, context={"aws:sourceaccount": account.id})
    return allows(read(found["AssumeRolePolicyDocument"]), request)


def usable_key(call: Call, key_id: str, code: str, disabled: str | None = None) -> Answer | None:
    """The metadata of a key of this account; None for AWS's own and other accounts' keys, which cannot be looked at.

    Raises `Refused` when the key is missing (`code`) or not enabled (`disabled`, or else `code`).
    """
    if "alias/aws/" in key_id or (key_id.startswith("arn:") and not call.account.owns(key_id)):
        return None
    key = call.account.key(key_id)
    if key is None:
        raise Refused(code, f"The KMS key {key_id} does not exist")
    if not key.get("Enabled", True):
        raise Refused(disabled or code, f"The KMS key {key_id} is disabled or pending deletion ({key.get('KeyState')})")
    return key


def _demand(call: Call, need: Entry) -> None:
    for value in call.values(need["at"]) if "at" in need else [""]:
        if "at" in need and (not value or not re.fullmatch(need.get("only", ".*"), value, re.DOTALL)):
            continue
        foreign = value.startswith("arn:") and not call.account.owns(value)
        if "role" in need and not foreign and not assumable(call.account, value, need["role"]):
            message = need.get("says", NOT_ASSUMABLE).format(value=value, service=need["role"])
            raise Refused(need["code"], message, transient=True)
        if "key" in need:
            usable_key(call, value, need["code"], need.get("disabled"))
        if "exists" in need and not foreign and not _fulfilled(call, value, need):
            raise Refused(need["code"], need["says"].format(value=value))


def _fulfilled(call: Call, value: str, need: Entry) -> bool:
    service, operation = need["exists"].split(".")
    name = value if "whole" in need else _name(value)
    param = need.get("param", "")
    params: dict[str, Any] = {param.removesuffix("[]"): [name] if param.endswith("[]") else name} if param else {}
    answer = call.account.ask(service, operation, **params)
    found = (answer or {}).get(need["member"]) if "member" in need else answer
    if "equals" in need:
        found = [item for item in found or [] if item[need["equals"]] == name]
    if "quota" in need:
        return len(found or []) < call.quotas[need["quota"]]
    return bool(found) is not need.get("absent", False)


def _name(value: str) -> str:
    """The name at the end of an ARN, by which services look things up."""
    if not value.startswith("arn:"):
        return value
    service, rest = value.split(":", 5)[2::3]
    if service == "s3":
        return rest.split("/")[0]
    return rest.removeprefix("log-group:").removesuffix(":*") if service == "logs" else re.split("[:/]", rest)[-1]


def _network(call: Call, entry: Entry) -> None:
    wanted = [part.strip() for value in _paths(call, entry, "subnets") for part in str(value).split(",") if part]
    subnets = call.account.subnets(wanted)
    group_ids = _paths(call, entry, "groups")
    groups = call.account.groups(group_ids)
    for kind, ids, found in (("subnet", wanted, subnets), ("group", group_ids, groups)):
        for missing in (item for item in ids if item not in found):
            what = "subnet ID" if kind == "subnet" else "security group"
            raise _refused(entry, kind, f"The {what} '{missing}' does not exist")
    vpc = call.first(entry["vpc"]) if "vpc" in entry else None
    if vpc and not subnets and call.account.ask("ec2", "describe_vpcs", VpcIds=[vpc]) is None:
        raise _refused(entry, "vpc", f"The vpc ID '{vpc}' does not exist")
    vpc = vpc or (subnets[wanted[0]].vpc if wanted else None)
    for item, home in [*((subnet.id, subnet.vpc) for subnet in subnets.values()), *groups.items()]:
        if vpc and home != vpc:
            what = "subnet" if item.startswith("subnet-") else "security group"
            raise _refused(entry, "together", f"The {what} {item} belongs to {home}, not to the VPC {vpc} of the rest")
    _zones(call, entry, [subnet.zone for subnet in subnets.values()])


def _zones(call: Call, entry: Entry, zones: list[str]) -> None:
    if entry.get("apart") and len(set(zones)) < len(zones):
        twice = next(zone for zone in zones if zones.count(zone) > 1)
        says = entry.get("apart_says", "Two subnets are in the same Availability Zone: {zone}")
        raise _refused(entry, "apart", says.format(zone=twice))
    concerned = all(call.params.get(name, value) == value for name, value in entry.get("zones_only", {}).items())
    if zones and concerned and len(set(zones)) < entry.get("zones", 1):
        raise _refused(
            entry, "zones", entry.get("zones_say", f"Subnets in {entry.get('zones')} Availability Zones are needed")
        )


def _refused(entry: Entry, kind: str, message: str) -> Refused:
    return Refused(entry.get("codes", {}).get(kind) or entry["code"], message)


def _paths(call: Call, entry: Entry, kind: str) -> list[Any]:
    return [value for path in entry.get(kind, "").split() for value in call.values(path)]
