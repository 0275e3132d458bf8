"""Runs a program as `runner` does, for a look at what it declares: with SDKs that load lazily, and an exit without ceremony.

Tearing down an interpreter that has a hundred thousand objects of generated SDKs takes most of a second.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading

import lazy  # type: ignore[import-not-found]
import runner  # type: ignore[import-not-found]


def leave(status: int) -> None:
    """End the process once everything that the program left to do at its exit is done and written."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter does next
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    lazy.install()
    leave(runner.main())
