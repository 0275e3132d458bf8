"""The protocol's messages without the SDK, and the SDK's own places of resources."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime import resource as sdk

from mlinfra.engine.program import runner


@pytest.mark.parametrize("first", ["mlinfra.engine.proto", "pulumi.runtime.proto"])
def test_messages_are_the_same_whoever_imports_them(first: str) -> None:
    code = f"""
import importlib, sys
importlib.import_module({first!r})
from mlinfra.engine.proto import provider_pb2, resource_pb2
from mlinfra.engine import run
print("pulumi" in sys.modules)
from pulumi.runtime.proto import provider_pb2 as theirs, resource_pb2 as others
print(provider_pb2.CreateRequest is theirs.CreateRequest, resource_pb2.RegisterResourceRequest is others.RegisterResourceRequest)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(first.startswith("pulumi")), "True", "True"]


class Resource:
    """As deep as the SDK's classes are."""

    def __init__(self, found: list[Any]) -> None:
        trace = sdk._get_stack_trace()
        found.append((trace, sdk._get_source_position(trace)))


class Custom(Resource):
    def __init__(self, found: list[Any]) -> None:
        super().__init__(found)


class Bucket(Custom):
    def __init__(self, found: list[Any]) -> None:
        super().__init__(found)


def test_places_are_those_that_the_sdk_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "traceback", sdk.traceback)  # put back afterwards
    monkeypatch.setattr(sdk, "_get_source_position_for_frame", sdk._get_source_position_for_frame)
    found: list[Any] = []
    sorted([1], key=lambda _: exec(compile("Bucket(found)", "<typed in>", "exec"), globals(), {"found": found}) or 0)
    for attempt in range(3):
        if attempt:
            runner.find_places_quickly()
        for _ in range(2):
            Bucket(found)
    typed, theirs, *ours = found
    assert [str(one) for one in ours] == [str(theirs)] * 5
    assert theirs[1].uri == Path(__file__).as_uri()
    assert not typed[0].frames[0].HasField("pc")
    Bucket(found)
    assert found[-1][1].line == theirs[1].line + 5


def test_an_sdk_without_places_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(__name__="pulumi.runtime.resource", traceback=traceback)
    monkeypatch.setitem(sys.modules, "pulumi.runtime.resource", other)  # type: ignore[arg-type]
    runner.find_places_quickly()
    assert other.traceback is traceback
