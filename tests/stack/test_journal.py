"""The journal: whatever moment a deployment is killed at, what is read next is whole, ordered and up to date."""

from __future__ import annotations

import dataclasses
import errno
import gc
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlinfra.errors import StateError
from mlinfra.stack.deployment import Document, decode, encode, verify
from mlinfra.stack.journal import FileJournal, base_of, in_order, recover
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.values import Secret

CRYPTER = Crypter("p")
URN = "urn:pulumi:dev::p::conf:index:Thing::"


def state(name: str, deps: Any = (), *, made: int = 1, **more: Any) -> ResourceState:
    return ResourceState(
        urn=URN + name,
        type="conf:index:Thing",
        custom=True,
        id=f"{name}-{made}",
        dependencies=[URN + d for d in deps],
        **more,
    )


class Run:
    """A journal under test, the file it writes and the snapshot it should leave."""

    def __init__(self, folder: Path, base: list[ResourceState], crypter: Crypter = CRYPTER) -> None:
        self.file = folder / "journal"
        self.base = Snapshot(base)
        self.document: Document = json.loads(json.dumps(encode(self.base, crypter)))
        self.crypter = crypter
        self.finished: list[Snapshot] = []
        self.journal = FileJournal(self.file, self.base, "digest", crypter, self.finished.append)

    def recovered(self, data: bytes | None = None) -> Snapshot:
        lines = self.file.read_bytes() if data is None else data
        assert base_of(lines) in ("digest", "")
        document = recover(json.loads(json.dumps(self.document)), lines)
        snapshot = decode(document, self.crypter, "it")
        verify(snapshot, "p", "dev")
        return snapshot


def names(snapshot: Snapshot) -> list[str]:
    return [f"{r.id}{' deleted' * r.delete}" for r in snapshot.resources]


def test_nothing_happened_yet(tmp_path: Path) -> None:
    run = Run(tmp_path, [state("a"), state("b", "a")])
    assert run.recovered() == run.base


def test_create_update_delete(tmp_path: Path) -> None:
    a, b = state("a"), state("b", "a")
    run = Run(tmp_path, [a, b])
    number = run.journal.begin("creating", state("c"))
    assert [(op.type, op.resource.urn) for op in run.recovered().pending] == [("creating", URN + "c")]
    run.journal.end(number, old=None, new=state("c"))
    number = run.journal.begin("updating", a)
    run.journal.end(number, old=a, new=dataclasses.replace(a, inputs={"v": 2}))
    number = run.journal.begin("deleting", b)
    run.journal.end(number, old=b, new=None)
    left = run.recovered()
    assert names(left) == ["c-1", "a-1"]
    assert left.resources[1].inputs == {"v": 2}
    assert left.pending == []


def test_a_failed_call_leaves_what_was(tmp_path: Path) -> None:
    run = Run(tmp_path, [a := state("a")])
    run.journal.end(run.journal.begin("updating", a), old=None, new=None)
    assert run.recovered() == run.base


def test_a_replacement_marks_the_old_one_in_the_same_step(tmp_path: Path) -> None:
    a, b = state("a"), state("b", "a")
    run = Run(tmp_path, [a, b])
    run.journal.end(run.journal.begin("creating", a), old=None, new=state("a", made=2))
    assert sorted(names(run.recovered())) == ["a-1 deleted", "a-2", "b-1"]
    a.delete = True
    run.journal.end(None, old=a, new=a)
    assert sorted(names(run.recovered())) == ["a-1 deleted", "a-2", "b-1"]
    run.journal.end(run.journal.begin("deleting", a), old=a, new=None)
    assert names(run.recovered()) == ["a-2", "b-1"]


