"""Security groups, network interfaces and endpoints."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused
from mlinfra.sandbox.refusals.checks.networks import living_interfaces
from mlinfra.sandbox.refusals.facts import misspells, names

if TYPE_CHECKING:
    from collections.abc import Mapping


def peers(call: Call) -> None:
    """A rule names groups of its own VPC or of one peered with it."""
    pairs = call.values("IpPermissions[].UserIdGroupPairs[]")
    others = [pair["GroupId"] for pair in pairs if "GroupId" in pair and not pair.get("UserId")]
    homes = call.account.groups([call.params["GroupId"], *others]) if others and "GroupId" in call.params else {}
    home = homes.get(call.params.get("GroupId", ""))
    for other, vpc in homes.items():
        if home and vpc != home and not _peered(call, home, vpc):
            message = f"You have specified two resources that belong to different networks: {call.params['GroupId']} and {other}."
            raise Refused("InvalidGroup.NotFound", message)


def delete_group(call: Call) -> None:
    """A security group stays while an interface has it or another group's rule names it."""
    group = call.params.get("GroupId")
    if not group:
        return
    one, living = call.account.one, living_interfaces
    found = one("describe_security_groups", "SecurityGroups", GroupIds=[group])
    if found and found["GroupName"] == "default":
        raise Refused("CannotDelete", f'the specified group: "{group}" name: "default" cannot be deleted by a user')
    filters = [{"Name": "ip-permission.group-id", "Values": [group]}]
    named = call.account.ask("ec2", "describe_security_groups", Filters=filters) or {}
    others = [item["GroupId"] for item in named.get("SecurityGroups", []) if item["GroupId"] != group]
    if others or living(call, "group-id", group):
        raise Refused("DependencyViolation", f"resource {group} has a dependent object", transient=True)


def interface(call: Call) -> None:
    """An interface has an address of its subnet."""
    address = call.params.get("PrivateIpAddress")
    subnet = call.account.one("describe_subnets", "Subnets", SubnetIds=[call.params["SubnetId"]]) if address else None
    if address and subnet and ipaddress.ip_address(address) not in ipaddress.ip_network(subnet["CidrBlock"]):
        message = f"Address {address} does not fall within the subnet's address range {subnet['CidrBlock']}"
        raise Refused("InvalidParameterValue", message)


def endpoint(call: Call) -> None:
    """An endpoint is for a service of this region, of a type the service has."""
    service, kind = call.params.get("ServiceName", ""), call.params.get("VpcEndpointType", "Gateway")
    if not service.startswith(("com.amazonaws.", "aws.")) or ".vpce." in service or "ServiceRegion" in call.params:
        return
    here = service.replace(f".{call.account.region}.", ".{region}.")
    name = here.removeprefix("com.amazonaws.{region}.").removesuffix("-fips")
    elsewhere = here == service and "-global." not in service
    if elsewhere or misspells(name, names("endpoints", "interface") | names("endpoints", "gateway")):
        raise Refused("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    if kind == "Gateway" and name not in names("endpoints", "gateway"):
        raise Refused("InvalidParameter", f"The Vpc Endpoint service '{service}' does not support Gateway endpoints")
    if kind == "Interface" and call.params.get("PrivateDnsEnabled", True):
        _private_names(call, service)
    tables = call.params.get("RouteTableIds", [])
    taken = {table for item in _endpoints(call, service, kind) for table in item["RouteTableIds"]} if tables else set()
    for table in taken.intersection(tables):
        raise Refused("RouteAlreadyExists", f"route table {table} already has a route to {service}")


def _peered(call: Call, one: str, other: str) -> bool:
    """Whether two VPCs are joined, by a peering connection or by transit gateways that both are attached to."""
    ask = call.account.ask
    peerings = (ask("ec2", "describe_vpc_peering_connections") or {}).get("VpcPeeringConnections", [])
    pairs = [{item["RequesterVpcInfo"]["VpcId"], item["AccepterVpcInfo"]["VpcId"]} for item in peerings]
    filters = [{"Name": "resource-id", "Values": [one, other]}]
    found = (ask("ec2", "describe_transit_gateway_attachments", Filters=filters) or {}).get(
        "TransitGatewayAttachments", []
    )
    return {one, other} in pairs or {one, other} <= {item["ResourceId"] for item in found}


def _endpoints(call: Call, service: str, kind: str) -> list[Mapping[str, Any]]:
    filters = [{"Name": "vpc-id", "Values": [call.params["VpcId"]]}, {"Name": "service-name", "Values": [service]}]
    found = (call.account.ask("ec2", "describe_vpc_endpoints", Filters=filters) or {}).get("VpcEndpoints", [])
    return [item for item in found if item["VpcEndpointType"] == kind and item["State"] not in ("deleted", "deleting")]


def _private_names(call: Call, service: str) -> None:
    vpc = call.params["VpcId"]
    for name, member in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        found = call.account.ask("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name)
        if found and not found[member]["Value"]:
            message = f"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
            raise Refused("InvalidParameter", message, transient=True)
    if any(item.get("PrivateDnsEnabled") for item in _endpoints(call, service, "Interface")):
        message = f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {service} in the VPC {vpc}"
        raise Refused("InvalidParameter", message)


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("ec2", "AuthorizeSecurityGroupIngress"): (peers,),
    ("ec2", "AuthorizeSecurityGroupEgress"): (peers,),
    ("ec2", "DeleteSecurityGroup"): (delete_group,),
    ("ec2", "CreateNetworkInterface"): (interface,),
    ("ec2", "CreateVpcEndpoint"): (endpoint,),
}
