"""The server process: the account behind HTTP and Pulumi's providers behind gRPC, all on 127.0.0.1 only."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from mlinfra.sandbox.server.account import Account
from mlinfra.sandbox.server.files import ADMIN, DEFAULT_PORT, HOST, SandboxError, ServerFiles, ServerInfo, take

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlinfra.sandbox.aws.account import Account as AwsAccount
    from mlinfra.sandbox.controlplane.service import Service
    from mlinfra.sandbox.server.wire import Environ, StartResponse

log = logging.getLogger("mlinfra.sandbox")
GRACE_SECONDS: Final = 10.0  # for what the provider is doing when the server is told to stop
COLLECTED: Final = 50_000  # objects made and not let go of before garbage is looked for
HANDOVER_SECONDS: Final = 30.0  # how long the server before this one may take to end


class Server:
    """The server of one home directory, from `open()` to the end of `serve()`."""

    def __init__(self, home: Path, *, port: int | None, idle_seconds: float) -> None:
        self.files = ServerFiles(home)
        self.idle_seconds = idle_seconds
        self._wanted_port = port
        self._last_request = time.monotonic()
        self._stopping = threading.Event()
        self._switching = False
        self._providers: list[Any] = []
        self.control_plane = self._control_plane(home)

    def open(self) -> ServerInfo:
        """Take the home and the port, bring up the account and the provider, and tell the world.

        Raises `SandboxError` when the port is in use or another server keeps the home.
        """
        self.files.make()
        self._running = take(self.files.running, HANDOVER_SECONDS)
        if self._running is None:
            message = f"another sandbox server keeps {self.files.directory} and does not answer"
            raise SandboxError(message, fix="run `mlinfra sandbox stop`, which ends it")
        listener = _listen(self._wanted_port)
        from werkzeug.serving import make_server

        from mlinfra.sandbox.server.handler import Handler

        port = listener.getsockname()[1]
        self.account = Account(self.files)
        self._http = make_server(HOST, port, self._answer, threaded=True, request_handler=Handler, fd=listener.detach())
        self.info = ServerInfo(
            pid=os.getpid(),
            endpoint_url=f"http://{HOST}:{port}",
            provider_port=0,
            generation=self.account.generation,
            started=time.time(),
        )
        self._serve_provider()
        self._serve_kubernetes()
        if self.control_plane.wanted:
            self._update(kubeconfig=self.control_plane.start().kubeconfig)
        self.files.write(self.info)
        return self.info

    def serve(self) -> None:
        """Answer until told to stop by SIGTERM, or until nobody has asked anything for the idle time."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop("told to"))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self._watch, daemon=True).start()
        log.info("serving %s, account %s", self.info.endpoint_url, self.info.generation)
        gc.freeze()  # hundreds of modules, and garbage comes in small pieces
        gc.set_threshold(COLLECTED, 20, 50)
        self._http.serve_forever(poll_interval=0.1)
        self.control_plane.stop()
        self.files.info.unlink(missing_ok=True)
        self.account.close()

    def _serve_provider(self) -> None:
        """Serve the provider as well. Without it the account still answers any AWS client, so the server goes on."""
        try:
            from mlinfra.sandbox.aws import serve
            from mlinfra.sandbox.aws.claims import Claims

            claims = Claims(self.account.claims, self.account.changes)
            server, port = serve(self.info.endpoint_url, application=self._answer, claims=claims)
        except Exception:
            log.exception("the provider is not served")
        else:
            self._providers.append(server)
            self._update(provider_port=port)

    def _serve_kubernetes(self) -> None:
        """Serve the provider of Kubernetes too, on the clusters of the account."""
        try:
            from mlinfra.sandbox.aws.account import Account as AwsAccount
            from mlinfra.sandbox.kubernetes.chosen import Chosen
            from mlinfra.sandbox.kubernetes.clusters import Clusters
            from mlinfra.sandbox.kubernetes.server import serve
            from mlinfra.sandbox.kubernetes.store import Stores

            account = AwsAccount(self.info.endpoint_url, self._answer)
            stores = Stores(self.account.objects, self._objects_change, self.account.objects_lock)
            self._clusters = Clusters(
                account, lambda: {region for signed, region in self.account.used() if signed == "eks"}
            )
            self._backend = Chosen(stores, self.control_plane)
            server, port = serve(self._backend, self._clusters)
        except Exception:
            log.exception("the provider kubernetes is not served")
        else:
            self._providers.append(server)
            self._update(kubernetes_port=port)

    def _objects_change(self) -> None:
        self._last_request = time.monotonic()
        self.account.changes()

    def _objects(self) -> dict[str, Any]:
        """What exists in the clusters that exist."""
        self._backend.keep(self._clusters.keys())
        return {name: list(found) for name, found in self._backend.inventory().items()}

    def _control_plane(self, home: Path) -> Service:
        from mlinfra.sandbox.controlplane.service import Service

        def account() -> AwsAccount:
            from mlinfra.sandbox.aws.account import Account as AwsAccount

            return AwsAccount(self.info.endpoint_url, self.account.answer)

        return Service(home, account, lambda: self.account.revision)

    def _update(self, **changes: Any) -> None:
        self.info = ServerInfo(**{**vars(self.info), **changes})

    def _switch(self, *, on: bool) -> None:
        """Run a control plane from now on, or none. What stacks have in their clusters does not come along."""
        if on != bool(self.info.kubeconfig) and (left := self._objects()):
            message = f"there are objects in {', '.join(sorted(left))}, which would be lost to their stacks"
            raise SandboxError(message, fix="destroy those stacks first, or run `mlinfra sandbox reset`")
        self._switching = True  # takes longer than some idle times
        try:
            if on:
                self._update(kubeconfig=self.control_plane.start().kubeconfig)
            else:
                self.control_plane.stop(for_good=True)
                self._update(kubeconfig="")
        finally:
            self._last_request, self._switching = time.monotonic(), False
        self.files.write(self.info)

    def _stop(self, why: str) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            log.info("stopping: %s", why)
            # serve_forever runs in the main thread, which is also where signals arrive: it cannot wait for itself.
            threading.Thread(target=self._shut_down, daemon=True).start()

    def _shut_down(self) -> None:
        """Let the providers finish what they are doing, for which they need the account; then stop answering."""
        for stopped in [provider.stop(GRACE_SECONDS) for provider in self._providers]:
            stopped.wait()
        self._http.shutdown()

    def _watch(self) -> None:
        """Keep the account in quiet moments, and end the server after long ones."""
        while not self._stopping.wait(min(1.0, self.idle_seconds)):
            if not self._switching and time.monotonic() - self._last_request > self.idle_seconds:
                self._stop(f"no request for {self.idle_seconds:.0f} s")
            else:
                self.account.keep()
                self.control_plane.keep()

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self._last_request = time.monotonic()
        refusal = _refusal(environ)
        if refusal:
            return _plain(start_response, "403 Forbidden", refusal)
        path = environ["PATH_INFO"]
        if path.startswith("/moto-api"):  # would change the account without its generation changing
            return _plain(start_response, "404 Not Found", "the sandbox does not serve moto's own API")
        if path.startswith(ADMIN):
            return self._administer(environ["REQUEST_METHOD"], path.removeprefix(ADMIN), start_response)
        return self.account.answer(environ, start_response)

    def _administer(self, method: str, what: str, start_response: StartResponse) -> Iterable[bytes]:
        if (method, what) == ("POST", "reset"):
            self.account.reset()
            self.control_plane.reset()
            self._update(generation=self.account.generation)
            self.files.write(self.info)
        elif method == "POST" and what in {"control-plane", "no-control-plane"}:
            try:
                self._switch(on=what == "control-plane")
            except SandboxError as error:
                said = json.dumps({"error": error.message, "fix": error.fix})
                return _plain(start_response, "503 Service Unavailable", said, "application/json")
        elif (method, what) == ("GET", "used"):
            return _plain(start_response, "200 OK", json.dumps(self.account.used()), "application/json")
        elif (method, what) == ("GET", "kubernetes"):
            return _plain(start_response, "200 OK", json.dumps(self._objects()), "application/json")
        elif (method, what) != ("GET", "status"):
            return _plain(start_response, "404 Not Found", f"the sandbox has no {method} {ADMIN}{what}")
        return _plain(start_response, "200 OK", json.dumps(vars(self.info)), "application/json")


