"""The emulated account: moto and the overlay in front of it, and what is kept of them between two servers."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlinfra.sandbox.server.files import ServerFiles
    from mlinfra.sandbox.server.wire import Environ, StartResponse

log = logging.getLogger("mlinfra.sandbox")

# moto reads these when it is imported.
SETTINGS: Final = {
    "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page may read the account
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # A dozen images under the names that AWS gives today, with made-up ids, so that look-ups by name find one; moto's
    # own thousand are from 2019 and take half a second to read.
    "MOTO_AMIS_PATH": str(Path(__file__).with_name("images.json")),
}
QUIET_SECONDS: Final = 5.0  # an account that changed is written once nothing has changed for so long,
PATIENCE_SECONDS: Final = 60.0  # or, if that does not come, after so long


class Account:
    """One AWS account. `generation` names it: a new one begins whenever it is empty and new.

    `claims` is what the provider wants kept with it, `objects` what its Kubernetes clusters hold; the providers say by
    `changes` that one has changed.

    What it holds is written to disk in quiet moments and by `keep`. From the first change on until it is written, a
    mark says that the copy on disk is out of date: a server that dies meanwhile leaves nothing that could be mistaken
    for the account as it was.
    """

    def __init__(self, files: ServerFiles) -> None:
        os.environ.update(SETTINGS)
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from mlinfra.sandbox.server.overlay import Overlay

        class Moto(DomainDispatcherApplication):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__(create_backend_app)
                # moto would look at each of its folders on disk for every request.
                self._known = cache(super().get_backend_for_host)

            def get_backend_for_host(self, host: str | None) -> Any:
                backend = self._known(host)
                if host is not None and backend is None:
                    raise NotImplementedError(host)
                return backend

        self._files = files
        self.claims: dict[Any, Any] = {}
        self.objects: dict[Any, Any] = {}
        self.objects_lock = threading.RLock()
        self._overlay = Overlay(Moto(), self.changes, files.enforcing.exists)
        self._changed_first = self._changed_last = 0.0  # 0: as written
        self._marking = threading.Lock()
        self.generation = self._taken_up() or str(uuid.uuid4())

    def answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer an AWS request (WSGI)."""
        return self._overlay.respond(environ).send(start_response)

    def reset(self) -> None:
        """Make the account empty and new."""
        with self._overlay.exclusive():
            self._files.snapshot.unlink(missing_ok=True)
            self._overlay.reset()
            self.claims.clear()
            with self.objects_lock:
                self.objects.clear()
            self.generation = str(uuid.uuid4())
            self.changes()

    def changes(self) -> None:
        """Note that the copy on disk is out of date from now on."""
        with self._marking:
            self._changed_last = time.monotonic()
            if not self._changed_first:
                self._changed_first = self._changed_last
                self._files.outdated.touch(mode=0o600)

    @property
    def revision(self) -> float:
        """Differs after every change."""
        return self._changed_last

    def used(self) -> list[Any]:
        """The services, by the names that requests are signed with, and regions asked so far."""
        return sorted(self._overlay.used)

    def keep(self) -> None:
        """Write the account to disk if it has changed and the moment is quiet."""
        now = time.monotonic()
        quiet = now - self._changed_last > QUIET_SECONDS or now - self._changed_first > PATIENCE_SECONDS
        if self._changed_first and quiet:
            with self._overlay.exclusive():
                self._write()

    def close(self) -> None:
        """Write the account to disk, and answer no more."""
        self._overlay.exclusive().__enter__()  # never to be left: a change from now on would be lost
        self._write()

    def _write(self) -> None:
        from mlinfra.sandbox.server.snapshot import save

        written = self._changed_last
        try:
            with self.objects_lock:
                ours = (self._overlay.state(), dict(self.claims), self.objects)
                save(self._files.snapshot, self.generation, ours)
        except Exception:
            log.exception("the account cannot be written to %s; it lasts as long as this server", self._files.snapshot)
            self._changed_first = self._changed_last = time.monotonic()  # try again later
            return
        with self._marking:
            if self._changed_last == written:  # else a provider has changed something meanwhile
                self._changed_first = 0.0
                self._files.outdated.unlink(missing_ok=True)

    def _taken_up(self) -> str | None:
        """The generation of the account on disk, taken up; None where there is none that can be."""
        if not self._files.snapshot.exists():
            return None
        if self._files.outdated.exists():
            log.warning("the last server died with changes that it had not written: a new, empty account begins")
            self._files.snapshot.unlink()  # first: without its mark it would be taken for the account as it was
            self._files.outdated.unlink()
            return None
        from mlinfra.sandbox.server.snapshot import SnapshotError, load

        try:
            generation, (state, claims, *others) = load(self._files.snapshot)
        except SnapshotError as error:
            aside = self._files.snapshot.replace(self._files.snapshot.with_suffix(".unreadable"))
            log.warning("the account on disk cannot be read (%s): a new, empty account begins; see %s", error, aside)
            return None
        self._overlay.restore(state)
        self.claims.update(claims)
        for objects in others:  # none in an account of a version without them
            self.objects.update(objects)
        return generation
