"""`mlinfra check --watch`: check again after every save."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlinfra.cli.checking import Checking


def keep_checking(checking: Checking) -> None:
    """Check, and again whenever a file of the project changes, until interrupted."""
    checking.once()
