"""What security groups let through: every rule of every resource that has some, read alike."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlinfra.compliance.truth import NOT_APPLICABLE, State, Truth, all_of, any_of
from mlinfra.graph_values import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlinfra.compliance.resource import Resource
    from mlinfra.compliance.values import Value

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
WITH_INGRESS: Final = (GROUP, RULE, INGRESS)
WITH_EGRESS: Final = (GROUP, RULE, EGRESS)
ALL_PROTOCOLS: Final = ("-1", "all")
LEAST_PREFIX: Final = {4: 8, 6: 16}
"""A range with a shorter prefix is taken for the internet: no organisation has so many addresses."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One rule of a security group."""

    sources: tuple[Value, ...]
    """Address ranges: those that it lets in, or those that it lets out to."""
    protocol: Value
    first: Value
    last: Value
    description: Value
    counts: Truth | None = None
    """Whether it is a rule of the direction asked for, where that is a property of its own."""

    def to_world(self) -> Truth:
        """Whether the internet is among the ranges."""
        reached = any_of(source.any(lambda one: one.where(is_world, "the internet")) for source in self.sources)
        return reached if self.counts is None else self.counts & reached

    def everything(self) -> Truth:
        """Whether it is about all protocols and ports."""
        return self.protocol.is_(*ALL_PROTOCOLS)

    def to_world_on(self, ports: Iterable[int]) -> Truth:
        """Whether the internet reaches one of the ports."""
        reached = self.to_world()
        return reached if reached.state is State.FALSE else reached & self.port(ports)

    def port(self, ports: Iterable[int]) -> Truth:
        """Whether it is about one of the ports, over TCP or UDP."""
        here = any_of(self.first.at_most(port) & self.last.at_least(port) for port in ports)
        return self.protocol.is_("tcp", "udp", "6", "17") & here


def ingress(resource: Resource) -> Iterator[Opening]:
    """What a resource lets in."""
    if resource.type == INGRESS:
        yield _alone(resource)
    elif resource.type == RULE:
        yield _classic(resource, resource["type"].is_("ingress"))
    else:
        yield from _inline(resource["ingress"])


def egress(resource: Resource) -> Iterator[Opening]:
    """What a resource lets out."""
    if resource.type == EGRESS:
        yield _alone(resource)
    elif resource.type == RULE:
        yield _classic(resource, resource["type"].is_("egress"))
    else:
        yield from _inline(resource["egress"])


def none_of(openings: Iterable[Opening], says: Callable[[Opening], Truth]) -> Truth:
    """Whether no rule is so; where there are no rules, nothing is said."""
    found = [~says(one) for one in openings]
    return all_of(found) if found else NOT_APPLICABLE


def is_world(text: Any) -> bool:
    """Whether an address range is the internet, or so much of it that it makes no difference."""
    if not isinstance(text, str):
        return False
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen < LEAST_PREFIX[network.version]


def _alone(rule: Resource) -> Opening:
    sources = (rule["cidrIpv4"], rule["cidrIpv6"])
    return Opening(sources, rule["ipProtocol"], rule["fromPort"], rule["toPort"], rule["description"])


def _classic(rule: Resource, counts: Truth) -> Opening:
    sources = (rule["cidrBlocks"], rule["ipv6CidrBlocks"])
    return Opening(sources, rule["protocol"], rule["fromPort"], rule["toPort"], rule["description"], counts)


def _inline(rules: Value) -> Iterator[Opening]:
    if isinstance(rules.raw, Unknown):
        yield Opening((rules,), rules, rules, rules, rules)
    for one in rules.each():
        sources = (one["cidrBlocks"], one["ipv6CidrBlocks"])
        yield Opening(sources, one["protocol"], one["fromPort"], one["toPort"], one["description"])
