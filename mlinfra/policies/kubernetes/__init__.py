"""Rules about Kubernetes: pods in every kind of workload, namespaces, permissions, exposure and jobs."""

from __future__ import annotations

from typing import Final

from mlinfra.policies.kubernetes import exposure, guards, hygiene, namespaces, rbac, volumes, workloads

RULES: Final = (
    *workloads.RULES,
    *hygiene.RULES,
    *namespaces.RULES,
    *rbac.RULES,
    *exposure.RULES,
    *guards.RULES,
    *volumes.RULES,
)
