"""One deployment at a time: whoever dies lets go, and whoever lives says who he is."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlinfra.errors import StateError
from mlinfra.stack.lock import StackLockedError, holder, locked, release

HOLD = """
import sys, time
from pathlib import Path
from mlinfra.stack.lock import locked
with locked(Path(sys.argv[1]), "up", "stack p/dev"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def other_process(file: Path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_held_and_given_back(tmp_path: Path) -> None:
    file = tmp_path / "state/p/dev.lock"
    with locked(file, "up", "stack p/dev") as left_by:
        assert left_by is None
        found = holder(file)
        assert found is not None
        assert (found[0].pid, found[0].operation, found[0].host, found[1]) == (
            os.getpid(),
            "up",
            socket.gethostname(),
            True,
        )
    assert not file.exists()
    assert holder(file) is None


def test_a_living_holder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "dev.lock"
    with (
        other_process(file) as process,
        pytest.raises(StackLockedError) as error,
        locked(file, "destroy", "stack p/dev"),
    ):
        pytest.fail("two at a time")
    assert "stack p/dev is locked: up by " in str(error.value)
    assert f"process {process.pid}" in str(error.value)


def test_a_killed_holder_is_taken_over_from(tmp_path: Path) -> None:
    file = tmp_path / "dev.lock"
    with other_process(file) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = holder(file)
        assert found is not None
        assert (found[0].pid, found[1]) == (process.pid, False)
        with locked(file, "up", "stack p/dev") as left_by:
            assert left_by == found[0]
            now = holder(file)
            assert now is not None
            assert now[0].pid == os.getpid()
    assert not file.exists()


def test_no_take_over_unless_allowed(tmp_path: Path) -> None:
    file = tmp_path / "dev.lock"
    with other_process(file) as process:
        process.kill()
        process.wait()
    with (
        pytest.raises(StackLockedError, match="ended without giving it back") as error,
        locked(file, "up", "it", take_over=False),
    ):
        pytest.fail("taken over")
    assert "mlinfra cancel" in error.value.fix
    release(file)
    with locked(file, "up", "it", take_over=False) as left_by:
        assert left_by is None


def test_no_take_over_from_another_machine(tmp_path: Path) -> None:
    file = tmp_path / "dev.lock"
    file.write_text(
        json.dumps({"pid": 1, "user": "u", "host": "elsewhere.example", "since": "then", "operation": "up"})
    )
    with pytest.raises(StackLockedError, match=r"elsewhere\.example"), locked(file, "up", "it"):
        pytest.fail("taken over")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_torn_lock_file_locks_nobody_out(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dev.lock"
    file.write_text(text)
    assert holder(file) is None
    with locked(file, "up", "it") as left_by:
        assert left_by is None


def test_a_cancelled_lock_is_not_taken_from_its_new_holder(tmp_path: Path) -> None:
    file = tmp_path / "dev.lock"
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        first.enter_context(locked(file, "up", "it"))
        release(file)
        second.enter_context(locked(file, "destroy", "it"))
        first.close()
        found = holder(file)
        assert found is not None
        assert found[0].operation == "destroy"
    release(file)


def test_one_at_a_time_among_many(tmp_path: Path) -> None:
    file, inside, most = tmp_path / "dev.lock", [0], [0]

    def work() -> None:
        for _ in range(20):
            with contextlib.suppress(StackLockedError), locked(file, "up", "it"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert not file.exists()


def test_where_no_lock_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be locked"), locked(tmp_path / "file/dev.lock", "up", "it"):
        pytest.fail("locked")
