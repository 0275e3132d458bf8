"""A rule, a graph to judge with it, and the day on which that happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from mlinfra.compliance.check import run
from mlinfra.compliance.report import Report
from mlinfra.compliance.rule import STACK, Severity, rule
from mlinfra.graph import Node, ResourceGraph, Source, Unknown

TODAY = dt.date(2026, 11, 22)
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET = "mlinfra:storage:DataBucket"
PREFIX = "urn:pulumi:dev::shop::"
STACK_URN = f"{PREFIX}{STACK}::shop-dev"


def _rule(id: str, severity: Severity = Severity.HIGH, **more: Any) -> Any:
    return rule(
        id, title="Public ACLs are blocked", severity=severity, types=[BLOCK], fix="block_public_acls=True", **more
    )


@_rule("test-block", arguments={BUCKET: "public_access"})
def block(resource):
    """Nobody should read training data by accident."""
    return resource["blockPublicAcls"].is_true()


@_rule("test-never", Severity.CRITICAL, waivable=False)
def never(resource):
    """Some things are never right."""
    return resource["blockPublicPolicy"].is_true()


@_rule("test-minor", Severity.LOW)
def minor(resource):
    """It would be nice."""
    return resource["ignorePublicAcls"].is_true()


@_rule("test-broken")
def broken(resource):
    """A rule with a mistake in it."""
    return bool(resource["ignorePublicAcls"].is_true())


@rule("test-stack", title="The stack has a block", severity=Severity.MEDIUM, types=[STACK], fix="add one")
def stack_rule(stack):
    """A stack without it is bare."""
    return stack.graph.of("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock").exist()


def node(type: str, name: str, parent: str = STACK_URN, *, line: int = 0, custom: bool = True, **inputs: Any) -> Node:
    above = parent.split("::")[2]
    kind = f"{above}${type}" if parent != STACK_URN else type
    return Node(
        urn=f"{PREFIX}{kind}::{name}", type=type, name=name, parent=parent, id=f"{name}-id" if custom else None,
        inputs=inputs, source=Source("__main__.py", line) if line else None,
    )  # fmt: skip


def graph(*more: Node, acls: Any = False, policy: Any = True, ignore: Any = True) -> ResourceGraph:
    """A bucket's component with a block inside it, and what else there is."""
    stack = Node(urn=STACK_URN, type=STACK, name="shop-dev")
    outer = node(BUCKET, "training", line=7, custom=False)
    inner = node(
        BLOCK, "training-block", outer.urn, blockPublicAcls=acls, blockPublicPolicy=policy, ignorePublicAcls=ignore
    )
    loose = node("aws:nowhere/thing:Thing", "thing", line=20)
    return ResourceGraph([stack, outer, inner, loose, *more], project="shop", stack="dev")


UNKNOWN = Unknown("blockPublicAcls")


@pytest.fixture
def check() -> Callable[..., Report]:
    def check(of: ResourceGraph | None = None, *rules: Any, **more: Any) -> Report:
        return run(of or graph(), rules=rules or (block,), **{"today": TODAY, **more})

    return check