def test_what_this_run_made_can_go_again(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    run.journal.end(run.journal.begin("creating", state("a")), old=None, new=(a := state("a")))
    run.journal.end(run.journal.begin("deleting", a), old=a, new=None)
    assert run.recovered().resources == []


def test_unchanged_resources_are_not_written_but_keep_their_place(tmp_path: Path) -> None:
    a, b = state("a"), state("b", "a")
    run = Run(tmp_path, [a, b])
    length = run.file.stat().st_size
    same = dataclasses.replace(b, source_position="project:///x.py#9", modified="2026-01-01T00:00:00Z")
    run.journal.end(None, old=b, new=same)
    assert run.file.stat().st_size == length
    run.journal.end(run.journal.begin("creating", state("c")), old=None, new=state("c", "b"))
    assert names(run.recovered()) == ["a-1", "b-1", "c-1"]
    same.outputs = {"o": 1}
    run.journal.outputs(same)
    assert run.recovered().resources[1].outputs == {"o": 1}


def test_outputs_of_what_is_new(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    run.journal.end(None, old=None, new=(a := state("a")))
    a.outputs = {"o": Secret("x")}
    run.journal.outputs(a)
    assert run.recovered().resources == [a]


def test_a_strangers_state_is_a_programming_error(tmp_path: Path) -> None:
    run = Run(tmp_path, [state("a")])
    with pytest.raises(LookupError, match="was not journalled"):
        run.journal.end(None, old=state("a"), new=None)


def test_interrupted_creations_stay_and_other_operations_go_when_they_are_done(tmp_path: Path) -> None:
    a, b = state("a"), state("b")
    run = Run(tmp_path, [a, b])
    earlier = [PendingOperation(kind, s) for kind, s in (("creating", a), ("updating", a), ("deleting", b))]
    run.document = json.loads(json.dumps(encode(Snapshot([a, b], earlier), CRYPTER)))
    run.journal.end(run.journal.begin("updating", a), old=a, new=dataclasses.replace(a))
    assert [(op.type, op.resource.id) for op in run.recovered().pending] == [("creating", "a-1"), ("deleting", "b-1")]


def test_references_to_what_a_refresh_removed_go(tmp_path: Path) -> None:
    a = state("a")
    b = state(
        "b",
        "a",
        parent=URN + "a",
        deleted_with=URN + "a",
        property_dependencies={"x": [URN + "a"]},
        replace_with=[URN + "a"],
    )
    run = Run(tmp_path, [a, b])
    run.journal.end(None, old=a, new=None)
    (left,) = run.recovered().resources
    assert left == state("b", property_dependencies={"x": []})


def test_secrets_in_the_journal_are_encrypted_with_the_salt_beside_them(tmp_path: Path) -> None:
    crypter = Crypter("p")
    run = Run(tmp_path, [], crypter)
    assert crypter.salt == ""
    run.journal.end(None, old=None, new=state("a", inputs={"s": Secret("hush")}))
    text = run.file.read_text()
    assert "hush" not in text
    document = recover(run.document, text.encode())
    assert document["deployment"]["secrets_providers"]["state"]["salt"] == crypter.salt
    reader = Crypter("p", crypter.salt)
    assert decode(document, reader, "it").resources[0].inputs == {"s": Secret("hush")}


def test_finish_hands_over_and_removes_the_journal(tmp_path: Path) -> None:
    run = Run(tmp_path, [state("a")])
    final = [state("b")]
    run.journal.finish(final, [PendingOperation("creating", state("c"))])
    assert run.finished == [Snapshot(final, [PendingOperation("creating", state("c"))])]
    assert not run.file.exists()


def test_a_journal_that_is_dropped_closes_its_file(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    descriptor = run.journal._fd
    del run
    gc.collect()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(descriptor)


def test_a_full_disk_is_one_clear_error_and_the_journal_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, [])
    run.journal.end(None, old=None, new=state("a"))
    real = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[: len(data) - 10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StateError, match="No space left on device") as error:
            run.journal.end(None, old=None, new=state("b"))
    assert "kept" in error.value.fix
    run.journal.end(None, old=None, new=state("c"))
    assert names(run.recovered()) == ["a-1", "c-1"]


def test_values_that_no_state_can_hold(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    with pytest.raises(StateError, match="cannot hold"):
        run.journal.end(None, old=None, new=state("a", inputs={"n": float("nan")}))


def test_many_threads(tmp_path: Path) -> None:
    run = Run(tmp_path, [])

    def work(worker: int) -> None:
        for i in range(25):
            made = state(f"w{worker}-{i}")
            run.journal.end(run.journal.begin("creating", made), old=None, new=made)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = run.recovered()
    assert len({r.urn for r in left.resources}) == len(left.resources) == 200
    assert left.pending == []


NAMES = "abcdef"


@st.composite
def programs(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, str]]:
    """An old program and a new one (resources with their dependencies, in order) and what happens to each resource."""

    def program() -> dict[str, list[str]]:
        order = draw(st.permutations(draw(st.lists(st.sampled_from(NAMES), unique=True))))
        return {
            name: draw(st.lists(st.sampled_from(order[:i]), unique=True)) if i else [] for i, name in enumerate(order)
        }

    steps = st.sampled_from(["same", "update", "replace", "delete first", "fail"])
    return program(), program(), draw(st.fixed_dictionaries(dict.fromkeys(NAMES, steps)))


def deploy(run: Run, new: dict[str, list[str]], steps: dict[str, str], model: dict[str, bool]) -> None:
    """What an engine does; `model` (id to whether it is to be deleted) is kept up to date with every record."""
    journal, living = run.journal, {r.urn: r for r in run.base.resources}
    replaced: list[ResourceState] = []
    failed: set[str] = set()
    for name, deps in new.items():
        old, step = living.get(URN + name), steps[name]
        if failed & set(deps) or step == "fail":
            failed.add(name)
            journal.end(journal.begin("updating" if old else "creating", old or state(name, deps)), old=None, new=None)
        elif old is None:
            journal.end(journal.begin("creating", state(name, deps)), old=None, new=state(name, deps))
            model[f"{name}-1"] = False
        elif step in ("same", "update"):
            now = state(name, deps, inputs={"v": 2} if step == "update" else {})
            journal.end(None if step == "same" else journal.begin("updating", now), old=old, new=now)
        elif step == "replace":
            now = state(name, deps, made=2)
            journal.end(journal.begin("creating", now), old=None, new=now)
            model |= {f"{name}-1": True, f"{name}-2": False}
            old.delete = True
            replaced.append(old)
        else:
            pending = dataclasses.replace(old, pending_replacement=True)
            journal.end(journal.begin("deleting", old), old=old, new=pending)
            now = state(name, deps, made=2)
            journal.end(journal.begin("creating", now), old=pending, new=now)
            del model[f"{name}-1"]
            model[f"{name}-2"] = False
    if failed:
        return
    gone = [r for r in run.base.resources if r.urn.removeprefix(URN) not in new]
    for old in (*reversed(replaced), *reversed(gone)):
        journal.end(journal.begin("deleting", old), old=old, new=None)
        del model[old.id]


@settings(max_examples=300)
@given(programs())
def test_whatever_happened_nothing_is_lost_doubled_or_out_of_order(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[dict[str, list[str]], dict[str, list[str]], dict[str, str]]
) -> None:
    old, new, steps = drawn
    folder = tmp_path_factory.getbasetemp() / "journals"
    run = Run(folder, [state(name, deps) for name, deps in old.items()])
    model = {f"{name}-1": False for name in old}
    deploy(run, new, steps, model)
    left = run.recovered()
    assert {r.id: r.delete for r in left.resources} == model
    assert len(left.resources) == len(model)
    assert left.pending == []


@settings(max_examples=60)
@given(programs(), st.data())
def test_any_prefix_of_the_bytes_is_a_whole_state(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[dict[str, list[str]], dict[str, list[str]], dict[str, str]],
    data: st.DataObject,
) -> None:
    old, new, steps = drawn
    run = Run(tmp_path_factory.getbasetemp() / "journals", [state(name, deps) for name, deps in old.items()])
    deploy(run, new, steps, {f"{name}-1": False for name in old})
    written = run.file.read_bytes()
    cut = data.draw(st.integers(0, len(written)))
    whole = written[: written.rfind(b"\n", 0, cut) + 1]
    assert run.recovered(written[:cut]) == run.recovered(whole)


def test_order_is_kept_where_it_is_right() -> None:
    resources = [{"urn": u, "type": "t", "dependencies": d} for u, d in (("c", []), ("a", ["c"]), ("b", []))]
    assert in_order(resources) == resources


def test_order_of_a_long_chain_is_not_bounded_by_recursion() -> None:
    resources = [{"urn": str(i), "type": "t", "dependencies": [str(i + 1)] if i < 5000 else []} for i in range(5001)]
    assert [r["urn"] for r in in_order(resources)] == [str(i) for i in range(5000, -1, -1)]


def test_providers_stand_before_what_they_made() -> None:
    new = {"urn": "p", "id": "2", "type": "pulumi:providers:x"}
    old = {"urn": "p", "id": "1", "type": "pulumi:providers:x", "delete": True}
    thing = {"urn": "t", "type": "x", "provider": "p::1"}
    assert in_order([new, thing, old]) == [new, old, thing]
