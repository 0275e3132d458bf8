"""Every rule there is."""

from __future__ import annotations

from typing import Final

from mlinfra.policies import s3

RULES: Final = (*s3.RULES,)
