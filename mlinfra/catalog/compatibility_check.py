"""Whether a chosen set goes together: Kubernetes, charts, add-ons and features, against what the catalogue knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from mlinfra.catalog import charts, compatibility, eks
from mlinfra.catalog.versions import NONE, Overrides, table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

_TERM: Final = re.compile(r"(?P<name>\S+)(?: (?P<operator>>=|<) (?P<version>\S+))?")


class Problem(StrEnum):
    """What is wrong with a choice, the worst first."""

    INCOMPATIBLE = "incompatible"
    """Two parts do not work together."""
    ENDED = "out of support"
    """Nobody mends it any more, or it costs extra."""
    ENDING = "near its end"
    """Support ends within the notice."""
    OUTDATED = "outdated"
    """The catalogue pins a newer version."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a chosen set."""

    problem: Problem
    subject: str
    """What it is about: kubernetes, the name of a chart, an add-on or a feature."""
    message: str
    fix: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a platform is made of."""

    kubernetes: str = eks.DEFAULT
    charts: Mapping[str, str] = field(default_factory=dict)
    """Version by name in the catalogue."""
    addons: Mapping[str, str] = field(default_factory=dict)
    features: Collection[str] = ()
    """Of `features()`: auto-mode, karpenter-static, …"""
    unpinned: Collection[str] = ()
    """Add-ons that it should have, and for whose version of Kubernetes the catalogue pins none."""

    @property
    def versions(self) -> Mapping[str, str | None]:
        """Every name that a constraint may speak of, with its version; features have none."""
        return {**dict.fromkeys(self.features), **self.addons, **self.charts, "kubernetes": self.kubernetes}


def lock(overrides: Overrides = NONE, kubernetes: str | None = None, extras: Collection[str] = ()) -> Chosen:
    """The lock as a set, overridden. `extras` are features, and charts that are not in it by default.

    A chart that stands in for another takes its place when it is an extra or overridden; with the feature auto-mode, what
    Auto Mode has built in is left out unless it is overridden; add-ons without a version for that Kubernetes always are.
    """
    on = kubernetes or overrides.kubernetes or eks.DEFAULT
    asked = {*extras, *overrides.charts, *overrides.addons}
    auto = "auto-mode" in extras
    every = [charts.pinned_chart(name) for name in charts.charts()]
    replaced = {one.instead_of for one in every if one.name in asked}
    addons: Mapping[str, Mapping[str, Any]] = table()["addons"]
    versions = {name: overrides.addons.get(name) or entry["versions"].get(on) for name, entry in addons.items()}
    return Chosen(
        on,
        {
            one.name: overrides.charts.get(one.name, one.version)
            for one in every
            if one.name in asked
            or (one.instead_of is None and one.name not in replaced and (one.auto_mode or not auto))
        },
        {
            name: version
            for name, version in versions.items()
            if version and (name in asked or addons[name].get("auto_mode", True) or not auto)
        },
        tuple(one for one in extras if one in features()),
        tuple(name for name, version in versions.items() if not version),
    )


def features() -> Mapping[str, str]:
    """What a set can be built with, and what each means."""
    found: Mapping[str, str] = compatibility.group("features")
    return found


def check(chosen: Chosen, today: date) -> list[Finding]:
    """Everything that is wrong with a set on a day, the worst first."""
    found = [
        *_support(chosen.kubernetes, today),
        *_kubernetes(chosen),
        *_constraints(chosen),
        *_outdated(chosen),
        *_age(today),
    ]
    order = list(Problem)
    return sorted(found, key=lambda one: (order.index(one.problem), one.subject, one.message))


def _support(kubernetes: str, today: date) -> Iterator[Finding]:
    known = eks.support(kubernetes)
    if known is None or known.standard is None:
        return
    source = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
    newer = [one for one in eks.supported_versions(today) if compatibility.at_least(one, kubernetes)]
    fix = f"upgrade to {newer[-1]}, one minor version at a time" if newer else "upgrade one minor version at a time"
    if today > known.standard:
        after = f"; extended support, at six times the price, ends {known.extended}" if known.extended else ""
        ended = f"standard support of Kubernetes {kubernetes} ended {known.standard}{after}"
        yield Finding(Problem.ENDED, "kubernetes", ended, fix, source)
    elif today + timedelta(days=compatibility.fact("notice", "days")) > known.standard:
        ending = f"standard support of Kubernetes {kubernetes} ends {known.standard}"
        yield Finding(Problem.ENDING, "kubernetes", ending, fix, source)


def _kubernetes(chosen: Chosen) -> Iterator[Finding]:
    for name in chosen.charts:
        known = charts.pinned_chart(name)
        if known.kubernetes and not compatibility.at_least(chosen.kubernetes, known.kubernetes):
            message = f"the chart {name} needs Kubernetes {known.kubernetes} or later, not {chosen.kubernetes}"
            yield Finding(Problem.INCOMPATIBLE, name, message, f"upgrade to {known.kubernetes}", known.source)
    if chosen.unpinned:
        message = f"the catalogue pins for Kubernetes {chosen.kubernetes} no version of {', '.join(chosen.unpinned)}"
        fix = "use another version, pin the add-ons in mlinfra.versions.toml, or `mlinfra catalog refresh`"
        source = "https://docs.aws.amazon.com/eks/latest/userguide/updating-an-add-on.html"
        yield Finding(Problem.INCOMPATIBLE, "kubernetes", message, fix, source)


def _constraints(chosen: Chosen) -> Iterator[Finding]:
    versions = chosen.versions
    for entry in compatibility.constraints():
        when = [term.format(**entry) for term in entry["when"]]
        if not all(holds(term, versions) for term in when):
            continue
        because = f"{entry['reason']} (with {', '.join(when)})"
        for term in (one.format(**entry) for one in entry.get("needs", ())):
            if not holds(term, versions):
                name = term.split(" ")[0]
                has = f"{name} is {versions[name]}" if versions.get(name) else f"there is no {name}"
                yield Finding(Problem.INCOMPATIBLE, name, f"{has}: {because}", f"use {term}", entry["source"])
        for term in entry.get("without", ()):
            if holds(term, versions):
                yield Finding(
                    Problem.INCOMPATIBLE, term, f"{term} is chosen: {because}", f"leave {term} out", entry["source"]
                )


def holds(term: str, versions: Mapping[str, str | None]) -> bool:
    """Whether a term such as `kueue >= 0.18` holds of a set. Raises ValueError for what is no term.

    A version that cannot be compared (a range) fulfils no bound.
    """
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"{term!r} is no term: NAME, or NAME >= VERSION, or NAME < VERSION")
    name, operator, bound = match["name"], match["operator"], match["version"]
    if name not in versions:
        return False
    if operator is None:
        return True
    newer = compatibility.at_least(versions[name] or "", bound)
    return newer is not None and newer == (operator == ">=")


def _outdated(chosen: Chosen) -> Iterator[Finding]:
    for name, version in chosen.charts.items():
        chart = charts.pinned_chart(name)
        yield from _older(f"the chart {name}", name, version, chart.version, chart.source)
    entries: Mapping[str, Any] = table()["addons"]
    for name, version in chosen.addons.items():
        entry = entries[name]
        newest = entry["versions"].get(chosen.kubernetes)
        if newest:
            yield from _older(f"the add-on {name}", name, version, newest, entry["source"])


def _age(today: date) -> Iterator[Finding]:
    old = (today - eks.as_of()).days
    if old > compatibility.fact("notice", "catalogue"):
        message = f"the catalogue is {old} days old, and knows nothing of what came since"
        yield Finding(Problem.OUTDATED, "catalogue", message, "install a newer mlinfra, or `mlinfra catalog refresh`")


def _older(what: str, name: str, mine: str, pinned: str, source: str) -> Iterator[Finding]:
    if _number(mine) < _number(pinned):
        message = f"{what} is {mine}, and the catalogue pins {pinned}"
        yield Finding(Problem.OUTDATED, name, message, f"pin {pinned}, or leave the pin out", source)


def _number(version: str) -> tuple[int, ...]:
    """All numbers of a version, with the build of an add-on: v1.21.1-eksbuild.3 is 1, 21, 1, 3."""
    return tuple(map(int, re.findall(r"\d+", version)))
