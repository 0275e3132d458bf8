"""Small operations on the nested dicts and lists that AWS calls take and return: paths, patterns and tags."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Record = dict[str, Any]
MISSING: Final = object()
_PLACEHOLDER: Final = re.compile(r"\{([\w.]+)(/?)\}")

_GENERATED: Final[Mapping[str, Callable[[], str]]] = {
    "uuid": lambda: str(uuid.uuid4()),
    "hex7": lambda: secrets.token_hex(4)[:7],
    "hex8": lambda: secrets.token_hex(4),
    "hex10": lambda: secrets.token_hex(5),
    "hex17": lambda: secrets.token_hex(9)[:17],
    "hex32": lambda: secrets.token_hex(16),
    "time": lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
}
_MOMENTS: Final[Mapping[str, Callable[[], Any]]] = {
    "{now}": lambda: datetime.now(UTC),
    "{ms}": lambda: int(time.time() * 1000),
}


def get(value: Any, path: str) -> Any:
    """What stands at a dotted path, list positions counted from 0; `MISSING` where there is nothing."""
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def put(target: Record, path: str, value: Any) -> None:
    """Set what stands at a dotted path, making the dicts on the way; `MISSING` removes it."""
    *parents, last = path.split(".")
    for part in parents:
        inner = target.get(part)
        target[part] = inner if isinstance(inner, dict) else {}
        target = target[part]
    if value is MISSING:
        target.pop(last, None)
    else:
        target[last] = value


def structures(value: Any, path: str) -> Iterator[Record]:
    """Every dict at a path such as `a.b`, `items[]` or `items[].inner`; the value itself for the empty path."""
    head, _, rest = path.partition(".")
    if not head:
        if isinstance(value, dict):
            yield value
        return
    inner = value.get(head.removesuffix("[]")) if isinstance(value, dict) else None
    for item in (inner or []) if head.endswith("[]") else [inner]:
        yield from structures(item, rest)


def fill(pattern: Any, names: Mapping[str, Any]) -> Any:
    """A pattern with its placeholders replaced.

    `{uuid}`, `{hex7}`, `{hex8}`, `{hex10}`, `{hex17}`, `{hex32}` and `{time}` (ISO 8601) are made anew each time; any other placeholder is
    a path into `names`, and `{a.path/}` what follows the first slash of what stands there. As a whole, the pattern
    `{now}` is a timestamp, `{ms}` the time in milliseconds, and `{a.path}` the value there, whatever its type; it is
    `MISSING` when there is none. Values other than strings are filled inside.
    """
    if isinstance(pattern, dict):
        filled = {key: fill(inner, names) for key, inner in pattern.items()}
        return {key: inner for key, inner in filled.items() if inner is not MISSING}
    if isinstance(pattern, list):
        return [fill(inner, names) for inner in pattern]
    if not isinstance(pattern, str):
        return pattern
    if pattern in _MOMENTS:
        return _MOMENTS[pattern]()
    whole = _PLACEHOLDER.fullmatch(pattern)
    if whole and whole[1] not in _GENERATED and not whole[2]:
        return get(names, whole[1])

    def replacement(match: re.Match[str]) -> str:
        generate = _GENERATED.get(match[1])
        value = generate() if generate else str(get(names, match[1]))
        return value.partition("/")[2] if match[2] else value

    return _PLACEHOLDER.sub(replacement, pattern)


def match(pattern: str, text: str) -> dict[str, str] | None:
    """The names that make `text` out of `pattern`, such as an ARN; None where it is another one."""
    expression = "".join(
        f"(?P<{part}>[^:]*)" if index % 2 else re.escape(part)
        for index, part in enumerate(re.split(r"\{(\w+)\}", pattern))
    )
    found = re.fullmatch(expression, text)
    return found.groupdict() if found else None


def supply(target: Record, given: Record) -> bool:
    """Put into `target`, at any depth, what `given` has and it lacks; whether there was anything."""
    changed = False
    for name, value in given.items():
        if name not in target:
            target[name] = value
            changed = True
        elif isinstance(value, dict) and isinstance(target[name], dict):
            changed |= supply(target[name], value)
    return changed


def same_name(one: Any, other: Any) -> bool:
    """Whether two values name one thing: equal, or one is the ARN or path that ends in the other."""
    if one == other:
        return True
    if not isinstance(one, str) or not isinstance(other, str) or not one or not other:
        return False
    return one.endswith((f"/{other}", f":{other}")) or other.endswith((f"/{one}", f":{one}"))


def tags_from(raw: Any) -> dict[str, str]:
    """Tags in any of AWS's spellings, a map or a list of key-value pairs, as one dict."""
    if isinstance(raw, dict):
        return dict(raw)
    return {str(_ending(pair, "key")): str(_ending(pair, "value")) for pair in raw or []}


def tags_as(tags: Mapping[str, str], shape: Any) -> Any:
    """Tags in the spelling that the botocore shape asks for."""
    if shape.type_name == "map":
        return dict(tags)
    names = {name.lower().removeprefix("tag"): name for name in shape.member.members}
    return [{names["key"]: key, names["value"]: value} for key, value in tags.items()]


def _ending(pair: Mapping[str, Any], suffix: str) -> Any:
    return next((value for name, value in pair.items() if name.lower().endswith(suffix)), "")
