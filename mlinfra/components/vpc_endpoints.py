"""A network's VPC endpoints: private ways to AWS services, narrowed by the catalog's policies."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from mlinfra.catalog.endpoints import endpoints
from mlinfra.components.account import Account
from mlinfra.components.component import Component, together
from mlinfra.components.documents import Text
from mlinfra.components.endpoint_policies import endpoint_policy
from mlinfra.components.network_acls import HTTPS


def vpc_endpoints(
    parent: Component[Any],
    name: str,
    *,
    services: Sequence[str],
    account: Account,
    vpc_id: Text,
    vpc_cidrs: Sequence[str],
    route_tables: Sequence[Text],
    subnet_ids: pulumi.Output[Sequence[str]],
) -> pulumi.Output[Mapping[str, str]]:
    """The endpoints' ids by service. Gateways stand in the route tables, interfaces in the subnets."""
    wanted = [endpoints()[service] for service in dict.fromkeys(services)]
    interface: dict[str, Any] = {}
    if any(endpoint.kind == "interface" for endpoint in wanted):
        group = _security_group(parent, f"{name}-endpoints", vpc_id, vpc_cidrs)
        interface = {"subnet_ids": subnet_ids, "security_group_ids": [group.id], "private_dns_enabled": True}
    made: dict[str, pulumi.Output[str]] = {}
    for endpoint in wanted:
        role = f"{name}-endpoint-{endpoint.service.replace('.', '-')}"
        placed: dict[str, Any] = interface if endpoint.kind == "interface" else {"route_table_ids": route_tables}
        made[endpoint.service] = aws.ec2.VpcEndpoint(
            role,
            vpc_id=vpc_id,
            service_name=endpoint.service_name(account.region),
            vpc_endpoint_type=endpoint.kind.capitalize(),
            policy=endpoint_policy(endpoint, account).json(),
            tags={"Name": role},
            opts=parent.child(),
            **placed,
        ).id
    return together(made)


def _security_group(parent: Component[Any], role: str, vpc_id: Text, vpc_cidrs: Sequence[str]) -> aws.ec2.SecurityGroup:
    """Lets the VPC reach the endpoints by HTTPS, and the endpoints reach nothing."""
    group = aws.ec2.SecurityGroup(
        role,
        description="HTTPS from the VPC to its endpoints",
        vpc_id=vpc_id,
        tags={"Name": role},
        opts=parent.child(),
    )
    for cidr, source in zip(vpc_cidrs, ("vpc", "pods"), strict=False):
        aws.vpc.SecurityGroupIngressRule(
            f"{role}-from-{source}",
            security_group_id=group.id,
            description=f"HTTPS from the {source} range",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            opts=parent.child(),
        )
    return group
