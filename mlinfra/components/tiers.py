"""A tier of subnets: one in every zone, each on its route table, all behind one network ACL."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from mlinfra.components.addresses import letter
from mlinfra.components.component import Component
from mlinfra.components.documents import Text
from mlinfra.components.network_acls import Rule, Tier, tier_acl


def subnets(
    parent: Component[Any],
    name: str,
    tier: Tier,
    *,
    vpc_id: Text,
    vpc_cidrs: Sequence[str],
    ranges: Mapping[str, IPv4Network],
    route_tables: Mapping[str, aws.ec2.RouteTable],
) -> dict[str, aws.ec2.Subnet]:
    """The tier's subnets by zone. None hands out public addresses by itself."""
    made: dict[str, aws.ec2.Subnet] = {}
    for zone, cidr in ranges.items():
        role = f"{name}-{tier.value}-{letter(zone)}"
        made[zone] = aws.ec2.Subnet(
            role,
            vpc_id=vpc_id,
            availability_zone=zone,
            cidr_block=str(cidr),
            map_public_ip_on_launch=False,
            tags={"Name": role, "tier": tier.value},
            opts=parent.child(),
        )
        aws.ec2.RouteTableAssociation(
            role, subnet_id=made[zone].id, route_table_id=route_tables[zone].id, opts=parent.child()
        )
    if made:
        acl = tier_acl(tier, vpc_cidrs)
        aws.ec2.NetworkAcl(
            f"{name}-{tier.value}",
            vpc_id=vpc_id,
            subnet_ids=ids(made),
            ingress=[aws.ec2.NetworkAclIngressArgs(**_properties(rule)) for rule in acl.ingress],
            egress=[aws.ec2.NetworkAclEgressArgs(**_properties(rule)) for rule in acl.egress],
            tags={"Name": f"{name}-{tier.value}"},
            opts=parent.child(),
        )
    return made


def ids(made: Mapping[str, aws.ec2.Subnet]) -> pulumi.Output[Sequence[str]]:
    """The subnets' ids, in the order of the zones. One that is not known yet leaves the others known."""
    return pulumi.Output.all(*[subnet.id for subnet in made.values()])


def _properties(rule: Rule) -> dict[str, Any]:
    return {
        "rule_no": rule.number,
        "action": "allow",
        "protocol": rule.protocol,
        "cidr_block": rule.cidr,
        "from_port": rule.first_port,
        "to_port": rule.last_port,
    }
