"""Patterns such as `arn:{partition}:ec2:{region}:{account}:vpc/{id}`: filled from what is known, and read backwards.

A name in braces is a variable (`partition`, `region`, `account`, `id`, `urn_name`, and in plans `hex17`, `uuid` and the
like), `inputs.<property>` or `outputs.<property>`. `{a|b}` takes the first that is known; `{a:crc}`, `{a:last}` (the part after the last `/` or `:`) and
`{a:strip}` (without a trailing `:*`) change the value.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

PLACE: Final = re.compile(r"\{([a-z_][a-z0-9_]*(?:\.[A-Za-z0-9_.]+)?(?:\|[A-Za-z0-9_.]+)*)(?::([a-z]+))?\}")
CHANGES: Final[dict[str, Callable[[str], str]]] = {
    "crc": lambda text: str(zlib.crc32(text.encode())),
    "last": lambda text: re.split(r"[/:]", text)[-1],
    "strip": lambda text: text.removesuffix(":*"),
    "lower": str.lower,
}


class MissingError(LookupError):
    """A pattern needs a value that is not known."""


def spell(value: Any) -> str:
    """A value as it stands in a text."""
    if isinstance(value, list):
        return ":".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def fill(template: Any, scope: Mapping[str, Any], spelled: Callable[[Any], str] = spell) -> Any:
    """The template with its places filled; lists and maps are filled inside. Raises `MissingError`, and what `spelled` does.

    A template that is nothing but one place keeps the value's type.
    """
    if isinstance(template, str):
        whole = PLACE.fullmatch(template)
        if whole:
            return _value(whole, scope, spelled)
        return PLACE.sub(lambda place: spelled(_value(place, scope, spelled)), template)
    if isinstance(template, Mapping):
        return {key: fill(item, scope, spelled) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [fill(item, scope, spelled) for item in template]
    return template


def parse(template: str, text: str) -> dict[str, str] | None:
    """What the places of the template must have been to give `text`; None when it cannot have been this template.

    Names come without `inputs.` or `outputs.`; a place that changes its value matches anything and tells nothing.
    """
    pattern, names, end = "", [], 0
    places = list(PLACE.finditer(template))
    for number, place in enumerate(places):
        wild = "(.+)" if number == len(places) - 1 else "(.+?)"
        pattern += re.escape(template[end : place.start()]) + wild
        names.append("" if place[2] else place[1].split("|")[0].rpartition(".")[2])
        end = place.end()
    match = re.fullmatch(pattern + re.escape(template[end:]), text, re.DOTALL)
    return {name: value for name, value in zip(names, match.groups(), strict=True) if name} if match else None


def _value(place: re.Match[str], scope: Mapping[str, Any], spelled: Callable[[Any], str]) -> Any:
    for name in place[1].split("|"):
        value: Any = scope
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and value != "":
            return CHANGES[place[2]](spelled(value)) if place[2] else value
    raise MissingError(place[1])