def _listen(port: int | None) -> socket.socket:
    """A listening socket on the wanted port; on 5566 or else any free port when none is wanted."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    wanted = DEFAULT_PORT if port is None else port
    try:
        listener.bind((HOST, wanted))
    except OSError as error:
        listener.close()
        if port is None:
            return _listen(0)
        message = f"the sandbox cannot listen on {HOST}:{port}: {error.strerror}"
        raise SandboxError(
            message, fix="end what uses the port, or choose another one (0 takes any free one)"
        ) from error
    listener.listen(128)
    return listener


def _refusal(environ: Environ) -> str:
    """Why this request is none of ours: it comes from a web page, or under a name that is not this machine's."""
    for header in ("HTTP_HOST", "HTTP_ORIGIN"):
        value = environ.get(header)
        if value is None:
            continue
        name = urlsplit(value if "//" in value else f"//{value}").hostname or ""
        # S3 and S3 Control put the bucket or the account before the host: data.localhost, 123456789012.127.0.0.1
        if name not in {HOST, "localhost"} and not name.endswith((".localhost", f".{HOST}")):
            return f"the sandbox answers requests from this machine only, not those with {header[5:].title()}: {value}"
    return ""


def _plain(start_response: StartResponse, status: str, text: str, content_type: str = "text/plain") -> Iterable[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]
