"""What can be wrong with a network before anything is deployed. Pure."""

from collections.abc import Sequence
from typing import Final, Optional

from mlinfra.catalog import endpoints, regions
from mlinfra.components.problems import Invalid
from mlinfra.components.profiles import Egress, Profile

MIN_ZONES: Final = 2  # EKS, load balancers and databases take no fewer


def check_zones(zones: Sequence[str], region: str) -> None:
    """Refuses too few zones, a zone named twice, and zones that the region does not have."""
    place = regions.region(region)
    choice = ", ".join(place.zones)
    unknown = [zone for zone in zones if zone not in (*place.zones, *place.older_zones)]
    if unknown:
        raise Invalid(f"{region} has no zone {unknown[0]!r}", fix=f"choose from {choice}", argument="zones")
    if len(set(zones)) < len(zones):
        raise Invalid("a zone stands there twice", fix="name every zone once", argument="zones")
    if len(zones) < MIN_ZONES:
        raise Invalid(f"{len(zones)} are too few", fix=f"name at least {MIN_ZONES} of {choice}", argument="zones")


def check_egress(egress: Optional[Egress], profile: Profile) -> None:
    """Refuses a way out of an isolated network."""
    if profile is Profile.ISOLATED and egress not in (None, Egress.NONE):
        fix = "leave egress out, or choose the regulated profile"
        raise Invalid("the isolated profile has no path to the internet", fix=fix, argument="egress")


def check_endpoints(services: Sequence[str]) -> Sequence[str]:
    """Refuses services without an entry in the catalog."""
    known = endpoints.endpoints()
    unknown = [service for service in services if service not in known]
    if unknown:
        raise Invalid(f"no endpoint is known for {unknown[0]!r}", fix=f"choose from {', '.join(known)}")
    return services
