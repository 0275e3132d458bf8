"""What was created for an engine that may not have learnt of it.

An engine that is killed while it creates a resource writes nothing but "creating" into its state, and creates the
resource again on its next run. A cloud cannot know; the sandbox can. Every creation leaves a claim, keyed by the provider
instance (whose id lives in the stack's state, so that another state is another stack) and the URN. The claim goes as
soon as a later call shows that the engine knows the id. A second creation under a claim adopts what the first one made.
Claims are kept with the account: what a server that has ended made, the next one still knows.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from mlinfra.stack.values import Properties

Key = tuple[str, str]  # provider instance, URN


@dataclass(frozen=True, slots=True)
class Claim:
    """A resource that was made: its type, region, id, and the inputs it was made with."""

    type: str
    region: str
    id: str
    inputs: Properties


class Claims:
    """The claims of one account; a claim on what is no longer there is found out by reading it.

    `kept` is where they are kept, and `changed` is told that there is one more to keep.
    """

    def __init__(
        self, kept: MutableMapping[Key, Claim] | None = None, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._claims: MutableMapping[Key, Claim] = {} if kept is None else kept
        self._changed = changed
        self._locks: defaultdict[Key, threading.RLock] = defaultdict(threading.RLock)
        self._guard = threading.Lock()

    @contextmanager
    def held(self, key: Key) -> Iterator[None]:
        """Hold the resource: what a killed engine began ends before the next engine's call for it begins."""
        with self._guard:
            lock = self._locks[key]
        with lock:
            yield

    def get(self, key: Key) -> Claim | None:
        """The claim on a resource that the engine may not know of."""
        return self._claims.get(key)

    def made(self, key: Key, claim: Claim) -> None:
        """Remember what was made, before anything else can fail."""
        self._claims[key] = claim
        self._changed()

    def known(self, key: Key, id: str = "", inputs: Properties | None = None) -> None:
        """The engine names a resource by its id, or shows the inputs that were created with: it knows of it."""
        claim = self._claims.get(key)
        if claim is not None and (claim.id == id or (inputs is not None and claim.inputs == inputs)):
            self._claims.pop(key, None)

    def drop(self, key: Key) -> None:
        """Forget a claim whose resource is gone."""
        self._claims.pop(key, None)
