"""Every rule there is."""

from __future__ import annotations

from typing import Final

from mlinfra.policies import (
    batch,
    bedrock,
    eks,
    eks_nodes,
    iam,
    iam_policies,
    iam_trusts,
    kms,
    kubernetes,
    s3,
    s3_policies,
    sagemaker_governance,
    sagemaker_models,
    sagemaker_notebooks,
    sagemaker_training,
    secrets,
)

RULES: Final = (
    *batch.RULES,
    *bedrock.RULES,
    *eks.RULES,
    *eks_nodes.RULES,
    *iam.RULES,
    *iam_policies.RULES,
    *iam_trusts.RULES,
    *kms.RULES,
    *kubernetes.RULES,
    *s3.RULES,
    *s3_policies.RULES,
    *sagemaker_governance.RULES,
    *sagemaker_models.RULES,
    *sagemaker_notebooks.RULES,
    *sagemaker_training.RULES,
    *secrets.RULES,
)
