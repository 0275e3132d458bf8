"""Quantities as Kubernetes writes them (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

_SYNTAX: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?")
_UNITS: Final = {
    **{unit: Decimal(10) ** power for unit, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}


def is_quantity(value: Any) -> bool:
    """Whether the value can stand for an amount."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and _SYNTAX.fullmatch(value) is not None)


def amount(value: Any) -> Decimal:
    """The number that a quantity stands for. Raises ValueError for what is none."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    found = _SYNTAX.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no quantity")
    number, unit, exponent = found.groups()
    return Decimal(number) * _UNITS.get(unit, Decimal(1)) * Decimal(10) ** int(exponent or 0)


def spelled(value: Decimal) -> str:
    """A number as a quantity, with the largest binary unit that says it exactly."""
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        if value and value % _UNITS[unit] == 0:
            return f"{int(value / _UNITS[unit])}{unit}"
    return str(int(value)) if value == value.to_integral_value() else f"{int(value * 1000)}m"
