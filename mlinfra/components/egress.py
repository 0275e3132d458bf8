"""A network's ways to the internet: the gateway, NAT gateways in public subnets, and the routes that lead to them."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from mlinfra.components.addresses import letter
from mlinfra.components.component import Component
from mlinfra.components.documents import Text
from mlinfra.components.network_acls import ANYWHERE


def internet_gateway(parent: Component[Any], name: str, *, vpc_id: Text) -> aws.ec2.InternetGateway:
    """The VPC's door to the internet; only public subnets have a route to it."""
    # It cannot leave a VPC that has public addresses: one in another VPC is another gateway.
    return aws.ec2.InternetGateway(
        f"{name}-internet", vpc_id=vpc_id, tags={"Name": name}, opts=parent.child(replace_on_changes=["vpcId"])
    )


def nat_gateways(
    parent: Component[Any], name: str, *, subnets: Mapping[str, aws.ec2.Subnet], gateway: aws.ec2.InternetGateway
) -> dict[str, aws.ec2.NatGateway]:
    """A NAT gateway with an address of its own in each of the public subnets, by zone."""
    made: dict[str, aws.ec2.NatGateway] = {}
    for zone, subnet in subnets.items():
        role = f"{name}-nat-{letter(zone)}"
        address = aws.ec2.Eip(role, domain="vpc", tags={"Name": role}, opts=parent.child(depends_on=[gateway]))
        # Deleted before its successor is made, which takes over the address that partners may have allowed.
        made[zone] = aws.ec2.NatGateway(
            role,
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags={"Name": role},
            opts=parent.child(depends_on=[gateway], delete_before_replace=True),
        )
    return made


def route_out(parent: Component[Any], role: str, table: aws.ec2.RouteTable, **target: pulumi.Input[str]) -> None:
    """A default route to the target: a `gateway_id` or a `nat_gateway_id`."""
    aws.ec2.Route(
        f"{role}-internet",
        route_table_id=table.id,
        destination_cidr_block=ANYWHERE,
        opts=parent.child(),
        **target,
    )
