"""VPC endpoints: the services, which profiles bring them, and what their policies let through (`endpoints.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """One service. `own` says that requests may only reach the account's own resources."""

    service: str
    kind: Kind
    profiles: frozenset[str]
    own: bool = False
    also: tuple[Exemption, ...] = field(default=())


@functools.cache
def endpoints() -> Mapping[str, Endpoint]:
    """Every known endpoint by service, in the order of the file."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "endpoints.toml").read_text("utf-8"))
    return {service: _endpoint(service, entry) for service, entry in table["endpoints"].items()}


def defaults(profile: str) -> tuple[str, ...]:
    """The services whose endpoints the profile brings."""
    return tuple(service for service, endpoint in endpoints().items() if profile in endpoint.profiles)


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
        own=entry.get("own", False),
        also=also,
    )
