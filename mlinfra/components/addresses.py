"""Address arithmetic of a network: which subnet lies where. Pure; the laws are tested as properties.

A VPC range is cut into eight slots, one for each zone letter (a to h), whether the zone is in use or not. A zone's
subnets therefore never depend on the other zones: adding or removing one moves nothing.

    slot (1/8 of the VPC)   |  workload 1/2  |  data 1/4  |  public 1/16  |  control 1/16  |  spare 1/8  |
"""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from mlinfra.components.problems import Invalid

SLOTS: Final = 8
LARGEST, SMALLEST = (
    16,
    21,
)  # AWS takes no larger VPC than a /16; a /21 leaves the smallest tiers at AWS's minimum, a /28
PRIVATE: Final = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))  # RFC 1918
SHARED: Final = IPv4Network("100.64.0.0/10")  # RFC 6598; AWS takes it as a secondary range beside any private one


@dataclass(frozen=True, slots=True)
class ZoneRanges:
    """The ranges of one zone's tiers."""

    workload: IPv4Network
    data: IPv4Network
    public: IPv4Network
    control: IPv4Network


def vpc_range(cidr: str) -> IPv4Network:
    """The VPC's range: private, without host bits, from /16 to /21."""
    network = _parse(cidr, "10.0.0.0/16")
    if not any(network.subnet_of(block) for block in PRIVATE):
        raise Invalid(
            "not a private range (RFC 1918)", fix="choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
        )
    return _sized(network)


def pod_range(cidr: str) -> IPv4Network:
    """The secondary range for pods: inside 100.64.0.0/10, from /16 to /21."""
    network = _parse(cidr, "100.64.0.0/16")
    if not network.subnet_of(SHARED):
        raise Invalid("not inside 100.64.0.0/10", fix="choose one inside 100.64.0.0/10, such as 100.64.0.0/16")
    return _sized(network)


def zone_ranges(vpc: IPv4Network, zone: str) -> ZoneRanges:
    """The tiers' ranges in the zone."""
    halves = list(_slot(vpc, zone).subnets(prefixlen_diff=1))
    data, rest = halves[1].subnets(prefixlen_diff=1)
    public, control = list(rest.subnets(prefixlen_diff=2))[:2]
    return ZoneRanges(workload=halves[0], data=data, public=public, control=control)


def pod_zone_range(pods: IPv4Network, zone: str) -> IPv4Network:
    """The pods' range in the zone."""
    return _slot(pods, zone)


def letter(zone: str) -> str:
    """What names a zone inside its region: the a of eu-central-1a."""
    return zone[-1]


def _slot(network: IPv4Network, zone: str) -> IPv4Network:
    return list(network.subnets(prefixlen_diff=SLOTS.bit_length() - 1))[ord(letter(zone)) - ord("a")]


def _parse(cidr: str, example: str) -> IPv4Network:
    try:
        return IPv4Network(cidr)
    except ValueError:
        pass
    try:
        network = IPv4Network(cidr, strict=False)
    except ValueError:
        raise Invalid("not an IPv4 range", fix=f"write it as {example}") from None
    raise Invalid("bits are set behind its prefix", fix=f"write it as {network}")


def _sized(network: IPv4Network) -> IPv4Network:
    if not LARGEST <= network.prefixlen <= SMALLEST:
        size = "larger than AWS allows" if network.prefixlen < LARGEST else "too small for the tiers of a zone"
        raise Invalid(
            size,
            fix=f"give it a prefix from /{LARGEST} to /{SMALLEST}, such as {network.network_address}/{LARGEST}",
        )
    return network
