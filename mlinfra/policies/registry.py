"""Every rule there is."""

from __future__ import annotations

from typing import Final

from mlinfra.policies import (
    eks,
    eks_nodes,
    s3,
)

RULES: Final = (
    *eks.RULES,
    *eks_nodes.RULES,
    *s3.RULES,
)
