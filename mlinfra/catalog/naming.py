"""The names that pulumi-aws gives to resources whose programs give none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlinfra.catalog.aws_types import Autoname


def autoname(naming: Autoname, name: str, inputs: Mapping[str, Any], number: int) -> str:
    """The name for a resource that the program calls `name`; a large `number` makes it unique.

    Raises ValueError when it is too long.
    """
    prefix = (name.lower() if naming.lowercase else name) + (naming.separator if naming.random_length else "")
    size = len(prefix) + naming.random_length
    if naming.max_length and size > naming.max_length:
        raise ValueError(
            f"the resource's name {name!r} plus {naming.random_length} random characters is longer than the "
            f"{naming.max_length} that {naming.property!r} may have: use a shorter name or set {naming.property!r}"
        )
    random = ""
    for _ in range(naming.random_length):
        number, rest = divmod(number, len(naming.charset))
        random += naming.charset[rest]
    return finish(naming, prefix + random, inputs)


def finish(naming: Autoname, name: str, inputs: Mapping[str, Any]) -> str:
    """A name with the prefix and the suffix that all names of the type have; no name stays none."""
    if not name:
        return ""
    suffix = naming.suffix if not naming.suffix_when or inputs.get(naming.suffix_when) is True else ""
    return ("" if name.startswith(naming.prefix) else naming.prefix) + name + suffix
