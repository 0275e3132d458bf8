"""What to import in tests of programs that use mlinfra: `plan`, the read API of what it returns, and `assert_compliant`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlinfra.graph import Node, ResourceGraph, Unknown
    from mlinfra.offline.plan import PlanError
    from mlinfra.testing.compliance import assert_compliant
    from mlinfra.testing.planning import plan

__all__ = ["Node", "PlanError", "ResourceGraph", "Unknown", "assert_compliant", "plan"]

# Planning needs the engine, which needs pulumi and grpc; pytest imports this package at every start.
_HOMES: Final = {
    "Node": "mlinfra.graph",
    "PlanError": "mlinfra.offline.plan",
    "ResourceGraph": "mlinfra.graph",
    "Unknown": "mlinfra.graph",
    "assert_compliant": "mlinfra.testing.compliance",
    "plan": "mlinfra.testing.planning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
