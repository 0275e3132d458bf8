"""The base of settings within settings."""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from mlinfra.components.args import Args


class Part(Args):
    """Settings that stand together under one key; camel case as all settings, and by name within programs."""

    model_config = ConfigDict(alias_generator=to_camel)
