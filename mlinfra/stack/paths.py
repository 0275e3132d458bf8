"""Property paths such as `config.list[*].k` or `tags["a.b"]`, as `ignore_changes` and `replace_on_changes` use them."""

from __future__ import annotations

import re
from typing import Any, Final

from mlinfra.stack.values import Properties, Secret

Path = tuple[str | int, ...]

_ELEMENT: Final = re.compile(
    r"""\.?(?:
        \["(?P<quoted>(?:\\"|[^"])*)"\]   # ["any key"]
      | \[(?P<star>\*)\]                  # [*]
      | \[(?P<index>-?\d+)\]              # [0]
      | (?P<name>[^.\[]+)                 # key
    )""",
    re.VERBOSE,
)


def parse(text: str) -> Path:
    """The elements of a path; `*` stands for every key or index. Raises ValueError when it is no path."""
    elements: list[str | int] = []
    position = 0
    while position < len(text):
        match = _ELEMENT.match(text, position)
        if match is None or (position == 0 and text[0] == "."):
            raise ValueError(f"{text!r} is not a property path (at character {position})")
        if match["quoted"] is not None:
            elements.append(match["quoted"].replace('\\"', '"'))
        elif match["index"] is not None:
            elements.append(int(match["index"]))
        else:
            elements.append(match["star"] or match["name"])
        position = match.end()
    return tuple(elements)


def maybe(text: str) -> Path | None:
    """The elements of a path; None when it is no path."""
    try:
        return parse(text)
    except ValueError:
        return None


def covers(path: Path, other: Path) -> bool:
    """Whether `other` is what `path` names or something inside it."""
    return len(other) >= len(path) and all(a in ("*", b) for a, b in zip(path, other, strict=False))


def reset(path: Path, old: Properties, new: Properties) -> tuple[Properties, bool]:
    """`new` with the old value at `path`; false when only one of the two has the place that the path names.

    `new` is not changed. A key that appears or disappears at the end of the path is reset too; an element of a list
    is not.
    """
    target = _copy(new)
    return target, _reset(path, old, target, secret=False)


def reset_all(texts: list[str], old: Properties, new: Properties) -> tuple[Properties, list[str]]:
    """`new` with everything that `ignore_changes` names as it was, and the paths for which that cannot be done.

    What is not a path is left alone, as Pulumi leaves it.
    """
    failed = []
    for text in texts:
        if (path := maybe(text)) is not None:
            new, done = reset(path, old, new)
            if not done:
                failed.append(text)
    return new, failed


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return Secret(_copy(value.value)) if isinstance(value, Secret) else value


def _open(value: Any) -> tuple[Any, bool]:
    """What is inside a secret, and whether it was one."""
    hidden = isinstance(value, Secret)
    while isinstance(value, Secret):
        value = value.value
    return value, hidden


def _reset(path: Path, old: Any, new: Any, *, secret: bool) -> bool:
    """Write the old value into `new`. `secret`: the old value is secret where the new one is not."""
    if not path:
        return False
    old, old_hidden = _open(old)
    new, new_hidden = _open(new)
    secret = (secret or old_hidden) and not new_hidden
    key, rest = path[0], path[1:]
    if key == "*":
        return _reset_every(rest, old, new, secret=secret)
    if isinstance(key, int):
        return _reset_item(key, rest, old, new, secret=secret)
    if not rest:
        return _reset_key(key, old, new, secret=secret)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return not isinstance(old, dict) and not isinstance(new, dict)
    if key in old and key not in new:
        return False
    return (key not in old and key not in new) or _reset(rest, old.get(key), new.get(key), secret=secret)


def _reset_key(key: str, old: Any, new: Any, *, secret: bool) -> bool:
    if isinstance(old, dict) and key in old:
        if not isinstance(new, dict):
            return False
        new[key] = Secret(old[key]) if secret else old[key]
    elif isinstance(new, dict):
        new.pop(key, None)
    return True


def _reset_item(index: int, rest: Path, old: Any, new: Any, *, secret: bool) -> bool:
    if not isinstance(old, list) or not isinstance(new, list):
        return index >= 0 and not isinstance(old, list) and not isinstance(new, list)
    if index < 0 or index >= len(old) or index >= len(new):
        return not rest and index >= len(old) and index >= len(new)
    if rest:
        return _reset(rest, old[index], new[index], secret=secret)
    new[index] = Secret(old[index]) if secret else old[index]
    return True


def _reset_every(rest: Path, old: Any, new: Any, *, secret: bool) -> bool:
    if isinstance(new, dict):
        if not isinstance(old, dict):
            return not rest
        if not rest:
            new.clear()
            new.update({key: Secret(item) if secret else item for key, item in old.items()})
            return True
        return all(key in new and _reset(rest, item, new[key], secret=secret) for key, item in old.items())
    if not isinstance(new, list):
        return False
    if not isinstance(old, list):
        return not rest
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if not rest:
            new[index] = Secret(before) if secret else before
        elif not _reset(rest, before, after, secret=secret):
            return False
    return len(old) == len(new)
