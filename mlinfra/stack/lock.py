"""The lock against two deployments of one stack at a time.

The operating system holds it (flock) and drops it when the process ends however it ends; the file's text says who has it.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from mlinfra.errors import StateError
from mlinfra.stack.deployment import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ATTEMPTS: Final = 6
_PAUSE: Final = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lock, or had it when the process died."""

    pid: int
    user: str
    host: str
    since: str  # RFC 3339, UTC
    operation: str

    def __str__(self) -> str:
        return f"{self.operation or 'a deployment'} by {self.user}@{self.host} (process {self.pid}) since {self.since}"


class StackLockedError(StateError):
    """Another deployment has the stack's lock, or left it behind."""


@contextlib.contextmanager
def locked(file: Path, operation: str, what: str, *, take_over: bool = True) -> Iterator[Holder | None]:
    """Hold the lock for the block. Yields who left it behind when its process died on this machine, else None.

    Raises StackLockedError when a living process has it; with `take_over` False, or when the one who left it worked on another
    machine, also when it was left behind. `what` names what is locked in errors.
    """
    fd = _acquire(file, what)
    try:
        left_by = _holder(fd)
        if left_by is not None and (not take_over or left_by.host != socket.gethostname()):
            raise StackLockedError(
                f"{what} is locked: {left_by}, which ended without giving it back",
                fix="run `mlinfra cancel`, then again",
            )
        with _reported(what, file):
            _describe(fd, operation)
        try:
            yield left_by
        finally:
            if _is(fd, file):  # not when it was cancelled and another process has its own by now
                file.unlink()
    finally:
        os.close(fd)


def holder(file: Path) -> tuple[Holder, bool] | None:
    """Who has the lock, and whether that process is alive; None when the stack is not locked."""
    with contextlib.suppress(FileNotFoundError), _opened(file, os.O_RDWR) as fd:
        found = _holder(fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return found or Holder(0, "?", "?", "?", ""), True
        return (found, False) if found else None
    return None


def release(file: Path) -> None:
    """Drop a lock that a process left behind, or take it from one that is alive."""
    file.unlink(missing_ok=True)


def _acquire(file: Path, what: str) -> int:
    by: Holder | None = None
    for attempt in range(_ATTEMPTS):
        with _reported(what, file):
            file.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(fd, file):
                return fd
            # else it was given back between open and flock; the next round makes a new file
        except BlockingIOError:
            by = _holder(fd)
        os.close(fd)
        if attempt:
            time.sleep(_PAUSE)  # `holder` takes the lock for a moment
    raise StackLockedError(f"{what} is locked{f': {by}' if by else ''}", fix="wait until it ends, or stop it")


def _is(fd: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), file.stat())
    except FileNotFoundError:
        return False


def _holder(fd: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(fd, 4096, 0)))
    except (ValueError, TypeError):
        return None


def _describe(fd: int, operation: str) -> None:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    text = json.dumps(asdict(Holder(os.getpid(), user, socket.gethostname(), now(), operation)))
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)


@contextlib.contextmanager
def _opened(file: Path, flags: int) -> Iterator[int]:
    fd = os.open(file, flags)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _reported(what: str, file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(f"{what} cannot be locked: {file}: {error.strerror}") from error
