"""What crosses the borders of the tiers."""

from __future__ import annotations

import pytest

from mlinfra.components.network_acls import ANYWHERE, HTTPS, Rule, Tier, tier_acl

CIDRS = ["10.0.0.0/16", "100.64.0.0/16"]


def admits(rules: tuple[Rule, ...], cidr: str, port: int) -> bool:
    return any(r.cidr == cidr and (r.protocol == "-1" or r.first_port <= port <= r.last_port) for r in rules)


@pytest.mark.parametrize("tier", [Tier.DATA, Tier.CONTROL])
def test_tiers_without_a_way_out_speak_with_the_vpc_alone(tier: Tier) -> None:
    acl = tier_acl(tier, CIDRS)
    assert {rule.cidr for rule in (*acl.ingress, *acl.egress)} == set(CIDRS)


@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.WORKLOAD, Tier.PODS])
def test_tiers_that_reach_out_take_https_and_its_replies(tier: Tier) -> None:
    acl = tier_acl(tier, CIDRS)
    assert admits(acl.egress, ANYWHERE, HTTPS)
    assert not admits(acl.egress, ANYWHERE, 80)
    assert all(admits(acl.ingress, ANYWHERE, port) for port in (1024, 32768, 65535))


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("port", [22, 3389])
def test_no_tier_takes_remote_administration_from_the_world(tier: Tier, port: int) -> None:
    assert not admits(tier_acl(tier, CIDRS).ingress, ANYWHERE, port)


@pytest.mark.parametrize("tier", list(Tier))
def test_rule_numbers_are_unique(tier: Tier) -> None:
    acl = tier_acl(tier, CIDRS)
    for rules in (acl.ingress, acl.egress):
        assert len({rule.number for rule in rules}) == len(rules)
