"""What exists in the account, over every service that was used, without what a fresh account has."""

from __future__ import annotations

import json
import tomllib
import urllib.request
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import jmespath
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from mlinfra.sandbox.server.files import ADMIN, SandboxError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_NONE = ("NoSuch", "NotFound", "NotExist", "InvalidAccess", "AccessDenied", "NotInUse", "not subscribed")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How to list one kind of thing: `items` of the answer of `list`, kept where `keep` holds of `each` of them."""

    list: str
    items: str
    params: dict[str, Any] = field(default_factory=dict)
    each: str = ""
    by: str = ""
    keep: str = ""


def inventory(endpoint_url: str, services: Mapping[str, Collection[str]] | None = None) -> dict[str, list[str]]:
    """What exists in the account behind `endpoint_url`, by service, each as `kind name`; nothing for an empty account.

    Objects in Kubernetes clusters stand under `kubernetes`, each with its cluster.
    `services` are botocore's service names and for each the regions to look into; without them, all that were used.
    Names in regions other than us-east-1 carry the region. Raises `SandboxError` for a service that it cannot list.
    """
    wanted = _used(endpoint_url) if services is None else services
    found = {service: sorted(_things(endpoint_url, service, regions)) for service, regions in sorted(wanted.items())}
    if services is None:
        found["kubernetes"] = [f"{one} ({name})" for name, held in _objects(endpoint_url).items() for one in held]
    return {service: things for service, things in found.items() if things}


def _objects(endpoint_url: str) -> dict[str, list[str]]:
    with urllib.request.urlopen(f"{endpoint_url}{ADMIN}kubernetes") as answer:  # noqa: S310 - the caller's own server
        found: dict[str, list[str]] = json.load(answer)
    return found


def _used(endpoint_url: str) -> dict[str, set[str]]:
    with urllib.request.urlopen(f"{endpoint_url}{ADMIN}used") as answer:  # noqa: S310 - the caller's own server
        pairs: list[tuple[str, str]] = json.load(answer)
    by_signature = {signed: service for service, (signed, _) in _kinds().items()}
    used: dict[str, set[str]] = {}
    for signed, region in pairs:
        used.setdefault(by_signature.get(signed, signed), set()).add(region)
    return used


def _things(endpoint_url: str, service: str, regions: Collection[str]) -> Iterator[str]:
    if service not in _kinds():
        message = f"the inventory does not know how to list what exists in the service {service}"
        raise SandboxError(message, fix="add the service to mlinfra/sandbox/server/inventory.toml")
    for region in regions:
        client = boto3.client(
            service,
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the sandbox's credentials are no secret
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )
        where = "" if region == "us-east-1" else f" ({region})"
        for name, kind in _kinds()[service][1].items():
            yield from (f"{name} {thing}{where}" for thing in _listed(client, kind))


def _listed(client: Any, kind: Kind) -> Iterator[str]:
    try:
        things = _all(client, kind)
    except ClientError as error:
        if any(none in str(error.response["Error"]) for none in _NONE):
            return
        raise
    for thing in things:
        if thing is None:  # a page without any
            continue
        if not kind.each or jmespath.search(kind.keep, getattr(client, xform_name(kind.each))(**{kind.by: thing})):
            yield str(thing)


def _all(client: Any, kind: Kind) -> list[Any]:
    operation = xform_name(kind.list)
    if client.can_paginate(operation):
        return list(client.get_paginator(operation).paginate(**kind.params).search(f"({kind.items})[]"))
    return jmespath.search(kind.items, getattr(client, operation)(**kind.params)) or []


@cache
def _kinds() -> dict[str, tuple[str, dict[str, Kind]]]:
    """For each service the name under which its requests are signed, and how to list its kinds of things."""
    table = tomllib.loads(Path(__file__).with_name("inventory.toml").read_text())
    return {
        service: (kinds.pop("signed", service), {name: _kind(how) for name, how in kinds.items()})
        for service, kinds in table.items()
    }


def _kind(how: Any) -> Kind:
    return Kind(list=how[0], items=how[1]) if isinstance(how, list) else Kind(**how)
