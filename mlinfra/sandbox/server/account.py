"""The emulated account: moto as a WSGI application, prepared to answer as a fresh AWS account does."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# moto reads these when it is imported.
SETTINGS: Final = {
    "MOTO_ACCOUNT_ID": "123456789012",
    "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page may read the account
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


class Account:
    """One AWS account in memory. `application` answers the AWS protocols; `generation` names this account."""

    def __init__(self) -> None:
        os.environ.update(SETTINGS)
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

        self.application: Application = DomainDispatcherApplication(create_backend_app)
        self.generation = str(uuid.uuid4())
        self._lock = threading.RLock()

    def reset(self) -> None:
        """Make the account empty and new."""
        from moto.moto_api._internal.models import moto_api_backend  # noqa: PLC0415

        with self._lock:
            moto_api_backend.reset()
            self.generation = str(uuid.uuid4())
