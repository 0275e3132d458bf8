"""The emulated account: moto and the overlay in front of it, prepared to answer as a fresh AWS account does."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlinfra.sandbox.server.wire import Environ, StartResponse

# moto reads these when it is imported.
SETTINGS: Final = {
    "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page may read the account
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


class Account:
    """One AWS account in memory. `generation` names it: a new one begins whenever it is empty and new."""

    def __init__(self) -> None:
        os.environ.update(SETTINGS)
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

        from mlinfra.sandbox.server.overlay import Overlay  # noqa: PLC0415

        class Moto(DomainDispatcherApplication):  # type: ignore[misc]
            def get_backend_for_host(self, host: str | None) -> Any:
                backend = super().get_backend_for_host(host)
                if host is not None and backend is None:
                    raise NotImplementedError(host)
                return backend

        self._overlay = Overlay(Moto(create_backend_app))
        self.generation = str(uuid.uuid4())

    def answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer an AWS request (WSGI)."""
        return self._overlay.respond(environ).send(start_response)

    def reset(self) -> None:
        """Make the account empty and new."""
        self._overlay.reset()
        self.generation = str(uuid.uuid4())

    def used(self) -> list[Any]:
        """The services, by the names that requests are signed with, and regions asked so far."""
        return sorted(self._overlay.used)
