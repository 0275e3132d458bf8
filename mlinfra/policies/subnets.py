"""Whether subnets are public: whether something in them can have an address that the internet reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlinfra.policies.references import holds_where_it_leads, leads_to_some

if TYPE_CHECKING:
    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.truth import Truth
    from mlinfra.compliance.values import Value

SUBNET: Final = "aws:ec2/subnet:Subnet"
_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"


def private_subnets(value: Value) -> Truth:
    """Whether every subnet that a property names, one or a list, is private as far as this stack declares it."""
    return value.every(lambda one: holds_where_it_leads(one, (SUBNET,), lambda subnet: ~_is_public(subnet)))


def _is_public(subnet: Resource) -> Truth:
    routed = subnet.attached("aws:ec2/routeTableAssociation:RouteTableAssociation", at="subnetId").any(
        lambda one: leads_to_some(one["routeTableId"], ("aws:ec2/routeTable:RouteTable",), _leads_out)
    )
    return subnet["mapPublicIpOnLaunch"].is_true() | routed


def _leads_out(table: Resource) -> Truth:
    own = table["routes"].any(lambda route: route["gatewayId"].resources(_GATEWAY).exist())
    routes = table.attached("aws:ec2/route:Route", at="routeTableId")
    return own | routes.any(lambda route: route["gatewayId"].resources(_GATEWAY).exist())
