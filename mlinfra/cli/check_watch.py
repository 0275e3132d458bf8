"""`mlinfra check --watch`: check again after every save."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlinfra.cli.terminal import console, say, show_error
from mlinfra.errors import MlinfraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlinfra.cli.checking import Checking
    from mlinfra.offline.warm import Warm

KINDS: Final = (".py", ".yaml", ".yml", ".json", ".toml")
_NOT_THEIRS: Final = frozenset({"__pycache__", "node_modules", "site-packages"})
_PAUSE: Final = 0.1  # seconds between looks, or five times what a look takes: a look must cost next to nothing

_SETTLED: Final = 0.02  # seconds without a change after which a save is taken to be whole: many a file is emptied first

Seen = dict[str, tuple[int, int]]


def keep_checking(again: Callable[[], Checking]) -> None:
    """Check, and again whenever a file of the project changes, until interrupted. `again` reads the options anew."""
    from mlinfra.offline.warm import Warm

    checking = again()
    assert checking.stack is not None
    warm = Warm(checking.stack)
    interrupted = False

    def interrupt(*_: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        while True:
            seen = look(checking.root, warm.files)
            _once(again, warm)
            if interrupted:  # Python drops what is raised in finalizers and callbacks
                break
            say("watching for changes; Ctrl-C ends it", style="dim")
            # What was saved during the check counts too: compared is with what was there before it.
            wait_for_change(checking.root, lambda: warm.files, seen)
            if console().is_terminal:
                console().clear()
    except KeyboardInterrupt:
        say()
    finally:
        signal.signal(signal.SIGINT, before)
        warm.close()


def _once(again: Callable[[], Checking], warm: Warm) -> None:
    try:
        checking = again()
        checking.warm = warm
        checking.once()
    except MlinfraError as error:
        show_error(error)


def wait_for_change(root: Path, files: Callable[[], Iterable[str]], seen: Seen) -> None:
    """Wait until a file is not as it was seen, and nothing changes any more."""
    while True:
        began = time.perf_counter()
        if (now := look(root, files())) != seen:
            break
        time.sleep(max(_PAUSE, 5 * (time.perf_counter() - began)))
    while True:
        time.sleep(_SETTLED)
        before, now = now, look(root, files())
        if now == before:
            return


def look(root: Path, files: Iterable[str]) -> Seen:
    """The files of a project and others that its program has loaded: when each was changed, and its size."""
    found: Seen = {}
    for file in (*_below(str(root)), *files):
        try:
            about = os.stat(file)  # noqa: PTH116 - thousands of them, ten times a second
        except OSError:
            continue
        found[file] = (about.st_mtime_ns, about.st_size)
    return found


def _below(folder: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _NOT_THEIRS:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path)
        elif entry.name.endswith(KINDS):
            yield entry.path
