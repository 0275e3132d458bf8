"""Build the control plane's programs with a display of how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlinfra.cli.terminal import console, say

if TYPE_CHECKING:
    from rich.progress import TaskID

    from mlinfra.sandbox.controlplane.build import Progress


def build_programs() -> None:
    """Build what is not built yet. Raises `SandboxError` when that cannot be done."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    from mlinfra.sandbox.controlplane.build import build, built
    from mlinfra.sandbox.controlplane.toolchain import Go

    if built() is not None:
        return
    Go.find()
    say(
        "Building the control plane from source. This is done once: ten minutes on two free cores; it can be interrupted."
    )
    screen = console("err")
    if not screen.is_terminal:
        build(_say)
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Bars(*columns, console=screen) as bars:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            title = f"{progress.module.path} {progress.module.version}"
            if title not in tasks:
                tasks[title] = bars.add_task(f"{title}: fetching", total=None)
            if progress.total:
                bars.update(tasks[title], description=title, completed=progress.done, total=progress.total)

        build(show)


def _say(progress: Progress) -> None:
    """A line for every tenth of a module."""
    title = f"{progress.module.path} {progress.module.version}"
    if progress.total == 0:
        say(f"  {title}: fetching")
    elif progress.done % max(1, progress.total // 10) == 0:
        say(f"  {title}: {progress.done} of {progress.total} packages")
