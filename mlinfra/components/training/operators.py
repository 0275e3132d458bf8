"""The values of the operators' charts. Pure.

Sources: the charts' values.yaml and templates (https://github.com/kubernetes-sigs/kueue,
https://github.com/kubernetes-sigs/jobset, https://github.com/kubeflow/trainer, https://github.com/ray-project/kuberay,
https://github.com/kubeflow/spark-operator).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlinfra.catalog.training import operators, queued
from mlinfra.components.cluster.nodes import CRITICAL
from mlinfra.components.training.arguments import Queueing, TrainingOperators
from mlinfra.components.training.queues import configuration

Values = Mapping[str, Any]
WEBHOOK_PORTS: Final = (8082, 9443, 10443)
"""Where the API server, and jobs that report to Trainer, call the operators."""
METRICS_PORTS: Final = (8080, 8443)
RAY_PORT: Final = 8265
"""Where a Ray head takes jobs from KubeRay."""
_TOLERATIONS: Final = [{"key": CRITICAL, "operator": "Exists"}]
_SPARE: Final = {"enabled": True, "minAvailable": 1}


def values(chosen: TrainingOperators, teams: Sequence[str], queueing: Queueing) -> Mapping[str, Values]:
    """The values of each chart that is installed, by chart."""
    charts = chosen.charts()
    every = {
        "jobset": _jobset(chosen),
        "kubeflow-trainer": _trainer(chosen),
        "kuberay-operator": _ray(chosen, teams),
        "spark-operator": _spark(chosen, teams),
        "kueue": _kueue(
            chosen, teams, [name for one in operators() if one in charts for name in queued(one)], queueing
        ),
    }
    return {chart: every[chart] for chart in charts}


def _kueue(chosen: TrainingOperators, teams: Sequence[str], frameworks: Sequence[str], queueing: Queueing) -> Values:
    # The configuration is a file of its own in the chart; JSON is YAML.
    config = json.dumps(configuration(teams, frameworks, queueing), indent=2)
    return {
        "fullnameOverride": "kueue",
        "controllerManager": {
            "replicas": chosen.replicas,
            "manager": {"resources": _size("500m", "1Gi")},
            "podDisruptionBudget": _SPARE,
            "tolerations": _TOLERATIONS,
        },
        "managerConfig": {"controllerManagerConfigYaml": config},
    }


def _jobset(chosen: TrainingOperators) -> Values:
    return {
        "fullnameOverride": "jobset",
        "controller": {
            "replicas": chosen.replicas,
            "resources": _size("250m", "512Mi"),
            "podDisruptionBudget": _SPARE,
            "tolerations": _TOLERATIONS,
        },
    }


def _trainer(chosen: TrainingOperators) -> Values:
    """Without runtimes of its own, whose images move: every job brings the runtime that it was rendered with."""
    return {
        "jobset": {"install": not chosen.jobset},
        "manager": {
            "replicas": chosen.replicas,
            "resources": _size("250m", "512Mi"),
            "tolerations": _TOLERATIONS,
        },
        "runtimes": {"defaultEnabled": False},
        "dataCache": {"enabled": False},
    }


def _ray(chosen: TrainingOperators, teams: Sequence[str]) -> Values:
    """With rights in the teams' namespaces alone."""
    return {
        "replicas": chosen.replicas,
        "leaderElectionEnabled": True,
        "singleNamespaceInstall": True,
        "watchNamespace": sorted(teams),
        "resources": _size("250m", "1Gi"),
        "tolerations": _TOLERATIONS,
    }


def _spark(chosen: TrainingOperators, teams: Sequence[str]) -> Values:
    """With rights in the teams' namespaces alone, whose drivers have an account that comes with the namespace."""
    controller = {
        "replicas": chosen.replicas,
        "resources": _size("250m", "1Gi"),
        "podDisruptionBudget": {"enable": True, "minAvailable": 1},
        "tolerations": _TOLERATIONS,
    }
    return {
        "fullnameOverride": "spark-operator",
        "controller": controller,
        "webhook": {**controller, "resources": _size("100m", "512Mi")},
        "spark": {
            "jobNamespaces": sorted(teams),
            "serviceAccount": {"create": False},
            "rbac": {"create": False},
        },
    }


def _size(cpu: str, memory: str) -> Values:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}
