"""Rules about training: the jobs, the queues that they wait in, and what one team can do to another."""

from __future__ import annotations

from typing import Final

from mlinfra.policies.training import jobs, queues, quotas, ray, spark, spot, teams

RULES: Final = (*jobs.RULES, *spot.RULES, *ray.RULES, *spark.RULES, *queues.RULES, *quotas.RULES, *teams.RULES)
