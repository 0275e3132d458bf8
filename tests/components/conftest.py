"""Declares programs under Pulumi's mocks and hands back what they declared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

ACCOUNT = "123456789012"


@dataclass
class Declared:
    """One registration."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    custom: bool
    protect: bool
    ignored: list[str]
    depends_on: list[str]
    outputs: dict[str, Any] = field(default_factory=dict)

    def document(self, property: str = "policy") -> dict[str, Any]:  # noqa: A002
        return json.loads(self.inputs[property])


class Graph(list[Declared]):
    """What a program declared, sorted by type and name, and what it exported."""

    exports: dict[str, Any]

    def of(self, type_: str) -> list[Declared]:
        return [node for node in self if node.type == type_]

    def one(self, type_: str, name: str | None = None) -> Declared:
        (found,) = [node for node in self.of(type_) if name in (None, node.name)]
        return found

    def names(self, type_: str) -> list[str]:
        return [node.name for node in self.of(type_)]


class _Cloud(Mocks):
    """Invents ids, ARNs and the outputs that components read."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        service = args.typ.split(":")[1].partition("/")[0] if ":" in args.typ else args.typ
        invented = {
            "arn": f"arn:aws:{service}:eu-central-1:{ACCOUNT}:{args.name}",
            "name": args.name,
            "bucket": args.name,
            "keyId": f"{args.name}-key",
            "publicIp": "203.0.113.7",
            "defaultNetworkAclId": "acl-default",
            "defaultRouteTableId": "rtb-default",
        }
        return f"{args.name}-id", {**invented, **args.inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        known = {"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "id": ACCOUNT}}
        return known[args.token], []


class _Monitor(MockMonitor):
    def __init__(self) -> None:
        super().__init__(_Cloud())
        self.declared = Graph()
        self.by_urn: dict[str, Declared] = {}

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            node = Declared(
                type=request.type,
                name=request.name,
                parent=request.parent.rpartition("::")[2],
                inputs=rpc.deserialize_properties(request.object),
                custom=request.custom,
                protect=request.protect,
                ignored=list(request.ignoreChanges),
                depends_on=[urn.rpartition("::")[2] for urn in request.dependencies],
            )
            self.declared.append(node)
            self.by_urn[response.urn] = node
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        outputs = rpc.deserialize_properties(request.outputs)
        if request.urn in self.by_urn:
            self.by_urn[request.urn].outputs = outputs
        else:
            self.declared.exports = outputs
        return super().RegisterResourceOutputs(request)


def declare(program: Callable[[], Any], config: Mapping[str, str] | None = None, stack: str = "dev") -> Graph:
    """Runs the program as Pulumi would and returns what it declared."""
    monitor = _Monitor()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_mocks(monitor.mocks, project="platform", stack=stack, preview=False, monitor=monitor)
        pulumi.runtime.settings.set_root_resource(None)  # set_mocks makes one; so does run_in_stack
        pulumi.runtime.settings.SETTINGS.rpc_manager.clear()
        pulumi.runtime.settings.SETTINGS.outputs.clear()
        pulumi.runtime.set_all_config(dict(config or {}))
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
    finally:
        pulumi.runtime.set_all_config({})
        loop.close()
        asyncio.set_event_loop(asyncio.new_event_loop())
    monitor.declared.sort(key=lambda node: (node.type, node.name))
    return monitor.declared


@pytest.fixture(scope="session", name="declare")
def _declare() -> Callable[..., Graph]:
    return declare
