"""The laws of the address plan."""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.components.addresses import (
    LARGEST,
    PRIVATE,
    SHARED,
    SMALLEST,
    pod_range,
    pod_zone_range,
    vpc_range,
    zone_ranges,
)
from mlinfra.components.problems import Invalid

ZONES = [f"eu-central-1{letter}" for letter in "abcdefgh"]
SMALLEST_SUBNET = 28  # AWS takes no smaller one


@st.composite
def inside(draw: st.DrawFn, blocks: tuple[IPv4Network, ...], prefixes: st.SearchStrategy[int]) -> IPv4Network:
    block = draw(st.sampled_from(blocks))
    prefix = max(draw(prefixes), block.prefixlen)
    position = draw(st.integers(0, 2 ** (prefix - block.prefixlen) - 1))
    return IPv4Network((int(block.network_address) + position * 2 ** (32 - prefix), prefix))


vpcs = inside(PRIVATE, st.integers(LARGEST, SMALLEST))
zones = st.lists(st.sampled_from(ZONES), min_size=2, unique=True)


def tiers(vpc: IPv4Network, names: list[str]) -> dict[str, IPv4Network]:
    return {
        f"{tier}-{zone}": getattr(zone_ranges(vpc, zone), tier)
        for zone in names
        for tier in ("workload", "data", "public", "control")
    }


@given(vpcs, zones)
def test_subnets_lie_inside_the_vpc_and_apart(vpc: IPv4Network, names: list[str]) -> None:
    planned = tiers(vpc, names)
    assert all(subnet.subnet_of(vpc) for subnet in planned.values())
    assert not [(a, b) for (a, x), (b, y) in combinations(planned.items(), 2) if x.overlaps(y)]


@given(vpcs, st.sampled_from(ZONES))
def test_every_tier_is_as_large_as_promised(vpc: IPv4Network, zone: str) -> None:
    planned, slot = zone_ranges(vpc, zone), vpc.num_addresses // 8
    assert planned.workload.num_addresses == slot // 2
    assert planned.data.num_addresses == slot // 4
    assert planned.public.num_addresses == planned.control.num_addresses == slot // 16
    assert planned.public.prefixlen <= SMALLEST_SUBNET


@given(vpcs, zones, st.sampled_from(ZONES))
def test_adding_a_zone_moves_nothing(vpc: IPv4Network, names: list[str], added: str) -> None:
    before, after = tiers(vpc, names), tiers(vpc, [added, *names])
    assert {name: after[name] for name in before} == before


@given(inside((SHARED,), st.integers(LARGEST, SMALLEST)), zones)
def test_pod_ranges_lie_inside_and_apart(pods: IPv4Network, names: list[str]) -> None:
    planned = [pod_zone_range(pods, zone) for zone in names]
    assert all(subnet.subnet_of(pods) for subnet in planned)
    assert not [pair for pair in combinations(planned, 2) if pair[0].overlaps(pair[1])]


@given(vpcs)
def test_good_ranges_are_taken_as_they_are(vpc: IPv4Network) -> None:
    assert vpc_range(str(vpc)) == vpc


@given(st.text() | inside((IPv4Network("0.0.0.0/0"),), st.integers(0, 32)).map(str))
def test_any_text_is_a_range_or_one_clear_refusal(text: str) -> None:
    for check in (vpc_range, pod_range):
        with contextlib.suppress(Invalid):
            assert check(text).prefixlen in range(LARGEST, SMALLEST + 1)


@pytest.mark.parametrize(
    ("cidr", "reason", "fix"),
    [
        ("10.0.0.0", "too small", "/16 to /21"),
        ("10.0.0.5/16", "bits are set", "10.0.0.0/16"),
        ("10.0.0.0/8", "larger than AWS allows", "/16 to /21"),
        ("10.0.0.0/22", "too small", "/16 to /21"),
        ("8.8.0.0/16", "not a private range", "10.0.0.0/8"),
        ("ten", "not an IPv4 range", "10.0.0.0/16"),
        ("fd00::/64", "not an IPv4 range", "10.0.0.0/16"),
        ("", "not an IPv4 range", "10.0.0.0/16"),
    ],
)
def test_refusals_say_what_to_write_instead(cidr: str, reason: str, fix: str) -> None:
    with pytest.raises(Invalid) as refused:
        vpc_range(cidr)
    assert reason in refused.value.reason
    assert fix in refused.value.fix


def test_pods_come_from_the_shared_range_only() -> None:
    assert pod_range("100.64.0.0/16").prefixlen == LARGEST
    with pytest.raises(Invalid, match=r"100\.64\.0\.0/10"):
        pod_range("10.0.0.0/16")
