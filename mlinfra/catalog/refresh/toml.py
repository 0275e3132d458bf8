"""Writes the catalogue's tables: TOML with one row a line, and a file that is whole or untouched."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


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
    return "{ " + ", ".join(f"{key(name)} = {inline(item)}" for name, item in value.items()) + " }"


def key(name: str) -> str:
    """A key, quoted where it must be."""
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else json.dumps(name)


def table(path: str, rows: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one table, a row each."""
    yield f"\n[{path}]"
    for name, value in rows.items():
        yield f"{key(name)} = {inline(value)}"


def header(comment: str) -> Iterator[str]:
    """A comment before a table."""
    for line in comment.strip().splitlines():
        yield f"# {line}".rstrip()


def replace(path: Path, lines: list[str]) -> bool:
    """Put the lines into the file, all or nothing. Says whether that changed the file."""
    text = "\n".join(lines) + "\n"
    if path.exists() and path.read_text("utf-8") == text:
        return False
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as new:
        new.write(text)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    os.chmod(new.name, mode)
    os.replace(new.name, path)
    return True
