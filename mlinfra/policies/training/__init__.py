"""Rules about training: the jobs, the queues that they wait in, and what one team can do to another."""

from __future__ import annotations

from typing import Final

from mlinfra.policies.training.flavors import RULES as FLAVORS
from mlinfra.policies.training.jobs import RULES as JOBS
from mlinfra.policies.training.queues import RULES as QUEUES
from mlinfra.policies.training.quotas import RULES as QUOTAS
from mlinfra.policies.training.ray import RULES as RAY
from mlinfra.policies.training.spark import RULES as SPARK
from mlinfra.policies.training.spot import RULES as SPOT
from mlinfra.policies.training.teams import RULES as TEAMS

RULES: Final = (*FLAVORS, *JOBS, *QUEUES, *QUOTAS, *RAY, *SPARK, *SPOT, *TEAMS)
