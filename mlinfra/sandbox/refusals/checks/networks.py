"""VPCs: ranges, gateways, routes, addresses, and deletions of what is in use."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from mlinfra.sandbox.refusals.call import Call, Check, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions, read 2026-11-22
PRIVATE: Final = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
TARGETS: Final = (
    "GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "TransitGatewayId", "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
)  # fmt: skip
LIVING: Final = ("pending", "available")
NETWORKS: Final = "belong to different networks"


def second_range(call: Call) -> None:
    """A further range of a VPC overlaps none it has and comes from the same private space."""
    vpc = call.account.one("describe_vpcs", "Vpcs", VpcIds=[call.params["VpcId"]])
    if not vpc or "CidrBlock" not in call.params:
        return
    wanted = ipaddress.IPv4Network(call.params["CidrBlock"], strict=False)
    ranges = [ipaddress.IPv4Network(item["CidrBlock"]) for item in vpc["CidrBlockAssociationSet"]]
    for taken in ranges:
        if taken.overlaps(wanted):
            raise Refused("InvalidVpc.Range", f"The CIDR '{wanted}' conflicts with '{taken}' of {vpc['VpcId']}")
    home, space = (next((p for p in PRIVATE if r.subnet_of(p)), None) for r in (ranges[0], wanted))
    if home and space and home != space:
        message = f"The CIDR '{wanted}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR."
        raise Refused("InvalidVpc.Range", message)


def zone(call: Call) -> None:
    """A subnet lies in a zone of its region."""
    given = call.params.get("AvailabilityZone", call.account.region)
    if not given.startswith(call.account.region):
        message = (
            f"Value ({given}) for parameter availabilityZone is invalid. It is not a zone of {call.account.region}."
        )
        raise Refused("InvalidParameterValue", message)


def vpc_names(call: Call) -> None:
    """DNS hostnames need DNS support."""
    if not call.first("EnableDnsHostnames.Value"):
        return
    found = call.account.ask("ec2", "describe_vpc_attribute", VpcId=call.params["VpcId"], Attribute="enableDnsSupport")
    if found and not found["EnableDnsSupport"]["Value"]:
        raise Refused("InvalidParameterCombination", "DNS hostnames can be enabled only while DNS support is enabled")


def attach_gateway(call: Call) -> None:
    """A VPC has one internet gateway."""
    vpc = call.params["VpcId"]
    if call.account.gateway_of(vpc) not in (None, call.params["InternetGatewayId"]):
        raise Refused("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


def detach_gateway(call: Call) -> None:
    """An internet gateway stays while NAT gateways of the VPC use its addresses."""
    vpc = call.params["VpcId"]
    if any(_addresses(gateway) for gateway in _nat_gateways(call) if gateway["VpcId"] == vpc):
        message = f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        raise Refused("DependencyViolation", message, transient=True)


def route(call: Call) -> None:
    """A route has one target; an internet gateway is attached to the VPC of the table."""
    targets = [call.params[name] for name in TARGETS if name in call.params]
    if len(targets) > 1:
        raise Refused("InvalidParameterCombination", f"A route has one target, not {' and '.join(targets)}")
    if not targets or not targets[0].startswith("igw-"):
        return
    table = call.account.one("describe_route_tables", "RouteTables", RouteTableIds=[call.params["RouteTableId"]])
    if table is None or call.account.gateway_of(table["VpcId"]) == targets[0]:
        return
    if call.account.one("describe_internet_gateways", "InternetGateways", InternetGatewayIds=targets):
        message = f"route table {table['RouteTableId']} and network gateway {targets[0]} {NETWORKS}"
        raise Refused("InvalidParameterValue", message, transient=True)


def table_association(call: Call) -> None:
    """A subnet has one route table of its own, of its VPC."""
    table_id, subnet_id = call.params["RouteTableId"], call.params.get("SubnetId")
    subnet = call.account.subnets([subnet_id]).get(subnet_id) if subnet_id else None
    if subnet is None:
        return
    table = call.account.one("describe_route_tables", "RouteTables", RouteTableIds=[table_id])
    if table and table["VpcId"] != subnet.vpc:
        raise Refused("InvalidParameterValue", f"route table {table_id} and subnet {subnet_id} {NETWORKS}")
    filters = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
    taken = call.account.one("describe_route_tables", "RouteTables", Filters=filters)
    if taken and taken["RouteTableId"] != table_id:
        message = f"the specified association for route table {table_id} conflicts with an existing association"
        raise Refused("Resource.AlreadyAssociated", message, transient=True)


def nat_gateway(call: Call) -> None:
    """A public NAT gateway is in a VPC with an internet gateway, and a zone has few of them."""
    subnet = call.account.subnets([call.params["SubnetId"]]).get(call.params["SubnetId"])
    if subnet is None or call.params.get("ConnectivityType") == "private":
        return
    if call.account.gateway_of(subnet.vpc) is None:
        message = f"Network {subnet.vpc} has no Internet gateway attached"
        raise Refused("Gateway.NotAttached", message, transient=True)
    others = [gateway["SubnetId"] for gateway in _nat_gateways(call)]
    zones = {place.id: place.zone for place in call.account.subnets(others).values()}
    limit = call.quotas["nat-gateways-per-zone"]
    if sum(zones.get(other) == subnet.zone for other in others) >= limit:
        message = f"Performing this operation would exceed the limit of {limit} NAT gateways in {subnet.zone}"
        raise Refused("NatGatewayLimitExceeded", message)


def release_address(call: Call) -> None:
    """An address of a living NAT gateway is not released."""
    for gateway in _nat_gateways(call):
        if call.params.get("AllocationId") in _addresses(gateway):
            message = f"Address {call.params['AllocationId']} is in use by {gateway['NatGatewayId']}."
            raise Refused("InvalidIPAddress.InUse", message, transient=True)


def delete_subnet(call: Call) -> None:
    """A subnet with network interfaces is not deleted."""
    if used := living_interfaces(call, "subnet-id", call.params["SubnetId"]):
        message = f"The subnet '{call.params['SubnetId']}' has dependencies and cannot be deleted: {', '.join(used)}"
        raise Refused("DependencyViolation", message, transient=True)


def living_interfaces(call: Call, name: str, value: str) -> list[str]:
    """Network interfaces by filter, without those that moto leaves behind: of deleted NAT gateways and instances."""
    ask = call.account.ask
    filters = [{"Name": name, "Values": [value]}]
    found = (ask("ec2", "describe_network_interfaces", Filters=filters) or {}).get("NetworkInterfaces", [])
    owners = {item["NetworkInterfaceId"]: item.get("Attachment", {}).get("InstanceId") for item in found}
    if not owners:
        return []
    gateways = (ask("ec2", "describe_nat_gateways") or {}).get("NatGateways", [])
    left = {
        address.get("NetworkInterfaceId")
        for gateway in gateways
        if gateway["State"] not in LIVING
        for address in gateway.get("NatGatewayAddresses", [])
    }
    running = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    reservations = (ask("ec2", "describe_instances", Filters=running) or {}).get("Reservations", [])
    instances = {instance["InstanceId"] for reservation in reservations for instance in reservation["Instances"]}
    return [item for item, owner in owners.items() if item not in left and (not owner or owner in instances)]


def _nat_gateways(call: Call) -> list[Mapping[str, Any]]:
    filters = [{"Name": "state", "Values": list(LIVING)}]
    found: list[Mapping[str, Any]] = (call.account.ask("ec2", "describe_nat_gateways", Filters=filters) or {}).get(
        "NatGateways", []
    )
    return found


def _addresses(gateway: Mapping[str, Any]) -> list[str]:
    return [
        address["AllocationId"] for address in gateway.get("NatGatewayAddresses", []) if address.get("AllocationId")
    ]


CHECKS: Final[dict[tuple[str, str], tuple[Check, ...]]] = {
    ("ec2", "AssociateVpcCidrBlock"): (second_range,),
    ("ec2", "CreateSubnet"): (zone,),
    ("ec2", "ModifyVpcAttribute"): (vpc_names,),
    ("ec2", "AttachInternetGateway"): (attach_gateway,),
    ("ec2", "DetachInternetGateway"): (detach_gateway,),
    ("ec2", "CreateRoute"): (route,),
    ("ec2", "ReplaceRoute"): (route,),
    ("ec2", "AssociateRouteTable"): (table_association,),
    ("ec2", "CreateNatGateway"): (nat_gateway,),
    ("ec2", "ReleaseAddress"): (release_address,),
    ("ec2", "DeleteSubnet"): (delete_subnet,),
}
