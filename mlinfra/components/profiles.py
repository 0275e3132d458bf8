"""The security profiles, and in one place what each of them means for every component."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Optional

from mlinfra.components.problems import Invalid


class Profile(StrEnum):
    """How much security a component brings by default. A profile sets floors: arguments can only raise them."""

    BASELINE = "baseline"
    """Encrypted, private and logged, at the lowest cost: for experiments with data that is not sensitive."""
    REGULATED = "regulated"
    """What an auditor expects of personal, financial or health data. The default."""
    ISOLATED = "isolated"
    """As regulated, and no path to or from the internet at all."""


class Egress(StrEnum):
    """How workloads reach the internet."""

    PER_ZONE = "per-zone"
    """A NAT gateway in every zone: the loss of one zone takes no other one offline."""
    SINGLE = "single"
    """One NAT gateway, in the first zone."""
    NONE = "none"
    """No internet gateway, no NAT, no public subnet. AWS services are reached through VPC endpoints alone."""


class Classification(StrEnum):
    """How sensitive data is. There is no public class: nothing that mlinfra creates is public."""

    INTERNAL = "internal"
    """For anybody in the organisation."""
    CONFIDENTIAL = "confidential"
    """For those who need it."""
    RESTRICTED = "restricted"
    """Personal, health, payment or trade-secret data: reachable through named VPC endpoints only."""


class LockMode(StrEnum):
    """Who can shorten an Object Lock retention."""

    GOVERNANCE = "GOVERNANCE"
    """Principals with s3:BypassGovernanceRetention."""
    COMPLIANCE = "COMPLIANCE"
    """Nobody, the account's root user included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """A profile's defaults and floors."""

    egress: Egress
    log_days: int
    """Days that logs are kept at least: flow logs, audit logs in CloudWatch Logs."""
    lock_mode: LockMode
    lock_days: int
    """Days that Object Lock retains at least."""
    archive_days: int
    """Days that the log archive keeps audit logs at least."""
    block_public_access: bool
    """Whether VPC Block Public Access is switched on for the whole account and region."""
    aws_names_only: bool
    """Whether no domain names but AWS's own can be resolved unless they are listed."""


POSTURES: Final[Mapping[Profile, Posture]] = MappingProxyType(
    {
        Profile.BASELINE: Posture(
            egress=Egress.SINGLE,
            log_days=90,
            lock_mode=LockMode.GOVERNANCE,
            lock_days=1,
            archive_days=90,
            block_public_access=False,
            aws_names_only=False,
        ),
        Profile.REGULATED: Posture(
            egress=Egress.PER_ZONE,
            log_days=365,
            lock_mode=LockMode.COMPLIANCE,
            lock_days=30,
            archive_days=365,
            block_public_access=False,
            aws_names_only=False,
        ),
        Profile.ISOLATED: Posture(
            egress=Egress.NONE,
            log_days=365,
            lock_mode=LockMode.COMPLIANCE,
            lock_days=30,
            archive_days=365,
            block_public_access=True,
            aws_names_only=True,
        ),
    }
)

# What CloudWatch Logs accepts as retention (PutRetentionPolicy in its API reference, 2026-11-22).
LOG_RETENTIONS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def log_days(profile: Profile, days: Optional[int], argument: str) -> int:
    """The retention of a log group in days: the profile's floor unless a longer one is asked for."""
    floor = POSTURES[profile].log_days
    if days is None or days in LOG_RETENTIONS:
        return at_least(floor, days, profile, argument)
    longer = [str(choice) for choice in LOG_RETENTIONS if choice >= floor]
    raise Invalid(
        f"CloudWatch Logs keeps nothing for {days} days", fix=f"choose {', '.join(longer)}", argument=argument
    )


def at_least(floor: int, days: Optional[int], profile: Profile, argument: str) -> int:
    """A number of days that may exceed the profile's floor, which is what no number means."""
    if days is not None and days < floor:
        reason = f"{days} days are below the {profile.value} profile's {floor}"
        raise Invalid(reason, fix=f"give {floor} or more, or leave it out", argument=argument)
    return floor if days is None else days
