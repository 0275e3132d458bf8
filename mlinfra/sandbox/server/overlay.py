"""One coherent account out of two: moto, and beside it what moto lacks. A WSGI application in front of moto's."""

from __future__ import annotations

import importlib
import logging
import threading
from typing import TYPE_CHECKING, Any

from mlinfra.sandbox.server import tables
from mlinfra.sandbox.server.corrections import correct
from mlinfra.sandbox.server.failures import no_such_operation, not_emulated
from mlinfra.sandbox.server.memory import Memories
from mlinfra.sandbox.server.store import Refusal, Store, error
from mlinfra.sandbox.server.tagging import tag
from mlinfra.sandbox.server.values import Record, same_name
from mlinfra.sandbox.server.wire import (
    Application,
    AwsError,
    Call,
    Environ,
    Origin,
    Response,
    buffer,
    changes,
    operation_name,
    origin_of,
    run,
    understand,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from mlinfra.sandbox.server.tables import Service

log = logging.getLogger("mlinfra.sandbox")


class Overlay:
    """Answers every AWS request: what the tables mention here, the rest by moto, one request at a time.

    moto is not safe to call from several threads (it iterates over dicts that other requests change), and a check
    and the change that relies on it must not be torn apart. `used` are the services and regions asked so far. While `enforces` says so, callers with keys
    of IAM may do only what their policies allow.
    """

    def __init__(
        self,
        moto: Application,
        on_change: Callable[[], None] = lambda: None,
        enforces: Callable[[], bool] = lambda: False,
    ) -> None:
        self._moto = moto
        self._on_change = on_change
        self._enforces = enforces
        self._lock = threading.RLock()
        self.store = Store(self._respond)
        self.memories = Memories(self.store)
        self.used: set[tuple[str, str]] = set()

    def respond(self, environ: Environ) -> Response:
        """The answer to a request."""
        buffer(environ)
        origin = origin_of(environ)
        with self._lock:
            try:
                if origin is not None:
                    correct(origin.signed)
                    self.used.add((origin.signed, origin.region))
                    refused = self._refuse(environ, origin)
                    if refused is not None:
                        return refused
                if changes(environ):
                    self._on_change()
                call = _understood(environ, origin)
                return self._respond(call) if call else self._ask_moto(environ, origin)
            except Exception as failure:
                log.exception("no answer to %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
                return not_emulated(environ, origin, failure=failure)

    def exclusive(self) -> AbstractContextManager[Any]:
        """No request is answered meanwhile."""
        return self._lock

    def reset(self) -> None:
        """Forget everything, here and in moto."""
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()
        self.store.records.clear()
        self.memories.said.clear()
        self.used.clear()

    def state(self) -> Any:
        """Everything that is here, to be kept and given back to `restore`."""
        return self.store.records, self.memories.said, self.used

    def restore(self, state: Any) -> None:
        """Take up where another process left off."""
        self.store.records, self.memories.said, self.used = state

    def _refuse(self, environ: Environ, origin: Origin) -> Response | None:
        """The answer to a caller who may not ask this, where IAM is enforced."""
        if not self._enforces():
            return None
        from moto.iam.models import get_account_id_from

        from mlinfra.sandbox.iam import gate

        def boundary(user: str) -> str | None:  # which is not moto's to know
            users: Any = self.memories.said.get((get_account_id_from(origin.key), "", "iam", "User"), {})
            said = users.get((user,))
            return said.settings.get("PermissionsBoundary.PermissionsBoundaryArn") if said else None

        return gate.refuse(environ, origin, boundary)

    def _respond(self, call: Call) -> Response:
        try:
            return self._answer(tables.load(call.origin.signed), call)
        except AwsError as refused:
            return call.answer(refused)
        except Refusal as refusal:
            return refusal.response

    def _answer(self, table: Service, call: Call) -> Response:
        name = call.name
        if name in table.tags.values():
            left = tag(self.store, self.memories, table, call)
            return self._pass_on(table, left) if isinstance(left, Call) else call.answer(left)
        resource = table.acted.get(name)
        if resource is None or resource.operations[name].join:
            return self._pass_on(table, call)
        children = self._protect(table, call)
        result = self.store.act(table, call)
        for records, key in children:
            del records[key]
        return call.answer(result)

    def _pass_on(self, table: Service, call: Call) -> Response:
        """Have moto answer, add what it forgets, and end what ends with what it deletes."""
        if call.name in table.emulated:
            return call.answer(self.memories.emulate(table, call))
        if call.name in table.drops:
            return call.answer(_drop(table, call))
        if table.moto and call.name not in table.moto:
            return not_emulated(call.environ, call.origin, call.name)
        if call.name in table.acted:
            return self._join(table, call)
        children = self._protect(table, call)
        response = self._ask_moto(call.environ, call.origin)
        if response.ok:
            for records, key in children:
                del records[key]
            response = self.memories.heed(table, call, response)
        return response

    def _join(self, table: Service, call: Call) -> Response:
        """Ask for things, or end things, that are partly here and partly moto's."""
        resource = table.acted[call.name]
        operation = resource.operations[call.name]
        records = self.store.of(table, resource, call)
        if operation.verb == "delete":
            asked = call.params.get(operation.each) or []
            ours = [one for one in asked if any(same_name(key[-1], one) for key in records)]
            result = self.store.act(table, call.another(call.name, call.params | {operation.each: ours}))
            theirs = [one for one in asked if one not in ours]
            other = call.another(call.name, call.params | {operation.each: theirs})
            return self._ask_moto(other.environ, call.origin) if theirs or not ours else call.answer(result)
        response = self._ask_moto(call.environ, call.origin)
        if not records:
            return response
        if operation.verb == "read":
            return call.answer(self.store.act(table, call)) if self.store.holds(table, call) else response
        result = self.store.act(table, call)
        answer = call.read(response) if response.ok else {}
        joined = {name: [*answer.get(name, []), *items] for name, items in result.items() if isinstance(items, list)}
        return call.answer(answer | joined) if response.ok else response

    def _protect(self, table: Service, call: Call) -> list[Any]:
        """The children of what the call deletes, unless one of them forbids it."""
        children = list(self.store.children(table, call))
        for refuse, _, key in children:
            if refuse:
                raise error(refuse, f"it is still in use by {' '.join(str(part) for part in key)}")
        return [(records, key) for _, records, key in children]

    def _ask_moto(self, environ: Environ, origin: Origin | None) -> Response:
        try:
            response = run(self._moto, environ)
        except NotImplementedError:
            return not_emulated(environ, origin)
        except KeyError as failure:
            # Where moto looks a thing up without looking whether it is there.
            missing = _missing(environ, origin, failure.args[0]) if origin and failure.args else None
            if missing is None:
                raise
            return missing
        return not_emulated(environ, origin) if no_such_operation(environ, origin, response) else response


def _missing(environ: Environ, origin: Origin, key: Any) -> Response | None:
    """That what the request names does not exist, if the key is the name of anything in the request."""
    if origin.signed not in tables.signed_as():
        return None
    table = tables.load(origin.signed)
    name = operation_name(environ, table.service)
    call = understand(environ, origin, table.service, name) if name else None
    if call is None or not any(same_name(key, value) for value in call.params.values()):
        return None
    return call.answer(error(table.errors["missing"], f"{key} does not exist"))


def _understood(environ: Environ, origin: Origin | None) -> Call | None:
    """The call, if the tables say anything of it."""
    if origin is None or origin.signed not in tables.signed_as():
        return None
    if environ["PATH_INFO"].startswith("/v20180820/"):  # S3 Control, signed like S3
        return None
    table = tables.load(origin.signed)
    name = operation_name(environ, table.service)
    concerned = name in table.concerned or (name and table.moto and name not in table.moto)
    return understand(environ, origin, table.service, name) if concerned else None


def _drop(table: Service, call: Call) -> Record:
    drop = table.drops[call.name]
    module, _, attribute = drop.backend.partition(":")
    backends = getattr(importlib.import_module(module), attribute)
    container = getattr(backends[call.account]["aws" if table.world else call.origin.region], drop.container)
    wanted = [(drop.match[member], value) for member, value in call.params.items() if member in drop.match]
    for key, value in list(container.items()):
        if wanted and all(same_name(getattr(value, name) if name else key, one) for name, one in wanted):
            del container[key]
            return {}
    named = " ".join(str(one) for _, one in wanted)
    raise error(drop.missing or table.errors["missing"], f"{named} does not exist")
