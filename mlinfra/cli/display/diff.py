"""Which properties a step changes, as lines: `~ tags.team: "a" => "b"`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlinfra.cli.display.values import line

if TYPE_CHECKING:
    from collections.abc import Collection

_ABSENT = object()
_WIDTH = 100  # characters of a value
DIFF_STYLES = {"+": "green", "-": "red", "~": "yellow"}


@dataclass(frozen=True, slots=True)
class Change:
    """One property that is added (`+`), removed (`-`) or changed (`~`); values are as shown, secrets blanked."""

    path: str
    sign: Literal["+", "-", "~"]
    old: str = ""
    new: str = ""
    replaces: bool = False

    def __str__(self) -> str:
        match self.sign:
            case "+":
                text = f"+ {self.path}: {self.new}"
            case "-":
                text = f"- {self.path}: {self.old}"
            case _:
                text = f"~ {self.path}: {self.old} => {self.new}"
        return f"{text}  (replaces)" if self.replaces else text


def _cut(value: Any) -> str:
    return line(value, width=_WIDTH)


def changes(old: Any, new: Any, *, replacing: Collection[str] = ()) -> list[Change]:
    """What differs between two property maps, in order of path; `replacing` are the properties that force a replacement.

    Strings that hold JSON objects, such as policy documents, are compared inside.
    """
    found = sorted(_walk("", old, new), key=lambda change: change.path)
    return [
        Change(c.path, c.sign, c.old, c.new, replaces=any(_within(c.path, key) for key in replacing)) for c in found
    ]


def _within(path: str, key: str) -> bool:
    return path == key or path.startswith((f"{key}.", f"{key}[", f"{key} ")) or key.startswith((f"{path}.", f"{path}["))


def _walk(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old is _ABSENT:
        yield Change(path, "+", new=_cut(new))
    elif new is _ABSENT:
        yield Change(path, "-", old=_cut(old))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if not (path == "" and key.startswith("__")):
                yield from _walk(_member(path, key), old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _walk(f"{path}[{index}]", _at(old, index), _at(new, index))
    elif old is not new and old != new:
        before, after = _document(old), _document(new)
        if before is not None and after is not None:
            yield from _walk(f"{path} (json)", before, after)
        else:
            yield Change(path, "~", _cut(old), _cut(new))


def _member(path: str, key: str) -> str:
    if not key.replace("_", "").replace("-", "").isalnum():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _ABSENT


def _document(value: Any) -> Any:
    if not (isinstance(value, str) and value[:1] in {"{", "["}):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None
