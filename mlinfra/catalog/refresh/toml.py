"""Writes the catalogue's tables: TOML with one row a line."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(inline, value))}]"
    if not value:
        return "{}"
    return "{ " + ", ".join(f"{key(name)} = {inline(item)}" for name, item in value.items()) + " }"


def key(name: str) -> str:
    """A key, quoted where it must be."""
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)


def table(path: str, rows: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one table, a row each, after an empty one."""
    yield ""
    yield f"[{path}]"
    for name, value in rows.items():
        yield f"{key(name)} = {inline(value)}"


def header(comment: str) -> Iterator[str]:
    """A comment before a table."""
    for line in comment.strip().splitlines():
        yield f"# {line}".rstrip()


def set_row(text: str, path: str, name: str, value: Any) -> str:
    """A text with one row of a table set, everything else as it was; a new row is the table's last.

    `path` is the table as its header says it ("" before the first). Raises KeyError when the text has no such table, ValueError
    when the row stands on several lines.
    """
    lines = text.splitlines()
    start = lines.index(f"[{path}]") + 1 if path and f"[{path}]" in lines else 0
    if path and not start:
        raise KeyError(path)
    end = next((at for at in range(start, len(lines)) if lines[at].startswith("[")), len(lines))
    row = f"{key(name)} = {inline(value)}"
    for at in range(start, end):
        if re.match(rf"{re.escape(key(name))}\s*=", lines[at]):
            if lines[at].rstrip().endswith(("[", "{")):
                raise ValueError(f"{name} of [{path}] stands on several lines")
            lines[at] = row
            return "\n".join(lines) + "\n"
    last = next(
        (at for at in range(end, start, -1) if lines[at - 1].strip() and not lines[at - 1].startswith("#")), start
    )
    return "\n".join([*lines[:last], row, *lines[last:]]) + "\n"
