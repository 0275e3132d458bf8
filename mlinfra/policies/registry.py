"""Every rule there is."""

from __future__ import annotations

from typing import Final

from mlinfra.policies import (
    batch,
    bedrock,
    efa,
    eks,
    eks_nodes,
    emr,
    gpu,
    iam,
    iam_policies,
    iam_trusts,
    kms,
    kubernetes,
    network,
    network_firewall,
    pipelines,
    s3,
    s3_policies,
    sagemaker_governance,
    sagemaker_models,
    sagemaker_notebooks,
    sagemaker_training,
    secrets,
    security_groups,
)

RULES: Final = (
    *batch.RULES,
    *bedrock.RULES,
    *efa.RULES,
    *eks.RULES,
    *eks_nodes.RULES,
    *emr.RULES,
    *gpu.RULES,
    *iam.RULES,
    *iam_policies.RULES,
    *iam_trusts.RULES,
    *kms.RULES,
    *kubernetes.RULES,
    *network.RULES,
    *network_firewall.RULES,
    *pipelines.RULES,
    *s3.RULES,
    *s3_policies.RULES,
    *sagemaker_governance.RULES,
    *sagemaker_models.RULES,
    *sagemaker_notebooks.RULES,
    *sagemaker_training.RULES,
    *secrets.RULES,
    *security_groups.RULES,
)
