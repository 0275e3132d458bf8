"""Run a job to its end: start the replicas, watch them, start again what fails, stop at the limit."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlinfra.errors import ConfigError
from mlinfra.jobs.local.events import Ended, Event, Line, Outcome, ReplicaResult, Restarting, Started, Status
from mlinfra.jobs.local.process import Process
from mlinfra.jobs.raytrain import RayTrainJob
from mlinfra.jobs.replicas import launch
from mlinfra.jobs.sites import Loopback
from mlinfra.jobs.spark import MASTER, SparkJob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mlinfra.jobs.model import Job, Role

_KEPT: Final = ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME", "LD_LIBRARY_PATH", "USER", "SSL_CERT_FILE")
"""Variables of this shell that replicas get. A container has none of the others: credentials least of all."""
_INTERRUPTED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Fault:
    """Kill a replica, as a node that fails would, the first time that any replica writes a text."""

    replica: str
    text: str


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """How a job runs on this machine."""

    directory: Path
    """Where the program is; stands for the job's `directory` of the image."""
    work: Path
    """Where checkpoints, outputs and temporary files go."""
    environment: Path | None = None
    """A virtual environment with the framework; stands for the image. None: the programs on PATH."""
    data: dict[str, Path] = field(default_factory=dict)
    """Folders of data sets by name."""
    env: Mapping[str, str] = field(default_factory=dict)
    """More variables for every replica, over the job's own."""
    processors: int = os.cpu_count() or 1
    """Processors that all replicas share."""
    time_limit: int | None = None
    """Seconds; None: the job's own limit."""
    grace: float = 10.0
    """Seconds between asking a replica to end and killing it."""
    fault: Fault | None = None
    """What is to go wrong."""


async def _start(
    name: str, command: tuple[str, ...], env: Mapping[str, str], options: LocalOptions, read: Callable[[str], None]
) -> Process:
    path = env["PATH"]
    program = shutil.which(command[0], path=path)
    if program is None:
        where = f"--venv {options.environment}" if options.environment else "PATH"
        raise ConfigError(
            f"{name} runs {command[0]}, which {where} does not have",
            fix="name an environment that has the framework: mlinfra jobs run JOB --local --venv DIRECTORY",
        )
    return await Process.start((program, *command[1:]), env, options.directory, read)


