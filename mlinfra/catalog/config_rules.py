"""AWS Config managed rules that watch the platform (`config_rules.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRule:
    """One rule: AWS's identifier, its parameters, and whether every profile brings it."""

    identifier: str
    parameters: Mapping[str, str]
    everywhere: bool

    @property
    def name(self) -> str:
        """The identifier as AWS's documentation names the rule, such as cloud-trail-encryption-enabled."""
        return self.identifier.lower().replace("_", "-")


@functools.cache
def config_rules() -> Mapping[str, ConfigRule]:
    """Every rule by name, in the order of the file."""
    table = tomllib.loads((resources.files("mlinfra.catalog") / "config_rules.toml").read_text("utf-8"))
    rules = [
        ConfigRule(identifier=identifier, parameters=table["parameters"].get(identifier, {}), everywhere=everywhere)
        for everywhere, section in ((True, "everywhere"), (False, "raised"))
        for identifier in table[section]["rules"]
    ]
    return {rule.name: rule for rule in rules}
