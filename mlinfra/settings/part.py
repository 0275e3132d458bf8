"""The base of settings within settings, and what components say of them."""

import re
from collections.abc import Iterator

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from mlinfra.components.args import Args
from mlinfra.components.layers import planned
from mlinfra.components.problems import Problem

_ARGUMENT = re.compile(r"(?<![\w/'])[a-z]+(?:_[a-z]+)+(?![\w/'])")  # an argument of a component, and nothing of a URL


class Part(Args):
    """Settings that stand together under one key; camel case as all settings, and by name within programs."""

    model_config = ConfigDict(alias_generator=to_camel)


def refuse(problems: Iterator[Problem]) -> None:
    """Raises ArgumentError when components refuse something, with their arguments called as settings are."""
    planned.refuse(Problem(camel(one.argument), one.given, one.reason, one.fix) for one in problems)


def camel(text: str) -> str:
    """A text with every argument in it called as settings are."""
    return _ARGUMENT.sub(lambda found: to_camel(found[0]), text)
