"""Which project and stack a command means, and the stack that was used last."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from typing import TYPE_CHECKING

from mlinfra.cli.terminal import choose, say
from mlinfra.errors import ConfigError, StateError
from mlinfra.stack.project import Project
from mlinfra.stack.stack import Stack, default_home, stacks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mlinfra.cli.options import Where

DEFAULT = "dev"
_PATIENCE = 60.0  # seconds that a run may take to end after it was interrupted


def open_project(where: Where) -> Project:
    """The project that is meant; from here on the terminal is as the options say."""
    choose(color=where.color, interactive=not where.non_interactive)
    return Project.load(where.directory)


def open_stack(where: Where, *, make: bool = False) -> Stack:
    """The stack that is meant: the one named, else the one used last, else the only one, else `dev`.

    Raises ConfigError when it does not exist, unless with `make`.
    """
    stack = named_stack(where)
    project = stack.project
    if not stack.exists:
        if not make:
            raise no_such_stack(stack, [summary.name for summary in stacks(stack.home, project.name)])
        say(
            f"Stack {stack.name} is new."
            + ("" if project.stack_file(stack.name).is_file() else f" It has no {project.stack_file(stack.name).name}.")
        )
    _remember(stack)
    return stack


def declared_stack(where: Where) -> Stack:
    """The stack that is meant, as `named_stack`; one that was named must be deployed or have its configuration.

    A project without any stack's configuration needs none. Raises ConfigError.
    """
    stack = named_stack(where)
    configured = stack.project.stacks()
    if where.stack and configured and stack.name not in configured and not stack.exists:
        raise no_such_stack(stack, configured)
    return stack


def no_such_stack(stack: Stack, known: Sequence[str]) -> ConfigError:
    """What to say when a stack was meant that is not there."""
    return ConfigError(
        f"there is no stack {stack.name!r} of the project {stack.project.name!r}"
        + (f"; there is {', '.join(known)}" if known else ""),
        fix="name one with --stack" if known else "`mlinfra up` makes it",
    )


def named_stack(where: Where) -> Stack:
    """The stack that is meant, as `open_stack` finds it, deployed or not."""
    project = open_project(where)
    for override in where.overrides:
        key, equals, _ = override.partition("=")
        if not key or not equals:
            what = "value" if key else "key"
            raise ConfigError(f"--config {override!r} has no {what}", fix=f"write --config {key or 'key'}=value")
    return Stack.open(project, where.stack or _default(project), overrides=where.overrides, paths=where.paths)


def _default(project: Project) -> str:
    home = default_home()
    deployed = [summary.name for summary in stacks(home, project.name)]
    with contextlib.suppress(OSError, UnicodeDecodeError):
        last = _selection(home, project).read_text(encoding="utf-8").strip()
        if last in deployed:
            return last
    return deployed[0] if len(deployed) == 1 else DEFAULT


def _remember(stack: Stack) -> None:
    # A home that cannot be written is reported by whoever must write something that matters.
    with contextlib.suppress(OSError):
        file = _selection(stack.home, stack.project)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(stack.name + "\n", encoding="utf-8")


def _selection(home: Path, project: Project) -> Path:
    return home / "state" / project.name / ".selected"


def stop_holder(stack: Stack) -> None:
    """Interrupt the process that has the stack's lock, or drop the lock when there is no such process any more.

    Raises StateError when the process does not give up the lock in time.
    """
    holder, alive = stack.holder() or (None, False)
    if holder is None:
        return
    if not alive or holder.host != socket.gethostname():
        stack.unlock()
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(holder.pid, signal.SIGINT)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if stack.holder() is None:
            return
        time.sleep(0.1)
    raise StateError(f"{stack} is still locked: {holder}", fix=f"wait for it, or `kill -9 {holder.pid}`")
