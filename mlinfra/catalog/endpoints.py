"""VPC endpoints: the services, which profiles bring them, and what their policies let through (`endpoints.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["gateway", "interface"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A statement beside the general one. Resources may hold {partition}, {region} and {account}.

    `anonymous` admits callers without credentials, as with web identities.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One service. `own` says that requests may only reach the account's own resources.

    `needed_by` are those who cannot work without it where there is no way out: component classes, eks and sagemaker.
    """

    service: str
    kind: Kind
    profiles: frozenset[str]
    name: str = "com.amazonaws.{region}.{service}"
    own: bool = False
    needed_by: frozenset[str] = frozenset()
    also: tuple[Exemption, ...] = field(default=())

    def service_name(self, region: str) -> str:
        """What AWS calls the endpoint's service in the region, such as com.amazonaws.eu-central-1.s3."""
        return self.name.format(region=region, service=self.service)


@functools.cache
def endpoints() -> Mapping[str, Endpoint]:
    """Every known endpoint by service, in the order of the file."""
    return {service: _endpoint(service, entry) for service, entry in _table()["endpoints"].items()}


def defaults(profile: str) -> tuple[str, ...]:
    """The services whose endpoints the profile brings."""
    return tuple(service for service, endpoint in endpoints().items() if profile in endpoint.profiles)


def needed(users: Iterable[str]) -> tuple[str, ...]:
    """The services that these cannot work without where there is no way out: component classes, eks, sagemaker."""
    found = frozenset(users)
    return tuple(service for service, endpoint in endpoints().items() if endpoint.needed_by & found)


def names(region: str) -> tuple[str, ...]:
    """The domain names that a network in the region must always be able to resolve; *.zone means every name below."""
    return tuple(name.format(region=region) for name in _table()["names"])


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("mlinfra.catalog") / "endpoints.toml").read_text("utf-8"))


def _endpoint(service: str, entry: Mapping[str, Any]) -> Endpoint:
    also = tuple(
        Exemption(
            sid=statement["sid"],
            actions=tuple(statement["actions"]),
            resources=tuple(statement["resources"]),
            anonymous=statement.get("anonymous", False),
        )
        for statement in entry.get("also", ())
    )
    return Endpoint(
        service=service,
        kind=entry["kind"],
        profiles=frozenset(entry["profiles"]),
        **({"name": entry["name"]} if "name" in entry else {}),
        own=entry.get("own", False),
        needed_by=frozenset(entry.get("needed_by", ())),
        also=also,
    )
