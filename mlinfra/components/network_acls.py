"""The network ACLs of the tiers. Pure.

They are the second line behind security groups and, being stateless, must also let replies in: AWS answers to ports
1024 to 65535. Remote desktop (3389) is left out of that range (CIS AWS 5.1, Security Hub EC2.21), SSH is below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

ANYWHERE: Final = "0.0.0.0/0"
HTTPS: Final = 443
REPLY_PORTS: Final = ((1024, 3388), (3390, 65535))


class Tier(Enum):
    """The kinds of subnets."""

    PUBLIC = "public"
    """NAT gateways, where egress needs them."""
    WORKLOAD = "workload"
    """Nodes, jobs, notebooks, endpoints' network interfaces."""
    PODS = "pods"
    """Pods, in the secondary range."""
    DATA = "data"
    """File systems and databases: no route out."""
    CONTROL = "control"
    """The network interfaces of control planes: no route out."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One allowing rule; `protocol` "-1" is every protocol, on every port."""

    number: int
    cidr: str
    protocol: str = "-1"
    first_port: int = 0
    last_port: int = 0


@dataclass(frozen=True, slots=True)
class Acl:
    """What an ACL allows; it denies everything else."""

    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


def tier_acl(tier: Tier, vpc_cidrs: Sequence[str]) -> Acl:
    """What may cross the borders of the tier's subnets: the VPC's own traffic, and for tiers that reach out, HTTPS."""
    inside = tuple(Rule(100 + position, cidr) for position, cidr in enumerate(vpc_cidrs))
    if tier in (Tier.DATA, Tier.CONTROL):
        return Acl(inside, inside)
    replies = tuple(Rule(200 + position, ANYWHERE, "tcp", *ports) for position, ports in enumerate(REPLY_PORTS))
    return Acl(inside + replies, (*inside, Rule(200, ANYWHERE, "tcp", HTTPS, HTTPS)))
