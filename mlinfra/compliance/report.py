"""What a check came to: findings in the user's words, what passed, what was waived and what nobody looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mlinfra.compliance.evaluate import Verdict
from mlinfra.compliance.rule import Severity

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from mlinfra.compliance.frameworks import Control, Framework
    from mlinfra.compliance.profiles import Profile
    from mlinfra.compliance.rule import Rule
    from mlinfra.compliance.truth import Evidence
    from mlinfra.compliance.waivers import Waiver, WaiverState
    from mlinfra.graph import Source


@dataclass(frozen=True, slots=True)
class Place:
    """A resource or component as people name it."""

    urn: str
    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def kind(self) -> str:
        """The last part of its type: `DataBucket`."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Change:
    """What to change in the program: an argument of a component."""

    component: Place
    argument: str

    def __str__(self) -> str:
        return f"set {self.argument} of {self.component}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a verdict rests on, and where it is."""

    place: Place
    evidence: Evidence

    def __str__(self) -> str:
        return f"{self.place}: {self.evidence}"


class Status(StrEnum):
    """What a finding is for whoever must decide."""

    FAILED = "failed"
    UNDETERMINED = "undetermined"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that a resource does not keep, or of which nobody can say whether it does."""

    rule: Rule
    verdict: Verdict
    resource: Place
    component: Place | None
    """The outermost component around it: what the program itself declares. None when that is the resource."""
    change: Change | None
    """The argument to change; None when the program declares the resource itself, or no argument weakens it."""
    inside: Place | None
    """The component of ours that declares it, if one does."""
    source: Source | None
    """Where the project declares it."""
    steps: tuple[Step, ...]
    error: str = ""
    """What went wrong inside the rule."""
    controls: tuple[Control, ...] = ()
    waiver: Waiver | None = None
    """The waiver that holds for it."""

    @property
    def status(self) -> Status:
        """Whether it failed, is undetermined, or somebody answers for it."""
        if self.waiver is not None:
            return Status.WAIVED
        return Status.FAILED if self.verdict is Verdict.FAIL else Status.UNDETERMINED

    @property
    def owner(self) -> Place:
        """What the program declares: the component, or the resource itself."""
        return self.component or self.resource

    @property
    def fix(self) -> str:
        """What to do, as code where the program declares the resource itself."""
        if self.change is None:
            whose = f"; no argument of {self.inside} weakens this" if self.inside else ""
            return f"{self.rule.fix}{whose}"
        around = self.component is not None and self.component.urn != self.change.component.urn
        return f"{self.change}, inside {self.component}" if around else f"{self.change}"

    def blocks(self, fail_on: Severity | None) -> bool:
        """Whether a check fails for it: it failed, or is undetermined and high or critical, and nobody answers for it."""
        if self.status is Status.WAIVED or fail_on is None:
            return False
        least = Severity.HIGH if self.status is Status.UNDETERMINED else Severity.LOW
        return self.rule.severity >= max(least, fail_on)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a waiver that its owner must know."""

    waiver: Waiver
    state: WaiverState
    text: str
    fix: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What one rule came to on every resource that it is about."""

    rule: Rule
    passed: tuple[str, ...]
    """URNs."""
    findings: tuple[Finding, ...]
    not_applicable: int = 0

    @property
    def checked(self) -> int:
        """How many resources it says something of."""
        return len(self.passed) + len(self.findings)

    @property
    def result(self) -> str:
        """The worst of it: failed, undetermined, waived, passed or not applicable."""
        statuses = {one.status for one in self.findings}
        worst = next((str(one) for one in Status if one in statuses), "")
        return worst or ("passed" if self.passed else "not applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check of one stack came to. The same program, rules, waivers and day give the same report."""

    version: str
    """Of mlinfra."""
    project: str
    stack: str
    profile: Profile
    today: dt.date
    fail_on: Severity | None
    frameworks: tuple[Framework, ...]
    tallies: tuple[Tally, ...]
    """Every rule that was asked, the most severe first."""
    not_asked: Mapping[str, str]
    """Rules that were not asked, with the reason."""
    waivers: tuple[tuple[Waiver, WaiverState], ...]
    notices: tuple[Notice, ...]
    resources: int
    """Resources in the stack, without components and providers."""
    unchecked: Mapping[str, int]
    """Types of resources that no rule is about, and how many of each there are."""

    @property
    def findings(self) -> list[Finding]:
        """Every finding: what failed, is undetermined, is waived; the most severe of each first."""
        found = [one for tally in self.tallies for one in tally.findings]
        order = list(Status)
        return sorted(
            found, key=lambda one: (order.index(one.status), -one.rule.severity, one.rule.id, one.resource.urn)
        )

    @property
    def blocking(self) -> list[Finding]:
        """The findings for which the check fails."""
        return [one for one in self.findings if one.blocks(self.fail_on)]

    @property
    def passed(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.blocking

    @property
    def counts(self) -> dict[str, int]:
        """Verdicts by what they are: failed, undetermined, waived, passed, not applicable."""
        found = Counter(str(one.status) for one in self.findings)
        return {
            **{str(status): found[str(status)] for status in Status},
            "passed": sum(len(tally.passed) for tally in self.tallies),
            "not applicable": sum(tally.not_applicable for tally in self.tallies),
        }

    def by_severity(self) -> dict[Severity, int]:
        """How many findings fail the check, by severity, the worst first; severities without any are left out."""
        found = Counter(one.rule.severity for one in self.blocking)
        return {severity: found[severity] for severity in sorted(found, reverse=True)}
