"""Default service quotas, from `quotas.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Quotas:
    """How many of something an account may have, by name."""

    limits: Mapping[str, int]

    @classmethod
    def load(cls, raised: Mapping[str, int]) -> Quotas:
        """The defaults with `raised` in their place. Raises `ConfigError` for a name that is not in the table."""
        limits = _defaults()
        if unknown := sorted(set(raised) - set(limits)):
            raise ConfigError(f"no quota is called {unknown[0]!r}", fix=f"name one of {', '.join(sorted(limits))}")
        return cls(MappingProxyType({**limits, **raised}))

    def __getitem__(self, name: str) -> int:
        return self.limits[name]


@cache
def _defaults() -> Mapping[str, int]:
    table = tomllib.loads((files("mlinfra.sandbox.refusals") / "quotas.toml").read_text("utf-8"))
    sections = [section for section in table.values() if isinstance(section, dict)]
    return {name: value for section in sections for name, value in section.items() if isinstance(value, int)}
