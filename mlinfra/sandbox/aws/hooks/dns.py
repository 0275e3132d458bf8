"""Hooks of Route 53's types."""
# ruff: noqa: D102 (the methods are Hook's)

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.aws.hooks.base import Hook

if TYPE_CHECKING:
    from mlinfra.sandbox.aws.resource import Resource

POLICIES: Final = {"failover": ("Failover", "type"), "latency": ("Region", "region"), "weighted": ("Weight", "weight")}
TYPES: Final = "A|AAAA|CAA|CNAME|DS|HTTPS|MX|NAPTR|NS|PTR|SOA|SPF|SRV|SSHFP|SVCB|TLSA|TXT"
ID: Final = re.compile(rf"(?P<zoneId>[A-Z0-9]+)_(?P<name>.+?)_(?P<type>{TYPES})(?:_(?P<setIdentifier>.+))?")
PRIVATE: Final = ("ns-0.awsdns-00.com.", "ns-512.awsdns-00.net.", "ns-1024.awsdns-00.org.", "ns-1536.awsdns-00.co.uk.")
OWN: Final = ("NS", "SOA")  # a zone's own records, which only its deletion takes away


class CreateToken(Hook):
    """Creations carry a token of their own, by which the resolver knows one that is asked for twice."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        shape = resource.account.input_shape(resource.kind.service, op)
        return params | ({"CreatorRequestId": str(uuid.uuid4())} if "CreatorRequestId" in shape.members else {})


class Zone(Hook):
    """A private zone is created in its first network and then associated with the others."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        if op == "create_hosted_zone":
            params["CallerReference"] = str(uuid.uuid4())
            networks = resource.inputs.get("vpcs") or ()
            if networks:
                params["VPC"] = _network(resource, networks[0])
                params.setdefault("HostedZoneConfig", {})["PrivateZone"] = True
        return params

    def made(self, resource: Resource) -> None:
        for one in (resource.inputs.get("vpcs") or ())[1:]:
            self._associate(resource, one)
        resource.used.add("vpcs")

    def item(self, resource: Resource, name: str, item: Any, *, added: bool) -> dict[str, Any] | None:
        return {"HostedZoneId": resource.id, "VPC": _network(resource, item)}

    def learned(self, resource: Resource, data: Any) -> None:
        name = resource.outputs.get("name")
        if name:
            resource.outputs["name"] = name.removesuffix(".")
        if resource.inputs.get("vpcs") or resource.outputs.get("vpcs"):
            resource.outputs |= {"nameServers": list(PRIVATE), "primaryNameServer": PRIVATE[0]}

    def before_delete(self, resource: Resource) -> None:
        if resource.inputs.get("forceDestroy"):
            sets = resource.call("list_resource_record_sets", {"HostedZoneId": resource.id})["ResourceRecordSets"]
            for one in sets:
                if one["Type"] not in OWN:
                    _change(resource, resource.id, "DELETE", one)

    def _associate(self, resource: Resource, item: Any) -> None:
        resource.call("associate_vpc_with_hosted_zone", self.item(resource, "vpcs", item, added=True) or {})


class Record(Hook):
    """A set of records has no id at AWS: it is found by its name, which a program may give without its zone's."""

    def params(self, resource: Resource, op: str, params: dict[str, Any]) -> dict[str, Any]:
        change = params["ChangeBatch"]["Changes"][0]
        wanted = change["ResourceRecordSet"]
        wanted["Name"] = resource.outputs["fqdn"] = self._full_name(resource)
        for name, (member, inner) in POLICIES.items():
            policies = resource.inputs.get(f"{name}RoutingPolicies")
            if policies:
                wanted[member] = policies[0][inner]
        resource.used |= {f"{name}RoutingPolicies" for name in POLICIES}
        if not resource.id and not resource.inputs.get("allowOverwrite"):
            change["Action"] = "CREATE"
        return params

    def made(self, resource: Resource) -> None:
        resource.id += f"_{resource.inputs['setIdentifier']}" if resource.inputs.get("setIdentifier") else ""

    def find(self, resource: Resource) -> bool | None:
        if parts := ID.fullmatch(resource.id):
            known = {name: text for name, text in parts.groupdict().items() if text}
            resource.inputs |= known
            resource.outputs |= known
        found = self._find(resource)
        if found is None:
            return False
        tells = {"TTL": "ttl", "SetIdentifier": "setIdentifier", "HealthCheckId": "healthCheckId"}
        outputs = {name: found[member] for member, name in tells.items() if member in found}
        outputs["fqdn"] = found["Name"].removesuffix(".")
        for name, (member, inner) in POLICIES.items():
            if member in found:
                outputs[f"{name}RoutingPolicies"] = [{inner: found[member]}]
        if found.get("ResourceRecords"):
            outputs["records"] = [one["Value"] for one in found["ResourceRecords"]]
        if target := found.get("AliasTarget"):
            alias = {"name": target["DNSName"].removesuffix("."), "zoneId": target["HostedZoneId"]}
            outputs["aliases"] = [alias | {"evaluateTargetHealth": target["EvaluateTargetHealth"]}]
        resource.outputs |= outputs
        return True

    def before_delete(self, resource: Resource) -> None:
        found = self._find(resource)
        if found is not None:
            _change(resource, resource.inputs["zoneId"], "DELETE", found)

    def _find(self, resource: Resource) -> Any:
        zone, kind = resource.inputs["zoneId"], resource.inputs["type"]
        name = self._full_name(resource)
        start = {"StartRecordName": name, "StartRecordType": kind}
        sets = resource.call("list_resource_record_sets", {"HostedZoneId": zone, **start})["ResourceRecordSets"]
        for one in sets:
            told = (one["Name"].removesuffix(".").replace("\\052", "*").lower(), one["Type"], one.get("SetIdentifier"))
            if told == (name, kind, resource.inputs.get("setIdentifier")):
                return one
        return None

    def _full_name(self, resource: Resource) -> str:
        zone = resource.call("get_hosted_zone", {"Id": resource.inputs["zoneId"]})["HostedZone"]["Name"]
        name, zone = (text.removesuffix(".").lower() for text in (resource.inputs["name"], zone))
        return name if name.endswith(zone) else f"{name}.{zone}" if name else zone


def _network(resource: Resource, item: Any) -> dict[str, Any]:
    return {"VPCId": item["vpcId"], "VPCRegion": item.get("vpcRegion") or resource.region}


def _change(resource: Resource, zone: str, action: str, records: Any) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": records}]}
    resource.call("change_resource_record_sets", {"HostedZoneId": zone, "ChangeBatch": batch})
