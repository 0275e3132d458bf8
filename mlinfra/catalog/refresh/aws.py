"""What the APIs of AWS say, as the catalogue has it. Clients are boto3's (or their stand-ins in tests)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import date

Clients = "Callable[[str, str], Any]"
"""Makes a client of a service in a region."""

_PRICED: Final = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}
_PRICES_IN: Final = "us-east-1"
"""The price list of all regions is served there."""


def instance_types(clients: Callable[[str, str], Any], regions: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Every instance type of the regions, as DescribeInstanceTypes tells it."""
    for region in regions:
        for page in clients("ec2", region).get_paginator("describe_instance_types").paginate():
            yield from page["InstanceTypes"]


def prices(
    clients: Callable[[str, str], Any], regions: Iterable[str], types: Collection[str]
) -> dict[str, dict[str, float]]:
    """On-demand prices of types by region: Linux, shared tenancy, US dollars an hour."""
    found: dict[str, dict[str, float]] = {}
    pages = clients("pricing", _PRICES_IN).get_paginator("get_products")
    for region in regions:
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in {**_PRICED, "regionCode": region}.items()
        ]
        for page in pages.paginate(ServiceCode="AmazonEC2", FormatVersion="aws_v1", Filters=filters):
            for product in map(json.loads, page["PriceList"]):
                name, amount = product["product"]["attributes"].get("instanceType"), _hourly(product)
                if name in types and amount:
                    found.setdefault(name, {})[region] = amount
    return found


def _hourly(product: Mapping[str, Any]) -> float | None:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            if dimension["unit"] == "Hrs":
                return float(dimension["pricePerUnit"]["USD"])
    return None


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota as Service Quotas knows it."""

    name: str
    default: int


def quotas(clients: Callable[[str, str], Any], region: str) -> dict[str, Limit]:
    """The quotas of EC2 by code, with what a new account has."""
    pages = clients("service-quotas", region).get_paginator("list_aws_default_service_quotas")
    return {
        quota["QuotaCode"]: Limit(quota["QuotaName"], int(quota["Value"]))
        for page in pages.paginate(ServiceCode="ec2")
        for quota in page["Quotas"]
    }


@dataclass(frozen=True, slots=True)
class Ends:
    """The last days of support of a Kubernetes version."""

    standard: date | None
    extended: date | None


def cluster_versions(clients: Callable[[str, str], Any], region: str) -> dict[str, Ends]:
    """The Kubernetes versions that EKS has, with their ends of support."""
    pages = clients("eks", region).get_paginator("describe_cluster_versions")
    return {
        entry["clusterVersion"]: Ends(_day(entry, "endOfStandardSupportDate"), _day(entry, "endOfExtendedSupportDate"))
        for page in pages.paginate()
        for entry in page["clusterVersions"]
    }


def _day(entry: Mapping[str, Any], name: str) -> date | None:
    moment = entry.get(name)
    return moment.date() if moment else None


def addon_versions(
    clients: Callable[[str, str], Any], region: str, names: Iterable[str], kubernetes: Iterable[str]
) -> dict[str, dict[str, str]]:
    """The version of each add-on that EKS installs by default on each version of Kubernetes."""
    pages = clients("eks", region).get_paginator("describe_addon_versions")
    wanted, found = set(names), {}  # type: ignore[var-annotated]
    for version in kubernetes:
        for page in pages.paginate(kubernetesVersion=version):
            for addon in page["addons"]:
                default = _default(addon)
                if addon["addonName"] in wanted and default:
                    found.setdefault(addon["addonName"], {})[version] = default
    return found


def _default(addon: Mapping[str, Any]) -> str | None:
    return next(
        (
            entry["addonVersion"]
            for entry in addon["addonVersions"]
            if any(one.get("defaultVersion") for one in entry["compatibilities"])
        ),
        None,
    )
