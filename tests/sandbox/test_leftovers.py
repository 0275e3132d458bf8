"""Resources that were created for a run that was killed before it could write them down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlinfra.engine.plugins import PluginSource
from mlinfra.engine.state import PendingOperation, ResourceState, Snapshot
from mlinfra.sandbox import leftovers
from mlinfra.sandbox.server import control
from mlinfra.sandbox.server.inventory import inventory
from mlinfra.sandbox.session import Session

PROVIDER = ResourceState(
    urn="urn:pulumi:s::p::pulumi:providers:aws::default", type="pulumi:providers:aws", id="one", custom=True
)


def queue(name: str) -> ResourceState:
    urn = f"urn:pulumi:s::p::aws:sqs/queue:Queue::{name}"
    return ResourceState(urn=urn, type="aws:sqs/queue:Queue", custom=True, provider=f"{PROVIDER.urn}::{PROVIDER.id}")


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    session = Session.open(tmp_path)
    for name, value in session.exports(os.environ).items():
        monkeypatch.setenv(name, value)
    yield session.server.endpoint_url
    control.stop(tmp_path)


def test_only_what_no_state_has_is_cleared(endpoint: str) -> None:
    plugin = PluginSource().open("aws", "", engine_address="", project_dir="", env={})
    plugin.configure(PROVIDER.urn, PROVIDER.id, {})
    for name in ("written", "lost", "elsewhere"):
        plugin.create(queue(name).urn, {"name": name})
    plugin.close()
    pending = [PendingOperation("creating", queue("written")), PendingOperation("creating", queue("lost"))]

    cleared = leftovers.clear(Snapshot([PROVIDER, queue("written")], pending))
    assert [one.rpartition("/")[2] for one in cleared] == ["lost"]
    left = inventory(endpoint)["sqs"]
    assert sorted(one.rpartition("/")[2] for one in left) == ["elsewhere", "written"]


def test_deletions_and_providers_of_others_leave_nothing() -> None:
    foreign = ResourceState(urn="urn:pulumi:s::p::random:index:Id::a", type="random:index:Id", custom=True)
    pending = [PendingOperation("deleting", queue("a")), PendingOperation("creating", foreign)]
    assert leftovers.lost(Snapshot([PROVIDER], pending)) == {}
    assert leftovers.doubtful(Snapshot([PROVIDER], pending))
    assert not leftovers.doubtful(Snapshot([PROVIDER], pending[1:]))
    assert leftovers.clear(Snapshot([], [PendingOperation("creating", queue("a"))])) == []
