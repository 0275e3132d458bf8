"""Which names a VPC can resolve: a list, and nothing beside it. DNS is a way out that no route table closes."""

import re
from collections.abc import Sequence
from typing import Any, Final

import pulumi_aws as aws

from mlinfra.catalog import endpoints
from mlinfra.components.component import Component
from mlinfra.components.documents import Text
from mlinfra.components.problems import Invalid

ALLOW, BLOCK = 100, 200  # the rules' order; AWS keeps 0 to 100 and 9900 to 9999 of associations for itself
ASSOCIATION: Final = 101
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(\*\.)?({_LABEL}\.)+{_LABEL}")


def check_domains(domains: Sequence[str]) -> Sequence[str]:
    """Refuses what is no domain name, and wildcards for a whole top-level domain."""
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            wide = domain.startswith("*")
            reason = f"{domain!r} would let almost every name through" if wide else f"{domain!r} is not a domain name"
            raise Invalid(reason, fix="write names such as pypi.org, or *.pythonhosted.org for all below one")
    return domains


def dns_firewall(parent: Component[Any], name: str, *, vpc_id: Text, region: str, domains: Sequence[str]) -> None:
    """Lets the VPC resolve the domains and AWS's own names; every other name does not exist for it.

    It fails closed: where the firewall does not answer, nothing is resolved. What an allowed name points to is trusted,
    since content networks change their names without notice.
    """
    role = f"{name}-dns-firewall"
    wanted = sorted({*endpoints.names(region), *domains})
    aws.route53.ResolverFirewallConfig(role, resource_id=vpc_id, firewall_fail_open="DISABLED", opts=parent.child())
    group = aws.route53.ResolverFirewallRuleGroup(role, tags={"Name": role}, opts=parent.child())
    allowed = aws.route53.ResolverFirewallDomainList(
        f"{role}-allowed", domains=wanted, tags={"Name": f"{role}-allowed"}, opts=parent.child()
    )
    rest = aws.route53.ResolverFirewallDomainList(
        f"{role}-rest", domains=["*"], tags={"Name": f"{role}-rest"}, opts=parent.child()
    )
    allow = aws.route53.ResolverFirewallRule(
        f"{role}-allow",
        firewall_rule_group_id=group.id,
        firewall_domain_list_id=allowed.id,
        firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
        action="ALLOW",
        priority=ALLOW,
        opts=parent.child(),
    )
    block = aws.route53.ResolverFirewallRule(
        f"{role}-block",
        firewall_rule_group_id=group.id,
        firewall_domain_list_id=rest.id,
        action="BLOCK",
        block_response="NXDOMAIN",
        priority=BLOCK,
        opts=parent.child(),
    )
    # The rules first: a group that only blocks would cut the VPC off from everything.
    aws.route53.ResolverFirewallRuleGroupAssociation(
        role,
        firewall_rule_group_id=group.id,
        vpc_id=vpc_id,
        priority=ASSOCIATION,
        tags={"Name": role},
        opts=parent.child(depends_on=[allow, block]),
    )
