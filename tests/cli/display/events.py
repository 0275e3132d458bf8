"""Events of a run that never was."""

from __future__ import annotations

from typing import Any

from mlinfra.engine.events import Diagnostic, ResourceFailed, ResourceOutputs, ResourcePre, Step
from mlinfra.stack.state import ResourceState

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::{token}::{name}"


def state(token: str, name: str, *, parent: str = STACK, **values: Any) -> ResourceState:
    custom = values.pop("custom", not token.startswith(("app:", "pulumi:pulumi:")))
    return ResourceState(urn=urn(token, name), type=token, parent=parent, custom=custom, **values)


def step(op: str, token: str, name: str, *, parent: str = STACK, old: Any = None, new: Any = None, **more: Any) -> Step:
    """A step; `old` and `new` are inputs."""
    olds = None if old is None and op in {"create", "import"} else state(token, name, parent=parent, inputs=old or {})
    news = None if op in {"delete", "delete-replaced"} else state(token, name, parent=parent, inputs=new or {})
    return Step(op=op, urn=urn(token, name), type=token, old=olds, new=news, **more)


def stack(op: str = "create") -> list[ResourcePre | ResourceOutputs]:
    root = Step(op=op, urn=STACK, type="pulumi:pulumi:Stack", new=state("pulumi:pulumi:Stack", "shop-dev", parent=""))
    return [ResourcePre(step=root), ResourceOutputs(step=root)]


def done(step: Step) -> list[ResourcePre | ResourceOutputs]:
    return [ResourcePre(step=step), ResourceOutputs(step=step)]


def failed(step: Step, why: str) -> list[ResourcePre | ResourceFailed | Diagnostic]:
    return [ResourcePre(step=step), Diagnostic(severity="error", message=why, urn=step.urn), ResourceFailed(step=step)]
