"""HTTP as AWS speaks it: one connection carries one request after the other, each answered in a single write."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from moto.moto_server.werkzeug_app import MotoRequestHandler

if TYPE_CHECKING:
    from mlinfra.sandbox.server.wire import Environ

_BODILESS: Final = frozenset({"204", "304"})


class Handler(MotoRequestHandler):  # type: ignore[misc]
    """Answers the requests of a connection.

    werkzeug's own handler ends the connection after each, since it cannot know whether the application has read the
    request to its end, and then clients, the sandbox's provider first of all, make a connection and the server a thread
    for every call. The account reads requests whole (`wire.buffer`); where one was not, the connection does end.
    """

    disable_nagle_algorithm = (
        True  # it would hold back the last packet of an answer until the client confirms the others
    )
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def run_wsgi(self) -> None:
        """Answer one request."""
        self.environ: Environ = self.make_environ()
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            started.extend((status, headers))

        body = b"".join(self.server.app(self.environ, start_response))
        status, headers = started[:2]
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        names = {"transfer-encoding", "connection"}  # are the connection's, not the answer's
        for name, value in headers:
            if name.lower() not in names:
                self.send_header(name, value)
        silent = self.command == "HEAD" or code in _BODILESS
        if not silent and not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        if not isinstance(self.environ["wsgi.input"], io.BytesIO):
            self.send_header("Connection", "close")
        self.end_headers()
        if not silent:
            self.wfile.write(body)
        self.wfile.flush()

    def handle_expect_100(self) -> bool:
        """Tell a client at once that it may send its request's body."""
        goes_on: bool = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests that were answered."""
