"""One at a time, in the order of arrival."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlinfra.engine.arrivals import Arrivals


class Turns:
    """A fair lock for `with`. The thread that has the turn may take it again, and may let others go first.

    Calls from the program queue up in the order in which they came.
    """

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._parked: list[threading.Lock] = []
        self._taken = False
        self._holder = 0  # the thread that has the turn; 0 while it goes from one to the next
        self._depth = 0

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            self._depth += 1
        else:
            self._take()

    def __exit__(self, *error: object) -> None:
        if self._depth:
            self._depth -= 1
        else:
            self._give()

    def _take(self) -> None:
        with self._arrivals.first(), self._mutex:
            gate = None if not self._taken else threading.Lock()
            self._taken = True
            if gate is not None:
                gate.acquire()
                self._waiting.append(gate)
        if gate is not None:
            gate.acquire()
        self._holder = threading.get_ident()

    def _give(self) -> None:
        with self._mutex:
            self._holder = 0
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others go on during the block, if this thread has the turn."""
        if self._holder != threading.get_ident():
            yield
            return
        depth, self._depth = self._depth, 0
        self._give()
        try:
            yield
        finally:
            self._take()
            self._depth = depth

    def park(self) -> None:
        """Let others go on until one of them calls `unpark`."""
        gate = threading.Lock()
        gate.acquire()
        depth, self._depth = self._depth, 0
        with self._mutex:
            self._parked.append(gate)
        self._give()
        gate.acquire()
        self._holder, self._depth = threading.get_ident(), depth

    def unpark(self) -> None:
        """Have those who are parked go next, before all who wait."""
        with self._mutex:
            self._waiting.extendleft(reversed(self._parked))
            self._parked.clear()

    def after_next(self) -> None:
        """Let one go first, if anybody waits."""
        with self._mutex:
            if not self._waiting:
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.insert(1, gate)
        depth, self._depth = self._depth, 0
        self._give()
        gate.acquire()
        self._holder, self._depth = threading.get_ident(), depth
