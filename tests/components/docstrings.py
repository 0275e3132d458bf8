"""The examples of all components' docstrings as one program."""

from __future__ import annotations

import re
import textwrap
from typing import Any, Final

import mlinfra as ml

IN_ORDER: Final[tuple[type[Any], ...]] = (
    *(ml.KeyRing, ml.Network, ml.AccessLogBucket, ml.DataBucket, ml.FileSystem, ml.LustreFileSystem),
    *(ml.ImageRepository, ml.Secret, ml.AuditTrail, ml.PermissionsBoundary, ml.AuditAlarms, ml.ConfigRecorder),
    *(ml.ThreatDetection, ml.AccountBaseline, ml.ServiceRole, ml.PodRole, ml.ServiceAccountRole),
    *(ml.GitHubProvider, ml.GitHubRole, ml.Personas, ml.Cluster, ml.Karpenter, ml.NodePool, ml.GpuNodePool),
    *(ml.DeviceLayer, ml.TeamSpace, ml.CostWatch, ml.TrainingCluster, ml.SecurityBaseline, ml.Storage, ml.Compute),
    *(ml.PyTorchJob, ml.TensorFlowJob, ml.SparkJob, ml.RayTrainJob, ml.TrainingValidation),
    *(ml.BatchTraining, ml.BatchPyTorchJob, ml.SparkServerless, ml.SageMakerTraining),
)
"""Every component, each after those whose names its example uses."""
_ACCOUNT: Final = (
    'import mlinfra as ml\nimport pulumi\naccount = ml.Account(id="123456789012", region="eu-central-1")\n'
)


def program() -> str:
    """The program."""
    examples = [re.search(r"(?:^    .*\n?)+\Z", component.__doc__ or "", re.MULTILINE) for component in IN_ORDER]
    assert all(examples)
    return _ACCOUNT + "".join(textwrap.dedent(found[0]) + "\n" for found in examples if found)
