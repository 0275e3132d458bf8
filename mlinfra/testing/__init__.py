"""What to import in tests of programs that use mlinfra: `plan` and the read API of what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlinfra.graph import Node, ResourceGraph, Unknown
    from mlinfra.offline.plan import PlanError
    from mlinfra.testing.planning import plan

__all__ = ["Node", "PlanError", "ResourceGraph", "Unknown", "plan"]


def __getattr__(name: str) -> Any:
    # Planning needs the engine, which needs pulumi and grpc; pytest imports this package at every start.
    if name == "plan":
        from mlinfra.testing.planning import plan

        return plan
    if name == "PlanError":
        from mlinfra.offline.plan import PlanError

        return PlanError
    if name in {"Node", "ResourceGraph", "Unknown"}:
        from mlinfra import graph

        return getattr(graph, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
