"""Starting the user's program in a process of its own, and listening to it."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from mlinfra.engine.program.runner import SHOWN
from mlinfra.errors import ConfigError, MlinfraError
from mlinfra.stack import headstart
from mlinfra.stack.toolchain import find_python

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping

    from mlinfra.engine.events import Severity
    from mlinfra.engine.options import Options
    from mlinfra.stack.project import Project
    from mlinfra.stack.stack import Stack

RUNNER: Final = Path(__file__).with_name("runner.py")


class Program:
    """A running program. `print_line` gets what it prints ("info" or "info#err"), `ended` how it ended.

    That is None when all went well, "" when it failed and said why, and else a message. `process` is what `launch` gave.
    """

    def __init__(
        self,
        stack: Stack,
        address: str,
        *,
        dry_run: bool,
        parallel: int,
        env: Mapping[str, str],
        print_line: Callable[[Severity, str], None],
        ended: Callable[[str | None], None],
        process: subprocess.Popen[str] | None = None,
    ) -> None:
        project = stack.project
        settings = {
            "program": str(project.program), "project": project.name, "stack": stack.name,
            "organization": stack.organization, "root_directory": str(project.root), "monitor": address,
            "engine": address, "parallel": parallel, "dry_run": dry_run,
        }  # fmt: skip
        self._process = process or launch(stack, env)
        self._lifeline = _open(self._process.stdin)  # its other end tells the program when this process dies
        with contextlib.suppress(BrokenPipeError):
            self._lifeline.write(json.dumps(settings) + "\n")
            self._lifeline.flush()
        self._ended = ended
        self._readers = [
            threading.Thread(target=_read, args=(_open(stream), severity, print_line), daemon=True)
            for stream, severity in ((self._process.stdout, "info"), (self._process.stderr, "info#err"))
        ]
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        for thread in (*self._readers, self._waiter):
            thread.start()

    def _wait(self) -> None:
        for reader in self._readers:
            reader.join()
        status = self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._lifeline.close()
        if status == 0:
            self._ended(None)
        elif status == SHOWN:
            self._ended("")
        elif status < 0:
            self._ended(f"an unhandled error occurred: program was ended by signal {-status}")
        else:
            self._ended(f"an unhandled error occurred: program exited with non-zero exit code: {status}")

    def kill(self) -> None:
        """End the program at once."""
        self._process.kill()

    def join(self, patience: float) -> bool:
        """Wait for the program to end and for everything it printed, for so many seconds; returns whether it did."""
        self._waiter.join(patience)
        return not self._waiter.is_alive()


def _read(stream: IO[str], severity: Severity, print_line: Callable[[Severity, str], None]) -> None:
    for line in stream:
        print_line(severity, line)


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def require_program(project: Project) -> None:
    """Raises ConfigError when a project has no program."""
    if project.program.is_dir() and not (project.program / "__main__.py").is_file():
        raise ConfigError(
            f"{project.program} has no __main__.py",
            fix=f"write the program there, or name its folder as `main` in {project.file}",
        )


def launch(stack: Stack, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the Python that will run a stack's program: it imports Pulumi's SDK and waits for settings.

    Raises ConfigError when there is no program, or no Python to run it.
    """
    project = stack.project
    require_program(project)
    python = find_python(project)
    environment = {**python.activate(os.environ), **stack.config.environment(), **env}
    return headstart.run(python.executable, RUNNER, environment, project.workdir)


@contextlib.contextmanager
def getting_ready(stack: Stack, options: Options) -> Iterator[Options]:
    """Options with which a run finds the program's Python getting ready already.

    Both take about as long to import what they need, and do so at the same time.
    """
    if options.start is not None:
        yield options
        return
    try:
        process = launch(stack, options.env)
    except (MlinfraError, OSError):
        yield options  # the run will meet it too, and report it
        return
    try:
        yield replace(options, start=partial(Program, process=process))
    finally:
        if process.poll() is None:  # the run did not come to its program
            process.kill()
            process.communicate()
