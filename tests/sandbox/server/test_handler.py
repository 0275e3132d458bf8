"""Connections as clients see them: kept after every answer, whatever was asked, and ended where a body was left unread."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from mlinfra.sandbox.server.handler import Handler
from mlinfra.sandbox.server.wire import buffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer with the status that the path names and with what was sent; paths under /unread do not look at it."""
    _, what, code = environ["PATH_INFO"].split("/")
    if what == "read":
        buffer(environ)
    body = b"unread" if what == "unread" else b"read " + environ["wsgi.input"].getvalue()
    length = [("Content-Length", str(len(body)))] if code == "200" else []
    start_response(f"{code} Said So", [*length, ("X-Method", environ["REQUEST_METHOD"])])
    return [body[:3], body[3:]]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def test_one_connection_carries_many_requests(connection: http.client.HTTPConnection) -> None:
    seen = []
    for method, path, body in (
        ("PUT", "/read/200", b"abc"),
        ("HEAD", "/read/200", None),
        ("DELETE", "/read/204", None),
        ("GET", "/read/201", None),  # an answer whose length the application does not tell
        ("POST", "/read/200", iter([b"a", b"bc"])),  # in chunks
    ):
        connection.request(method, path, body, encode_chunked=True)
        address = connection.sock.getsockname()
        answer = connection.getresponse()
        assert answer.getheader("X-Method") == method
        seen.append((answer.read(), address))
    assert [body for body, _ in seen] == [b"read abc", b"", b"", b"read ", b"read abc"]
    assert len({address for _, address in seen}) == 1


def test_a_connection_with_an_unread_body_ends(connection: http.client.HTTPConnection) -> None:
    connection.request("PUT", "/unread/200", b"GET /read/200 HTTP/1.1\r\n\r\n")
    answer = connection.getresponse()
    assert (answer.read(), answer.getheader("Connection")) == (b"unread", "close")
    assert connection.sock is None  # http.client has closed it; what was left unread was not taken for a request


def test_a_client_that_asks_whether_to_go_on_is_told_so(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("PUT", "/read/200")
    connection.putheader("Expect", "100-continue")
    connection.putheader("Content-Length", "3")
    connection.endheaders()
    assert connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"  # once
    connection.send(b"abc")
    assert connection.getresponse().read() == b"read abc"
