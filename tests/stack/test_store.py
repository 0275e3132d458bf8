"""Stacks on disk: what was saved is loaded, whoever is killed, and nothing is ever half written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlinfra.errors import ConfigError, StateError
from mlinfra.stack.project import Project
from mlinfra.stack.secrets import Crypter
from mlinfra.stack.stack import Stack, default_home, stacks
from mlinfra.stack.state import PendingOperation, ResourceState, Snapshot
from mlinfra.stack.store import Store
from mlinfra.stack.values import Secret

NAMES = ["urn", "type", "custom", "id", "inputs", "parent", "resources", "deployment", "version", "end", "old", "new", "set", "begin",
         "resource", "pending_operations", "secrets_providers", "state", "dependencies", "provider"]  # fmt: skip
SALT = "v1:0XxB3Zns+ME=:v1:mExB0TpOtNwa8sDt:uLevG5sbJmJ9kcoJBUb4Zaj2pdus2w=="


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    return Project.load(folder)


@pytest.fixture
def stack(project: Project, tmp_path: Path) -> Stack:
    return opened(project, tmp_path)


def opened(project: Project, tmp_path: Path, name: str = "dev", passphrase: str = "correct horse") -> Stack:
    return Stack.open(project, name, home=tmp_path / "home", passphrase=passphrase)


def state(name: str = "a", **more: Any) -> ResourceState:
    return ResourceState(
        urn=f"urn:pulumi:dev::p::conf:index:Thing::{name}", type="conf:index:Thing", custom=True, id=name, **more
    )


def root(**outputs: Any) -> ResourceState:
    return ResourceState(
        urn="urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", type="pulumi:pulumi:Stack", outputs=outputs
    )


def test_a_new_stack_is_empty(stack: Stack) -> None:
    assert not stack.exists
    assert stack.load() == Snapshot()
    assert not stack.file.exists()


def test_saved_and_loaded(stack: Stack, project: Project, tmp_path: Path) -> None:
    snapshot = Snapshot([root(word=Secret("hush")), state()], [PendingOperation("creating", state("b"))])
    stack.save(snapshot)
    assert opened(project, tmp_path).load() == snapshot
    assert stack.file == tmp_path / "home/state/p/dev.json"
    assert stack.file.stat().st_mode & 0o777 == 0o600
    assert "hush" not in stack.file.read_text()
    assert opened(project, tmp_path).outputs() == {"word": Secret("hush")}


def test_it_tells_a_run_that_was_cut_off_from_one_that_was_not(stack: Stack, project: Project, tmp_path: Path) -> None:
    assert not stack.interrupted
    stack.save(Snapshot([root()]))
    assert not opened(project, tmp_path).interrupted
    number = stack.journal(stack.load()).begin("creating", state())
    assert number
    assert stack.interrupted  # which has read the state before
    assert opened(project, tmp_path).interrupted
    stack.load()
    assert stack.interrupted
    opened(project, tmp_path).save(Snapshot([root()]))
    assert not stack.interrupted


def test_the_one_before_is_kept(stack: Stack) -> None:
    stack.save(Snapshot([state("a")]))
    first = stack.file.read_bytes()
    assert not stack.backup_file.exists()
    stack.save(Snapshot([state("b")]))
    assert stack.backup_file.read_bytes() == first
    assert sorted(p.name for p in stack.file.parent.iterdir()) == ["dev.bak", "dev.json"]


def test_no_key_is_derived_without_secrets(project: Project, tmp_path: Path) -> None:
    def never() -> str:
        raise AssertionError("asked for a passphrase")

    stack = Stack(project, "dev", home=tmp_path, passphrase=never)
    stack.save(Snapshot([state()]))
    assert stack.load() == Snapshot([state()])
    assert "secrets_providers" not in stack.export()["deployment"]


def test_a_wrong_passphrase_is_one_clear_error(stack: Stack, project: Project, tmp_path: Path) -> None:
    stack.save(Snapshot([state(inputs={"s": Secret("x")})]))
    with pytest.raises(StateError, match="does not open the secrets of stack p/dev"):
        opened(project, tmp_path, passphrase="wrong").load()


def test_the_salt_of_the_stacks_file_is_used(stack: Stack, project: Project) -> None:
    project.stack_file("dev").write_text(f"encryptionsalt: {SALT}\n")
    stack.save(Snapshot([state(inputs={"s": Secret("x")})]))
    assert stack.export()["deployment"]["secrets_providers"]["state"]["salt"] == SALT
    assert project.stack_file("dev").read_text() == f"encryptionsalt: {SALT}\n"


def test_a_deployment_ends(stack: Stack, project: Project, tmp_path: Path) -> None:
    base = stack.load()
    journal = stack.journal(base)
    number = journal.begin("creating", state())
    assert opened(project, tmp_path).load().pending == [PendingOperation("creating", state())]
    journal.end(number, old=None, new=(made := state()))
    assert opened(project, tmp_path).load() == Snapshot([made])
    journal.finish([made], [])
    assert stack.load() == Snapshot([made])
    assert not stack.journal_file.exists()


def test_after_a_kill_the_next_deployment_begins_with_what_was_done(
    stack: Stack, project: Project, tmp_path: Path
) -> None:
    stack.save(Snapshot([state("a")]))
    journal = stack.journal(stack.load())
    journal.end(None, old=None, new=state("b"))
    journal.begin("creating", state("c"))
    with stack.journal_file.open("ab") as torn:
        torn.write(b'{"end": 1, "new": {"urn"')

    following = opened(project, tmp_path)
    base = following.load()
    assert [r.id for r in base.resources] == ["b", "a"]
    assert [op.resource.id for op in base.pending] == ["c"]
    journal = following.journal(base)
    journal.end(None, old=base.resources[1], new=None)
    assert [r.id for r in opened(project, tmp_path).load().resources] == ["b"]
    assert json.loads(following.backup_file.read_text())["deployment"]["resources"][0]["id"] == "a"


def test_killed_between_the_last_write_and_the_end_of_the_journal(
    stack: Stack, project: Project, tmp_path: Path
) -> None:
    journal = stack.journal(stack.load())
    journal.end(None, old=None, new=(made := state()))
    left = stack.journal_file.read_bytes()
    journal.finish([made], [])
    stack.journal_file.write_bytes(left)  # as if the process had not come to remove it
    again = opened(project, tmp_path)
    assert again.load() == Snapshot([made])
    again.journal(again.load()).end(None, old=again._loaded.resources[0], new=None)  # type: ignore[union-attr]
    assert opened(project, tmp_path).load() == Snapshot()


def test_a_deployment_may_begin_with_something_else_than_was_loaded(stack: Stack) -> None:
    stack.save(Snapshot([state()], [PendingOperation("creating", state("b"))]))
    loaded = stack.load()
    stack.journal(Snapshot(loaded.resources))
    assert stack.load().pending == []


def test_a_state_that_another_process_changed_is_not_overwritten(
    stack: Stack, project: Project, tmp_path: Path
) -> None:
    base = stack.load()
    opened(project, tmp_path).save(Snapshot([state()]))
    with pytest.raises(StateError, match="changed by another process"):
        stack.journal(base)
    base = stack.load()
    other = opened(project, tmp_path)
    other.journal(other.load())
    with pytest.raises(StateError, match="changed by another process"):
        stack.journal(base)


@pytest.mark.parametrize("text", ["{", "", "null", '{"version": 3, "deployment": {"resources": [{}]}}', "\xff"])
def test_a_damaged_file_says_what_to_restore(stack: Stack, text: str) -> None:
    stack.save(Snapshot([state("a")]))
    stack.save(Snapshot([state("b")]))
    stack.file.write_bytes(text.encode("latin-1"))
    with pytest.raises(StateError) as error:
        stack.load()
    assert str(stack.file) in str(error.value)
    assert f"cp {stack.backup_file} {stack.file}" in error.value.fix


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, JSON, st.booleans())
def test_whatever_a_file_holds_it_is_loaded_or_one_clear_error(
    tmp_path_factory, whole: Any, inner: Any, journalled: bool
) -> None:
    stack = Store(tmp_path_factory.getbasetemp() / "fuzz", "p", "dev", passphrase="")
    stack.file.parent.mkdir(parents=True, exist_ok=True)
    for document in (whole, {"version": 3, "deployment": inner}, {"version": 3, "deployment": {"resources": [inner]}}):
        stack.file.write_text(json.dumps(document))
        digest = hashlib.sha256(stack.file.read_bytes()).hexdigest()
        stack.journal_file.write_text(
            json.dumps({"base": digest}) + "\n" + json.dumps(inner) + "\n" if journalled else ""
        )
        with contextlib.suppress(StateError):
            stack.load()


def test_a_newer_file_is_refused(stack: Stack) -> None:
    stack.save(Snapshot([state()]))
    stack.file.write_text(json.dumps({"version": 7, "deployment": {}}))
    with pytest.raises(StateError, match="version 7, made by a newer program"):
        stack.load()


@pytest.mark.parametrize("failing", ["fsync", "link", "write"])
def test_a_full_disk_leaves_the_state_as_it_was(stack: Stack, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    stack.save(Snapshot([state("a")]))
    before = stack.file.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if failing == "write":
            patch.setattr(Path, "replace", full)
        else:
            patch.setattr(os, failing, full)
        with pytest.raises(StateError, match=r"cannot be written: No space left on device"):
            stack.save(Snapshot([state("b")]))
    assert stack.file.read_bytes() == before
    assert not [p for p in stack.file.parent.iterdir() if p.suffix == ".tmp"]
    assert stack.load() == Snapshot([state("a")])


def test_a_journal_that_cannot_be_written_out_stays(
    stack: Stack, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = stack.journal(stack.load())
    journal.end(None, old=None, new=(made := state()))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(StateError, match="No space left"):
            journal.finish([made], [])
    assert opened(project, tmp_path).load() == Snapshot([made])
    journal.finish([made], [])
    assert not stack.journal_file.exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_no_rights(stack: Stack) -> None:
    stack.save(Snapshot())
    stack.file.parent.chmod(0o500)
    try:
        with pytest.raises(StateError, match="Permission denied"):
            stack.save(Snapshot([state()]))
    finally:
        stack.file.parent.chmod(0o700)


def test_export_and_import(stack: Stack, project: Project, tmp_path: Path) -> None:
    snapshot = Snapshot([root(word=Secret("hush")), state()])
    stack.save(snapshot)
    document = json.loads(json.dumps(stack.export()))
    shown = stack.export(show_secrets=True)
    assert "hush" in json.dumps(shown)
    for exported in (document, shown):
        other = Stack.open(project, "dev", home=tmp_path / "elsewhere", passphrase="correct horse")
        assert other.import_(exported) == snapshot
        assert other.load() == snapshot
        assert "hush" not in other.file.read_text()
        other.delete(force=True)


def test_an_imported_state_keeps_its_salt(stack: Stack, project: Project, tmp_path: Path) -> None:
    stack.save(Snapshot([root(word=Secret("hush"))]))
    other = Stack.open(project, "dev", home=tmp_path / "elsewhere", passphrase="correct horse")
    other.import_(stack.export())
    assert other.export()["deployment"]["secrets_providers"] == stack.export()["deployment"]["secrets_providers"]


def test_import_ends_an_interrupted_deployment(stack: Stack) -> None:
    stack.journal(stack.load()).begin("creating", state())
    stack.import_({"version": 3, "deployment": {"resources": []}})
    assert stack.load() == Snapshot()


def test_imports_that_are_refused(stack: Stack, project: Project, tmp_path: Path) -> None:
    stack.save(Snapshot([state(inputs={"s": Secret("x")})]))
    before = stack.file.read_bytes()
    other = Stack.open(project, "prod", home=tmp_path / "home", passphrase="correct horse")
    with pytest.raises(StateError, match="does not belong to stack p/prod"):
        other.import_(stack.export())
    with pytest.raises(StateError, match="does not open the secrets of the deployment"):
        opened(project, tmp_path, passphrase="wrong").import_(stack.export())
    with pytest.raises(StateError, match="not a deployment"):
        stack.import_({})
    assert stack.file.read_bytes() == before


def test_delete(stack: Stack) -> None:
    stack.save(Snapshot([root(), state()]))
    with pytest.raises(StateError, match="still has 1 resources"):
        stack.delete()
    stack.save(Snapshot([root()]))
    stack.delete()
    assert not stack.exists
    assert stack.load() == Snapshot()
    assert list(stack.file.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["dev", "organization/dev", "organization/p/dev"])
def test_names_of_stacks(project: Project, tmp_path: Path, name: str) -> None:
    assert opened(project, tmp_path, name).name == "dev"


@pytest.mark.parametrize("name", ["", "a b", "..", "me/dev", "organization/q/dev", "organization/p/dev/x", "a\n"])
def test_names_that_are_refused(project: Project, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        opened(project, tmp_path, name)


@pytest.mark.parametrize("reference", ["prod", "organization/prod", "organization/p/prod"])
def test_outputs_of_another_stack(stack: Stack, project: Project, tmp_path: Path, reference: str) -> None:
    with pytest.raises(StateError, match="there is no stack p/prod"):
        stack.other(reference).outputs()
    opened(project, tmp_path, "prod").save(Snapshot([root(x=1, s=Secret("y"))]))
    assert stack.other(reference).outputs() == {"x": 1, "s": Secret("y")}


def test_a_stack_without_its_root_has_no_outputs(stack: Stack) -> None:
    stack.save(Snapshot([state()]))
    assert stack.outputs() == {}


def test_the_lock_names_the_stack(stack: Stack) -> None:
    with stack.lock("up") as left_by, pytest.raises(StateError, match="stack p/dev is locked: up by"), stack.lock("up"):
        pytest.fail("two at a time")
    assert left_by is None
    assert stack.holder() is None


def test_unlock(stack: Stack) -> None:
    with stack.lock("up"):
        assert stack.holder() is not None
        stack.unlock()
        assert stack.holder() is None


def test_list_of_stacks(stack: Stack, project: Project, tmp_path: Path) -> None:
    provider = ResourceState(
        urn="urn:pulumi:dev::p::pulumi:providers:aws::default", type="pulumi:providers:aws", custom=True, id="x"
    )
    stack.save(Snapshot([root(), provider, state()]))
    opened(project, tmp_path, "prod").save(Snapshot())
    damaged = opened(project, tmp_path, "damaged")
    damaged.file.write_text("{")
    with stack.lock("up"):
        found = stacks(tmp_path / "home", "p")
    assert [(s.project, s.name, s.resources, s.locked) for s in found] == [
        ("p", "damaged", -1, False),
        ("p", "dev", 1, True),
        ("p", "prod", 0, False),
    ]
    assert stacks(tmp_path / "home", "q") == []
    assert len(stacks(tmp_path / "home")) == 3


def test_configuration_is_read_when_it_is_needed(project: Project, tmp_path: Path) -> None:
    project.stack_file("dev").write_text("config: [broken]\n")
    stack = opened(project, tmp_path)
    assert stack.load() == Snapshot()
    with pytest.raises(ConfigError, match="must be a mapping"):
        _ = stack.config


def test_overrides_reach_the_configuration(project: Project, tmp_path: Path) -> None:
    stack = Stack.open(project, "dev", home=tmp_path, passphrase="", overrides=["a.b=1"], paths=True)
    assert stack.config.values() == {"p:a": '{"b":1}'}


def test_default_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLINFRA_HOME", str(tmp_path))
    assert default_home() == tmp_path
    monkeypatch.delenv("MLINFRA_HOME")
    assert default_home() == Path.home() / ".mlinfra"


def test_configuration_and_state_share_a_key(project: Project, tmp_path: Path) -> None:
    secret = Crypter("correct horse", SALT).encrypt("hush")
    project.stack_file("dev").write_text(f"encryptionsalt: {SALT}\nconfig: {{word: {{secure: '{secret}'}}}}\n")
    stack = opened(project, tmp_path)
    assert stack.config.values() == {"p:word": "hush"}
    assert stack.crypter.decrypt(secret) == "hush"
