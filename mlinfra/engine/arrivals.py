"""Threads that take up calls in the order in which they came."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Arrivals(ThreadPoolExecutor):
    """The threads of a gRPC server. Which of two calls that come at nearly the same time goes first is left to no chance.

    The server has one thread that hands calls to this pool as they come; from then on each is on its own.
    """

    def __init__(self, threads: int) -> None:
        super().__init__(threads, "monitor")
        self._changed = threading.Condition()
        self._coming: dict[object, None] = {}  # in order
        self._mine = threading.local()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """See Executor."""
        ticket = object()
        with self._changed:
            self._coming[ticket] = None

        def call() -> _T:
            self._mine.ticket = ticket
            try:
                return fn(*args, **kwargs)
            finally:
                self.begin()

        return super().submit(call)

    def begin(self) -> None:
        """In a call: wait until all that came earlier have begun, if only to end."""
        with self.first():
            pass

    @contextmanager
    def first(self) -> Iterator[None]:
        """Begin a call with this block: what came later begins after it. In a call that has begun nothing is waited for."""
        ticket = getattr(self._mine, "ticket", None)
        if ticket is None:
            yield
            return
        self._mine.ticket = None
        with self._changed:
            self._changed.wait_for(lambda: next(iter(self._coming)) is ticket)
        try:
            yield
        finally:
            with self._changed:
                del self._coming[ticket]
                self._changed.notify_all()
