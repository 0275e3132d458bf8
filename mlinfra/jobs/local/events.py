"""What happens while a job runs on this machine, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Started:
    """A replica's process has started."""

    replica: str
    pid: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Line:
    """A replica has written a line."""

    replica: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A replica's process has ended: with an exit code, or minus the signal that ended it."""

    replica: str
    code: int


@dataclass(frozen=True, slots=True)
class Restarting:
    """Something failed and starts again: one replica, or all of them (`replica` is empty)."""

    replica: str
    reason: str
    attempt: int


Event = Started | Line | Ended | Restarting


class Status(StrEnum):
    """How a job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class ReplicaResult:
    """How a replica ended: its last exit code, minus a signal, or None when it was stopped because the job was over."""

    replica: str
    code: int | None
    starts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. `attempts` counts the starts of the whole job; `reason` is empty for success."""

    status: Status
    reason: str
    attempts: int
    seconds: float
    replicas: tuple[ReplicaResult, ...]
