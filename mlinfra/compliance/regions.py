"""Where data may be: the regions that a stack's configuration, or whoever checks it, allows by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "mlinfra:regions"
"""The configuration key, in Pulumi.<stack>.yaml or for every stack in Pulumi.yaml, of any program."""


def configured(config: Mapping[str, str]) -> frozenset[str]:
    """The regions that a stack's configuration allows; none where it says nothing. Raises ConfigError."""
    return allowed(config[KEY], KEY) if KEY in config else frozenset()


def allowed(given: Any, where: str) -> frozenset[str]:
    """The names in a list, in its JSON, or between commas. Raises ConfigError naming `where` for what is no region."""
    from mlinfra.catalog.regions import region

    names = given
    if isinstance(given, str):
        try:
            names = json.loads(given)
        except ValueError:
            names = [one.strip() for one in given.split(",")]
    if not (names and isinstance(names, list | tuple | set | frozenset) and all(isinstance(one, str) for one in names)):
        raise ConfigError(f"{where} = {given!r} is no list of regions", fix="write it as [us-east-1, us-west-2]")
    for name in names:
        try:
            region(name)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error.message}", fix=error.fix) from None
    return frozenset(names)
