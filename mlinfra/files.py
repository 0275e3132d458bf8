"""Files that are written all or nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlinfra.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def replace_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace a file by another that is complete, or leave what is there. Raises OSError when that is not possible."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_for_user(path: Path, content: bytes) -> None:
    """As `replace_whole`, of a file that the user named. Raises ConfigError when that is not possible."""
    try:
        replace_whole(path, content)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
