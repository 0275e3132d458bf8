"""`assert_compliant`: what `mlinfra check` says, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlinfra.compliance import regions as places
from mlinfra.compliance import waiverfile
from mlinfra.compliance.check import run
from mlinfra.compliance.formats.words import message, verdict
from mlinfra.compliance.profiles import Profile
from mlinfra.compliance.rule import Severity
from mlinfra.compliance.waivers import Waiver, waiver
from mlinfra.errors import ConfigError
from mlinfra.policies.registry import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from mlinfra.compliance.report import Report
    from mlinfra.graph import ResourceGraph


def assert_compliant(
    graph: ResourceGraph,
    *,
    profile: Profile | str = Profile.REGULATED,
    waivers: Path | str | Iterable[Waiver | Mapping[str, Any]] = (),
    frameworks: Iterable[str] = (),
    regions: Iterable[str] = (),
    fail_on: Severity | str = Severity.LOW,
    undetermined: bool = False,
    today: date | None = None,
) -> Report:
    """Assert that a graph keeps every rule that `mlinfra check` asks, and return the report.

    `waivers` is a file such as mlinfra.waivers.yaml, or waivers as mappings with the same keys; those that the program
    declares count too. Rules of which nobody can say before deployment whether they are kept fail from high on; with
    `undetermined=False` all of them do. `regions` are those that data may be in; without any it may be everywhere.
    `today` is the day on which waivers are judged. Raises AssertionError with every
    finding, ConfigError for a profile, a severity, a region or a waiver that makes no sense.
    """
    report = run(
        graph,
        rules=RULES,
        profile=_profile(profile),
        waivers=_waivers(waivers),
        today=today or datetime.now(UTC).date(),
        frameworks=tuple(frameworks),
        fail_on=_severity(fail_on),
        regions=places.allowed(named, "assert_compliant(regions=…)") if (named := [*regions]) else (),
    )
    open_ = [one for one in report.findings if one.waiver is None and one.verdict != "fail"]
    found = report.blocking + [one for one in open_ if not undetermined and one not in report.blocking]
    if found:
        lines = [f"  {one.rule.severity} {one.rule.id}: {message(one)}\n    fix: {one.fix}" for one in found]
        raise AssertionError("\n".join([verdict(report), *lines]))
    return report


def _waivers(given: Path | str | Iterable[Waiver | Mapping[str, Any]]) -> tuple[Waiver, ...]:
    if isinstance(given, Path | str):
        return waiverfile.load(Path(given))
    return tuple(one if isinstance(one, Waiver) else waiver(one, "assert_compliant") for one in given)


def _profile(given: Profile | str) -> Profile:
    if given not in list(Profile):
        raise ConfigError(f"assert_compliant(profile={given!r}): there is none", fix=f"use one of {', '.join(Profile)}")
    return Profile(given)


def _severity(given: Severity | str) -> Severity:
    if isinstance(given, Severity):
        return given
    try:
        return Severity[given.upper()]
    except KeyError:
        known = ", ".join(map(str, Severity))
        raise ConfigError(f"assert_compliant(fail_on={given!r}): there is none", fix=f"use one of {known}") from None
