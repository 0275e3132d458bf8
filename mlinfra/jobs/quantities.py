"""Amounts as Kubernetes writes them (`500m`, `64Gi`) and lengths of time as people do (`90m`, `1h30m`)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

from mlinfra.jobs.errors import Invalid

_UNITS: Final = {
    "": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti|)")
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SECONDS: Final = (86400, 3600, 60, 1)


def amount(quantity: str) -> float:
    """What a quantity stands for: processors, or bytes. Raises ValueError for what is none."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is no quantity")
    return float(match[1]) * _UNITS[match[2]]


def mebibytes(quantity: str) -> int:
    """A quantity of bytes in MiB, rounded down."""
    return int(amount(quantity) // 2**20)


def _quantity(value: Any) -> Any:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or _QUANTITY.fullmatch(text) is None or amount(text) <= 0:
        raise Invalid(
            "not an amount", fix='write a number with a unit of Kubernetes: "500m" processors, "64Gi" of memory'
        )
    return text


def _duration(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = sum(int(part or 0) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True)) if match else 0
    if not seconds:
        raise Invalid("not a length of time", fix="write seconds, or like 90m, 12h or 1d6h")
    return seconds


def _bytes(value: str) -> str:
    if value.endswith("m") or amount(value) < 2**20:
        raise Invalid("less than 1Mi of memory", fix='write an amount with a unit, such as "64Gi"')
    return value


Quantity = Annotated[str, BeforeValidator(_quantity)]
"""An amount of something, such as processors: 4, 0.5, "500m"."""
Memory = Annotated[str, BeforeValidator(_quantity), AfterValidator(_bytes)]
"""An amount of memory or disk, such as "64Gi"."""
Duration = Annotated[int, BeforeValidator(_duration)]
"""A length of time in seconds; "90m" and "1d6h" can be written too."""
