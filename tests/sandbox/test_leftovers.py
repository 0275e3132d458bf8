"""Resources that were created for a run that was killed before it could write them down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlinfra.engine.plugins import PluginSource
from mlinfra.sandbox import leftovers
from mlinfra.sandbox.server import control
from mlinfra.sandbox.server.inventory import inventory
from mlinfra.sandbox.session import Session
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.store import Store

PROVIDER = ResourceState(
    urn="urn:pulumi:s::p::pulumi:providers:aws::default", type="pulumi:providers:aws", id="one", custom=True
)


def queue(name: str, id: str = "") -> ResourceState:
    urn = f"urn:pulumi:s::p::aws:sqs/queue:Queue::{name}"
    provider = f"{PROVIDER.urn}::{PROVIDER.id}"
    return ResourceState(urn=urn, type="aws:sqs/queue:Queue", id=id, custom=True, provider=provider)


def create(*names: str) -> dict[str, str]:
    """What a run creates that is killed right afterwards: the ids by name."""
    plugin = PluginSource().open("aws", "", engine_address="", project_dir="", env={})
    plugin.configure(PROVIDER.urn, PROVIDER.id, {})
    made = {name: plugin.create(queue(name).urn, {"name": name}).id for name in names}
    plugin.close()
    return made


def left(endpoint: str) -> list[str]:
    return sorted(one.rpartition("/")[2] for one in inventory(endpoint).get("sqs", ()))


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    try:
        session = Session.open(tmp_path)
        for name, value in session.exports(os.environ).items():
            monkeypatch.setenv(name, value)
        yield session.server.endpoint_url
    finally:
        control.stop(tmp_path)


def test_only_what_no_state_has_is_cleared(endpoint: str) -> None:
    made = create("written", "lost", "elsewhere")
    pending = [PendingOperation("creating", queue("written")), PendingOperation("creating", queue("lost"))]

    cleared = leftovers.clear(Snapshot([PROVIDER, queue("written", made["written"])], pending))
    assert cleared == [made["lost"]]
    assert left(endpoint) == ["elsewhere", "written"]


def test_a_replacement_goes_and_what_it_was_to_replace_stays(endpoint: str) -> None:
    """Both have one URN: only their ids tell them apart."""
    create("data")
    snapshot = Snapshot([PROVIDER, queue("data", "the old one")], [PendingOperation("creating", queue("data"))])
    leftovers.clear(snapshot, replacements_only=True)
    assert left(endpoint) == []


def test_a_replacement_goes_though_it_has_the_id_of_what_was_deleted_for_it(endpoint: str) -> None:
    made = create("data")
    deleted = queue("data", made["data"])
    deleted.pending_replacement = True
    leftovers.clear(Snapshot([PROVIDER, deleted], [PendingOperation("creating", queue("data"))]))
    assert left(endpoint) == []


def test_its_provider_may_have_left_the_state_meanwhile(endpoint: str) -> None:
    create("data")
    leftovers.clear(Snapshot([], [PendingOperation("creating", queue("data"))]))
    assert left(endpoint) == []


def test_the_server_may_have_ended_meanwhile(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create("lost")
    control.stop(tmp_path)
    session = Session.open(tmp_path)
    for name, value in session.exports(os.environ).items():
        monkeypatch.setenv(name, value)
    assert leftovers.clear(Snapshot([PROVIDER], [PendingOperation("creating", queue("lost"))])) == [made["lost"]]
    assert left(session.server.endpoint_url) == []


def test_what_is_settled_is_under_way_no_more(endpoint: str, tmp_path: Path) -> None:
    store = Store(tmp_path, "p", "s", passphrase="")
    made = create("adopted", "lost")
    random = ResourceState(urn="urn:pulumi:s::p::random:index:Id::a", type="random:index:Id", custom=True)
    foreign = PendingOperation("creating", random)
    pending = [PendingOperation("creating", queue("adopted")), PendingOperation("creating", queue("lost")), foreign]
    store.save(Snapshot([PROVIDER, queue("adopted", made["adopted"])], pending))
    leftovers.settle(store, replacements_only=True)
    assert [one.resource.urn for one in store.load().pending] == [queue("lost").urn, random.urn]
    leftovers.settle(store)
    assert [one.resource.urn for one in store.load().pending] == [random.urn]
    assert left(endpoint) == ["adopted"]


def test_what_the_state_has_is_replaced_by_something_else(tmp_path: Path, endpoint: str) -> None:
    made = create("old")
    store = Store(tmp_path, "p", "s", passphrase="")
    store.save(Snapshot([PROVIDER, queue("old", made["old"])]))
    leftovers.confirm(store)
    plugin = PluginSource().open("aws", "", engine_address="", project_dir="", env={})
    plugin.configure(PROVIDER.urn, PROVIDER.id, {})
    plugin.create(queue("old").urn, {"name": "new"})
    plugin.close()
    assert left(endpoint) == ["new", "old"]


def test_deletions_and_providers_of_others_leave_nothing() -> None:
    foreign = ResourceState(urn="urn:pulumi:s::p::random:index:Id::a", type="random:index:Id", custom=True)
    pending = [PendingOperation("deleting", queue("a")), PendingOperation("creating", foreign)]
    assert leftovers.clear(Snapshot([PROVIDER], pending)) == []


@pytest.mark.parametrize(
    ("cut_off", "operations"),
    [("creating", set()), ("deleting", {"up"}), ("updating", {"up", "destroy"}), ("reading", {"up", "destroy"})],
)
def test_what_is_in_doubt_is_read_first(cut_off: str, operations: set[str]) -> None:
    snapshot = Snapshot([], [PendingOperation(cut_off, queue("a"))])
    assert {one for one in ("up", "refresh", "destroy", "import") if leftovers.doubtful(snapshot, one)} == operations
