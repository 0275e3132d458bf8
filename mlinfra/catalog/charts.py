"""Helm charts and EKS add-ons with the versions that the catalogue pins (`versions.toml`)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlinfra.catalog.versions import NONE, Overrides, active, table
from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart and the version to deploy."""

    name: str
    """What the catalogue calls it."""
    chart: str
    """Its name in the repository; the whole reference when the repository is OCI."""
    repository: str | None
    """The URL of its repository; None for OCI, where `chart` says all."""
    version: str
    namespace: str
    """Where it is usually installed."""
    kubernetes: str | None
    """The oldest version of Kubernetes that it works with; None when nothing is known."""
    instead_of: str | None
    """The chart that does the same job: this one is deployed only when it is asked for."""
    auto_mode: bool
    """Whether it belongs on a cluster in Auto Mode: what is built in there is not installed."""
    crds: bool
    """Whether it consists of nothing but custom resource definitions: a release of its own, before whatever uses them."""
    source: str
    date: date


@dataclass(frozen=True, slots=True)
class Addon:
    """An EKS add-on and the version to deploy on a version of Kubernetes."""

    name: str
    kubernetes: str
    version: str
    """As EKS says it: v1.21.1-eksbuild.3."""
    service_account: tuple[str, str] | None
    """Namespace and name of the service account that needs AWS permissions; None when none does."""
    policies: tuple[str, ...]
    """AWS managed policies that are made for that account."""
    auto_mode: bool
    """Whether a cluster in Auto Mode takes it: what is built in there is not installed."""
    source: str
    date: date


def chart(name: str, overrides: Overrides = NONE) -> Chart:
    """The chart of that name, such as kueue, at the version of `overrides`, else of the project, else of the catalogue.

    Raises ConfigError, with the nearest, when there is none of that name, and for a mlinfra.versions.toml that is wrong.
    """
    found = pinned_chart(name)
    version = overrides.charts.get(name) or active().charts.get(name) or found.version
    return found if version == found.version else replace(found, version=version)


def pinned_chart(name: str) -> Chart:
    """The chart of that name as the catalogue pins it. Raises ConfigError, with the nearest, when there is none."""
    entry = _entry("charts", name, "chart")
    return Chart(
        name,
        entry.get("chart", name),
        entry.get("repository"),
        entry["version"],
        entry["namespace"],
        entry.get("kubernetes"),
        entry.get("instead_of"),
        entry.get("auto_mode", True),
        entry.get("crds", False),
        entry["source"],
        entry.get("date", table()["date"]),
    )


def charts() -> tuple[str, ...]:
    """The names of all charts."""
    return tuple(table()["charts"])


def addon(name: str, *, kubernetes: str, overrides: Overrides = NONE) -> Addon:
    """The add-on of that name, such as vpc-cni, for a version of Kubernetes; pinned as `chart` says.

    Raises ConfigError when there is no such add-on, or none is pinned for that version of Kubernetes.
    """
    entry = _entry("addons", name, "add-on")
    pinned = overrides.addons.get(name) or active().addons.get(name) or entry["versions"].get(kubernetes)
    if pinned is None:
        raise ConfigError(
            f"the catalogue pins no version of the add-on {name} for Kubernetes {kubernetes}",
            fix=f"use Kubernetes {' or '.join(entry['versions'])}, or pin addons.{name} in mlinfra.versions.toml",
        )
    account = entry.get("service_account")
    return Addon(
        name,
        kubernetes,
        pinned,
        tuple(account.split("/")) if account else None,
        tuple(entry.get("policies", ())),
        entry.get("auto_mode", True),
        entry["source"],
        entry.get("date", table()["date"]),
    )


def addons() -> tuple[str, ...]:
    """The names of all add-ons."""
    return tuple(table()["addons"])


def _entry(section: str, name: str, what: str) -> Mapping[str, Any]:
    entries: Mapping[str, Mapping[str, Any]] = table()[section]
    if name not in entries:
        raise ConfigError(f"the catalogue has no {what} {name!r}", fix=_near(name, entries))
    return entries[name]


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
