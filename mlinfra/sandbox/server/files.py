"""What the server keeps on disk, and the record by which other processes find it. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Final

from mlinfra.errors import MlinfraError
from mlinfra.files import replace_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 5566
DEFAULT_IDLE_SECONDS: Final = 8 * 3600.0
ADMIN: Final = "/_mlinfra/"  # no S3 bucket can be called so: underscores are not allowed in bucket names


class SandboxError(MlinfraError):
    """The local AWS server did not start, answer or stop."""


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """A running server.

    `generation` names the account: a new one is made whenever the account is empty and new, so whoever deployed to
    another generation knows that what it deployed is gone. `provider_port` and `kubernetes_port` are those of the Pulumi
    providers `aws` and `kubernetes`, 0 when the provider is not served.
    `started` is a Unix time in seconds. `kubeconfig` is the administrator's of the control plane; empty without one.
    """

    pid: int
    endpoint_url: str
    provider_port: int
    generation: str
    started: float
    kubeconfig: str = ""
    kubernetes_port: int = 0


class ServerFiles:
    """The server's own directory, `<home>/sandbox`, readable by its owner alone."""

    def __init__(self, home: Path) -> None:
        self.directory = home.absolute() / "sandbox"
        self.info = self.directory / "server.json"
        self.log = self.directory / "server.log"
        self.snapshot = self.directory / "account.snapshot"
        self.outdated = self.directory / "account.outdated"  # the account has changed since it was written
        self.enforcing = self.directory / "enforce-iam"  # as long as it is there, IAM is enforced
        self.starting = self.directory / "start.lock"  # held by whoever starts or stops a server
        self.running = self.directory / "run.lock"  # held by the server as long as it lives

    def make(self) -> None:
        """Make the directory."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = f"the sandbox's directory {self.directory} cannot be made: {error.strerror}"
            raise SandboxError(message, fix="set MLINFRA_HOME to a directory that can be written") from error

    def read(self) -> ServerInfo | None:
        """What the last server wrote about itself; None when there is nothing, or nothing readable."""
        try:
            return ServerInfo(**json.loads(self.info.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, info: ServerInfo) -> None:
        """Write `info` atomically, mode 0600."""
        write_private(self.info, json.dumps(asdict(info)).encode())

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of the server's log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by a file of mode 0600 that is either complete or not there."""
    replace_whole(path, content, mode=0o600)


def take(path: Path, timeout: float) -> IO[bytes] | None:
    """The file at `path` with an exclusive lock on it, or None when somebody else keeps it beyond `timeout` seconds.

    The lock goes when the file is closed or the process ends, however it ends.
    """
    file = path.open("ab")
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.close()
                return None
            time.sleep(0.02)
        else:
            return file


@contextlib.contextmanager
def held(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock at `path`. Raises `SandboxError` when it is not free within `timeout` seconds."""
    file = take(path, timeout)
    if file is None:
        message = f"another process has been starting or stopping the sandbox for {timeout:.0f} s ({path} is locked)"
        raise SandboxError(message, fix="wait for it or end it, then try again")
    with file:
        yield
