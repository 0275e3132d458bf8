"""Answers to AWS functions that need no AWS: what they say follows from their arguments, the region and the account.

The sandbox answers with the same ones, so that a plan and a deployment see the same. Nothing is made up: a function that
asks for what only AWS knows is not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlinfra.catalog.regions import Region, region
from mlinfra.errors import ConfigError
from mlinfra.offline.policy_document import policy_document

ACCOUNT: Final = "123456789012"
"""The account of plans and of the sandbox; AWS uses the number in its documentation, nobody has it."""

_SUFFIX: Final = "amazonaws.com"  # of every partition in the catalog


@dataclass(frozen=True, slots=True)
class Context:
    """For whom a function is answered. In a plan the region may be UNKNOWN; nothing is answered then."""

    region: Any = "us-east-1"
    account: str = ACCOUNT

    @property
    def partition(self) -> str:
        """The partition of the region; raises ConfigError for a region that is not in the catalog."""
        return region(self.region).partition


Answer = Callable[[Mapping[str, Any], Context], dict[str, Any]]


def answer(token: str, args: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
    """The result of a function such as `aws:index/getRegion:getRegion`, None when it is not one of these.

    Arguments are plain and known. Raises ConfigError for arguments that AWS or its provider would refuse.
    """
    found = _ANSWERS.get(token.rpartition(":")[2]) if token.partition("/")[0] in _MODULES else None
    try:
        return found(args, context) if found else None
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{token} cannot make sense of its arguments {_given(args)!r}: {error!r}") from error


def _get_region(args: Mapping[str, Any], context: Context) -> dict[str, Any]:
    endpoint = args.get("endpoint")
    match = re.fullmatch(rf"ec2\.([a-z0-9-]+)\.{re.escape(_SUFFIX)}", endpoint or "")
    if endpoint and not match:
        raise ConfigError(f"getRegion: no region has the endpoint {endpoint!r}")
    name = match[1] if match else args.get("region") or args.get("name") or context.region
    found = region(name)
    return {
        "description": found.title,
        "endpoint": f"ec2.{name}.{_SUFFIX}",
        "id": name,
        "name": name,
        "region": name,
    }


def _get_partition(_: Mapping[str, Any], context: Context) -> dict[str, Any]:
    reverse = ".".join(reversed(_SUFFIX.split(".")))
    return {"dnsSuffix": _SUFFIX, "id": context.partition, "partition": context.partition, "reverseDnsPrefix": reverse}


def _get_caller_identity(_: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return {
        "accountId": context.account,
        "arn": f"arn:{context.partition}:iam::{context.account}:user/mlinfra",
        "id": context.account,
        "userId": "AIDAMLINFRAMLINFRA000",
    }


def _get_service_principal(args: Mapping[str, Any], context: Context) -> dict[str, Any]:
    name, of_region = args.get("serviceName"), args.get("region") or context.region
    if not name:
        raise ConfigError("getServicePrincipal needs serviceName, such as `s3`")
    region(of_region)
    return {
        "id": f"{name}.{of_region}.{_SUFFIX}",
        "name": f"{name}.{_SUFFIX}",
        "region": of_region,
        "serviceName": name,
        "suffix": _SUFFIX,
    }


def _get_availability_zones(args: Mapping[str, Any], context: Context) -> dict[str, Any]:
    found = region(args.get("region") or context.region)
    zones = [zone for zone in _zones(found) if _wanted(zone, args, "getAvailabilityZones")]
    excluded = {*(args.get("excludeNames") or []), *(args.get("excludeZoneIds") or [])}
    zones = [zone for zone in zones if not excluded & {zone["name"], zone["zoneId"]}]
    return {
        **_given(args),
        "groupNames": [found.name] if zones else [],
        "id": found.name,
        "names": [zone["name"] for zone in zones],
        "region": found.name,
        "zoneIds": [zone["zoneId"] for zone in zones],
    }


def _get_availability_zone(args: Mapping[str, Any], context: Context) -> dict[str, Any]:
    found = region(args.get("region") or context.region)
    zones = [
        zone
        for zone in _zones(found)
        if _wanted(zone, args, "getAvailabilityZone")
        and all(args.get(k) in (None, "", zone[k]) for k in ("name", "zoneId"))
    ]
    if len(zones) != 1:
        asked = ", ".join(f"{key} {value!r}" for key, value in _given(args).items()) or "nothing"
        raise ConfigError(f"getAvailabilityZone: {len(zones)} zones of {found.name} fit {asked}", fix="name one zone")
    return {**_given(args), **zones[0], "id": zones[0]["name"]}


def _get_arn(args: Mapping[str, Any], _: Context) -> dict[str, Any]:
    arn = args.get("arn") or ""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not all(parts[i] for i in (1, 2, 5)):  # noqa: PLR2004 (arn:p:s:r:a:resource)
        raise ConfigError(f"getArn: {arn!r} is not an ARN")
    names = ("partition", "service", "region", "account", "resource")
    return {"arn": arn, "id": arn, **dict(zip(names, parts[1:], strict=True))}


def _zones(found: Region) -> list[dict[str, Any]]:
    return [
        {
            "groupLongName": f"{found.title} 1",
            "groupName": found.name,
            "name": name,
            "nameSuffix": name.removeprefix(found.name),
            "networkBorderGroup": found.name,
            "optInStatus": "opt-in-not-required",
            "parentZoneId": "",
            "parentZoneName": "",
            "region": found.name,
            "state": "available",
            "zoneId": zone_id,
            "zoneType": "availability-zone",
        }
        for name, zone_id in zip(found.zones, found.zone_ids, strict=True)
    ]


_FILTERS: Final = {  # of EC2's DescribeAvailabilityZones
    "group-name": "groupName",
    "opt-in-status": "optInStatus",
    "region-name": "region",
    "state": "state",
    "zone-id": "zoneId",
    "zone-name": "name",
    "zone-type": "zoneType",
}


def _wanted(zone: Mapping[str, Any], args: Mapping[str, Any], function: str) -> bool:
    filters: Sequence[Mapping[str, Any]] = args.get("filters") or []
    for one in filters:
        if one["name"] not in _FILTERS:
            raise ConfigError(
                f"{function}: the filter {one['name']!r} is not known", fix=f"use one of {', '.join(_FILTERS)}"
            )
    return args.get("state") in (None, "", zone["state"]) and all(
        zone[_FILTERS[one["name"]]] in one["values"] for one in filters
    )


def _given(args: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in args.items() if value is not None}


_MODULES: Final = ("aws:index", "aws:iam")
_ANSWERS: Final[dict[str, Answer]] = {
    "getArn": _get_arn,
    "getAvailabilityZone": _get_availability_zone,
    "getAvailabilityZones": _get_availability_zones,
    "getCallerIdentity": _get_caller_identity,
    "getPartition": _get_partition,
    "getPolicyDocument": lambda args, _: policy_document(args),
    "getRegion": _get_region,
    "getServicePrincipal": _get_service_principal,
}
