"""The engine: runs a Pulumi program and deploys what it declares, over Pulumi's own protocol."""

from __future__ import annotations

from mlinfra.engine.operations import destroy, import_resources, preview, refresh, up
from mlinfra.engine.options import Cancellation, ImportItem, Options, Result
from mlinfra.stack.stack import Stack

__all__ = [
    "Cancellation",
    "ImportItem",
    "Options",
    "Result",
    "Stack",
    "destroy",
    "import_resources",
    "preview",
    "refresh",
    "up",
]
