"""Running a job's replicas as processes on this machine, with the environment that they would have in a cluster."""

from __future__ import annotations

from mlinfra.jobs.local.events import Ended, Event, Line, Outcome, ReplicaResult, Restarting, Started, Status
from mlinfra.jobs.local.run import Fault, LocalOptions, run

__all__ = [
    "Ended", "Event", "Fault", "Line", "LocalOptions", "Outcome", "ReplicaResult", "Restarting", "Started", "Status", "run",
]  # fmt: skip
