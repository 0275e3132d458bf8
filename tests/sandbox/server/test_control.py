"""Starting, finding, emptying and stopping the server, and what lasts from one server to the next."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from mlinfra.sandbox.server import control
from mlinfra.sandbox.server.account import Account
from mlinfra.sandbox.server.files import ServerFiles, held


@pytest.fixture
def home(tmp_path: Path):
    yield tmp_path
    control.stop(tmp_path)


def client(info: control.ServerInfo, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=info.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def until(true: Any, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(true())


def test_without_its_packages_it_names_the_extra(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "REQUIRED", ("moto", "no_such_package"))
    with pytest.raises(control.SandboxError, match=r"no_such_package\n  fix: .*mlinfra\[sandbox\]"):
        control.start(home)


def test_start_status_reset_stop(home: Path) -> None:
    assert control.status(home) is None
    assert not control.stop(home)
    with pytest.raises(control.SandboxError, match="no sandbox server runs"):
        control.reset(home)
    started = control.start(home, port=0)
    assert control.status(home) == control.start(home) == started
    files = ServerFiles(home)
    assert stat.S_IMODE(files.info.stat().st_mode) == stat.S_IMODE(files.log.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700

    s3 = client(started, "s3")
    s3.create_bucket(Bucket="kept")
    analyzers = client(started, "accessanalyzer")
    analyzers.create_analyzer(analyzerName="kept", type="ACCOUNT")
    assert control.stop(home)
    assert control.status(home) is None
    assert not files.info.exists()
    again = control.start(home, port=0)
    assert again.generation == started.generation
    assert again.pid != started.pid
    assert [bucket["Name"] for bucket in client(again, "s3").list_buckets()["Buckets"]] == ["kept"]
    assert client(again, "accessanalyzer").list_analyzers()["analyzers"][0]["name"] == "kept"

    emptied = control.reset(home)
    assert emptied.generation != again.generation
    assert control.status(home) == emptied
    assert client(again, "s3").list_buckets()["Buckets"] == []
    assert client(again, "accessanalyzer").list_analyzers()["analyzers"] == []
    client(again, "s3").create_bucket(Bucket="kept")

    # Killed with changes that were not written: what is lost is noticed by its generation.
    os.kill(again.pid, signal.SIGKILL)
    assert until(lambda: control.status(home) is None)
    after = control.start(home, port=0)
    assert after.generation not in {started.generation, emptied.generation}
    assert client(after, "s3").list_buckets()["Buckets"] == []


@pytest.fixture
def account(home: Path) -> Account:
    """An account without the services in it, as its server has it."""
    made = object.__new__(Account)
    made._files, made._overlay = ServerFiles(home), SimpleNamespace(state=dict)
    made._marking, made.objects_lock = threading.Lock(), threading.RLock()
    made.claims, made.objects, made.generation = {}, {}, "first"
    made._changed_first = made._changed_last = 0.0
    made._files.make()
    return made


def test_what_is_out_of_date_on_disk_is_gone_before_anything_else_happens(account: Account) -> None:
    """A server that dies right after it has started anew must not leave the old account to the next."""
    account._files.snapshot.write_bytes(b"as it was")
    account._files.outdated.touch()
    assert account._taken_up() is None
    assert not account._files.snapshot.exists()
    assert not account._files.outdated.exists()


def test_a_change_while_the_account_is_written_leaves_it_out_of_date(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlinfra.sandbox.server.snapshot.save", lambda *_: account.changes())
    account.changes()
    account._write()
    assert account._files.outdated.exists()
    monkeypatch.setattr("mlinfra.sandbox.server.snapshot.save", lambda *_: None)
    account._write()
    assert not account._files.outdated.exists()


def test_starts_at_once_give_one_server(home: Path) -> None:
    program = "import sys; from pathlib import Path; from mlinfra.sandbox.server import control; "
    program += "print(control.start(Path(sys.argv[1]), port=0).pid)"
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    pids = {process.communicate(timeout=120)[0] for process in started}
    assert len(pids) == 1
    assert pids != {""}


def test_a_server_nobody_asks_ends_by_itself_and_keeps_its_account(home: Path) -> None:
    info = control.start(home, port=0, idle_seconds=1)
    files = ServerFiles(home)
    assert until(lambda: not control._alive(files))
    assert control.status(home) is None
    assert json.loads(files.snapshot.read_bytes().partition(b"\n")[0])["generation"] == info.generation
    assert "no request for 1 s" in files.log_tail()

    # One that cannot be read is put aside, loudly, and a new account begins.
    files.snapshot.write_bytes(files.snapshot.read_bytes()[:-10])
    after = control.start(home, port=0)
    assert after.generation != info.generation
    assert "cannot be read" in files.log.read_text()
    assert files.snapshot.with_suffix(".unreadable").exists()


def test_a_port_in_use(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            control.SandboxError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"
        ) as raised:
            control.start(home, port=port)
        assert "choose another one" in raised.value.fix
    assert control.status(home) is None


def test_death_at_the_start_shows_the_end_of_the_log(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken" / "moto").mkdir(parents=True)
    (tmp_path / "broken" / "moto" / "__init__.py").write_text("raise RuntimeError('moto is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    with pytest.raises(control.SandboxError, match="RuntimeError: moto is broken"):
        control.start(home, port=0)
    assert control.status(home) is None


def test_a_server_that_hangs_is_found_and_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(control, "STOP_SECONDS", 0.3)
    info = control.start(home, port=0)
    os.kill(info.pid, signal.SIGSTOP)
    with pytest.raises(control.SandboxError, match=f"process {info.pid}.* does not answer"):
        control.status(home)
    assert control.stop(home)
    assert control.status(home) is None


def test_what_a_dead_server_left_is_nothing(home: Path) -> None:
    files = ServerFiles(home)
    files.make()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    files.write(
        control.ServerInfo(
            pid=os.getpid(), endpoint_url=f"http://127.0.0.1:{port}", provider_port=0, generation="g", started=0
        )
    )
    assert control.status(home) is None
    assert not control.stop(home)  # least of all is the process killed that has the number now
    for left in ("", "{}", "[]", '{"pid": 1}'):
        files.info.write_text(left)
        assert control.status(home) is None


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(control.SandboxError, match="cannot be made") as raised:
        control.start(tmp_path / "file")
    assert "MLINFRA_HOME" in raised.value.fix


def test_whoever_is_starting_is_waited_for_but_not_for_ever(tmp_path: Path) -> None:
    files = ServerFiles(tmp_path)
    files.make()
    with held(files.starting, 0), pytest.raises(control.SandboxError, match="is locked"), held(files.starting, 0.05):
        pass
