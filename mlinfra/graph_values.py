"""The values in a resource graph that are not plain, and the paths at which values are."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_STEP: Final = re.compile(r'\.?(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[]+))')
_PLAIN: Final = re.compile(r'[^.\[\]"]+')


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only a deployment can tell, or that no passphrase was given for. It is neither true nor false.

    `path` says where it is (`rules[0].kmsKeyId`), `dependencies` are the URNs of the resources it comes from.
    """

    path: str
    dependencies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        raise TypeError(f"{self.path} is not known: neither true nor false")


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource given as a value. `id` is None for components."""

    urn: str
    id: str | Unknown | None = None


@dataclass(frozen=True, slots=True)
class File:
    """An asset or an archive given as a value: one of `text`, `path`, `uri`, and of archives also `files`."""

    text: str | None = None
    path: str | None = None
    uri: str | None = None
    files: Mapping[str, File] | None = None
    hash: str = ""


def join(above: str, step: str | int) -> str:
    """The path of what is at a key or index of the value at another path."""
    if isinstance(step, int):
        return f"{above}[{step}]"
    if _PLAIN.fullmatch(step):
        return f"{above}.{step}" if above else step
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'{above}["{escaped}"]'


@functools.lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str | int, ...]:
    """The keys and indices of a path such as `rules[0]["a.b"].c`. Raises ValueError when it is no path."""
    found: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"{path!r} is not a property path")
        quoted, index, name = match.groups()
        found.append(int(index) if index else name or re.sub(r"\\(.)", r"\1", quoted))
        position = match.end()
    if not found:
        raise ValueError("an empty text is not a property path")
    return tuple(found)


def at(values: Mapping[str, Any], path: str, default: Any) -> Any:
    """The value at a path, `default` where there is none, and the Unknown on the way where that is not known."""
    value: Any = values
    for step in steps(path):
        if isinstance(value, Unknown):
            return value
        container: Any = value if isinstance(value, Mapping | list) else ()
        try:
            value = container[step]
        except (LookupError, TypeError):  # TypeError: an index into a mapping's place, or a key into a list's
            return default
    return value


def inside(value: Any) -> Iterator[Any]:
    """The value and everything in it."""
    yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from inside(item)