class _Run:
    """The state of one run."""

    def __init__(self, job: Job, options: LocalOptions, emit: Callable[[Event], None]) -> None:
        self.job, self.options, self.emit = job, options, emit
        # Kubernetes starts Spark's executors; here Spark's own master does.
        self.roles: tuple[Role, ...] = ((MASTER,) if isinstance(job, SparkJob) else ()) + job.roles()
        # What KubeRay gives out in a cluster. Ray listens on the network, whatever address it is told.
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.platform = token if isinstance(job, RayTrainJob) and job.asks_for_token else {}
        self.tasks: dict[asyncio.Task[int], tuple[str, Role, int]] = {}
        self.running: dict[str, Process] = {}
        self.results: dict[str, ReplicaResult] = {}
        self.restarts = 0  # of everything together, which is what the job's retries count
        self.attempts = 0
        self.fault = options.fault
        self.stopping = asyncio.Event()

    async def run(self) -> Outcome:
        """Until it is over, whatever the reason."""
        began = time.monotonic()
        limit = self.options.time_limit or self.job.time_limit
        interrupted = asyncio.create_task(self.stopping.wait())
        try:
            async with asyncio.timeout(limit):
                status, reason = await self._until_done(interrupted)
        except TimeoutError:
            status, reason = Status.TIMED_OUT, f"it ran longer than its limit of {limit} seconds"
        finally:
            interrupted.cancel()
            await self._stop_all()
        return Outcome(status, reason, self.attempts, time.monotonic() - began, tuple(self.results.values()))

    async def _until_done(self, interrupted: asyncio.Task[bool]) -> tuple[Status, str]:
        await self._start_all()
        deciding = self._deciding()
        while True:
            await asyncio.wait([*self.tasks, interrupted], return_when=asyncio.FIRST_COMPLETED)
            if interrupted.done():
                return Status.INTERRUPTED, "it was interrupted"
            for task in [task for task in self.tasks if task.done()]:
                name, role, index = self.tasks.pop(task)
                code = self._ended(name, task.result())
                if code == 0:
                    deciding.discard(name)
                    if not deciding:
                        return Status.SUCCEEDED, ""
                elif (failed := self._beyond_repair(name, role, code)) is not None:
                    return Status.FAILED, failed
                elif await self._again(name, role, index, code):
                    deciding = self._deciding()
                    break

    def _deciding(self) -> set[str]:
        return {f"{role.name}-{index}" for role in self.roles if role.decides for index in range(role.count)}

    def _beyond_repair(self, name: str, role: Role, code: int) -> str | None:
        if code in self.job.fatal_exit_codes:
            return f"{name} ended with {_said(code)}, after which starting again is useless"
        if not self._goes_alone(name, role) and self.restarts >= self.job.retries:
            again = f" after {self.restarts} restart{'s' if self.restarts > 1 else ''}" if self.restarts else ""
            return f"{name} ended with {_said(code)}{again}"
        return None

    def _goes_alone(self, name: str, role: Role) -> bool:
        return self.results[name].starts <= role.alone

    async def _again(self, name: str, role: Role, index: int, code: int) -> bool:
        """Start again what failed; whether that was everything."""
        reason = f"{name} ended with {_said(code)}"
        if self._goes_alone(name, role):
            self.emit(Restarting(name, reason, self.results[name].starts))
            await self._start_one(role, index)
            return False
        self.restarts += 1
        self.emit(Restarting("", reason, self.restarts))
        await self._stop_all()
        await self._start_all()
        return True

    async def _start_all(self) -> None:
        self.attempts += 1
        # New ports: those of processes that were killed may stay taken for a while.
        self.site = Loopback(self.options.work, processors=self.options.processors, data=self.options.data)
        for role in self.roles:
            for index in range(role.count):
                await self._start_one(role, index)

    async def _start_one(self, role: Role, index: int) -> None:
        name = f"{role.name}-{index}"
        start = launch(self.job, role.name, index, self.site)
        process = await _start(
            name, start.command, self._env(start.env), self.options, lambda text: self._line(name, text)
        )
        self.running[name] = process
        previous = self.results.get(name)
        self.results[name] = ReplicaResult(name, None, previous.starts + 1 if previous else 1, 0.0)
        self.emit(Started(name, process.pid, self.attempts))
        self.tasks[asyncio.create_task(process.wait())] = (name, role, index)

    def _env(self, own: Mapping[str, str]) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        if self.options.environment:
            path = f"{(self.options.environment / 'bin').resolve()}{os.pathsep}{path}"
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, "PATH": path, "PYTHONUNBUFFERED": "1", **self.platform, **own, **self.options.env}

    def _line(self, name: str, text: str) -> None:
        self.emit(Line(name, text))
        if self.fault and self.fault.text in text and self.fault.replica in self.running:
            victim, self.fault = self.fault.replica, None
            self.running[victim].kill()

    def _ended(self, name: str, code: int) -> int:
        process, before = self.running.pop(name), self.results[name]
        self.results[name] = ReplicaResult(name, code, before.starts, time.monotonic() - process.started)
        self.emit(Ended(name, code))
        return code

    async def _stop_all(self) -> None:
        """Ask all to end, and kill those that do not. The last to start is the first to be asked."""
        for process in reversed(self.running.values()):
            process.terminate()
        if self.tasks:
            _, still = await asyncio.wait(self.tasks, timeout=self.options.grace)
            if still:
                for process in self.running.values():
                    process.kill()
                await asyncio.wait(still)
        for name, process in self.running.items():
            before = self.results[name]
            self.results[name] = ReplicaResult(name, None, before.starts, time.monotonic() - process.started)
        self.running.clear()
        self.tasks.clear()


def run(job: Job, options: LocalOptions, emit: Callable[[Event], None]) -> Outcome:
    """Run a job on this machine until it is over. An interrupt stops every replica, a second one kills them.

    Raises ConfigError when a program that a replica runs is not there.
    """
    if not options.directory.is_dir():
        raise ConfigError(f"the program's folder {options.directory} does not exist", fix="name another: --directory")
    if job.script and not (options.directory / job.script).is_file():
        raise ConfigError(
            f"{job.name} runs {job.script}, which {options.directory.resolve()} does not have",
            fix="correct script, or name the folder that stands for the image's: --directory",
        )
    try:
        options.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{options.work} cannot be made: {error.strerror}", fix="name a folder that can be written: --work"
        ) from None
    return asyncio.run(_with_signals(_Run(job, options, emit)))


async def _with_signals(run: _Run) -> Outcome:
    def interrupt() -> None:
        if run.stopping.is_set():
            for process in run.running.values():
                process.kill()
        run.stopping.set()

    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for number in _INTERRUPTED:
            loop.add_signal_handler(number, interrupt)
    return await run.run()


def _said(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
