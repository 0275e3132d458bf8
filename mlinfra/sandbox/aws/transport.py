"""A short way for requests: from boto3 straight into the server's application when both live in one process.

Sockets, HTTP and their threads cost a third and more of a call on the emulated account (measured on moto 5.2), and
signing, which nobody checks there, a tenth.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse

CREDENTIAL: Final = "test"  # the sandbox takes any
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def install(events: Any, application: Application) -> None:
    """Lead the requests of the clients whose `events` these are into the WSGI application."""
    events.register_first("choose-signer", _unsigned)
    events.register("before-sign", _scoped)
    events.register_last("before-send", Shortcut(application))


def _unsigned(context: dict[str, Any], **_: Any) -> Any:
    """No signature, unless it is asked for itself."""
    return None if context.get("is_presign_request") else UNSIGNED


def _scoped(request: Any, signing_name: str, region_name: str, signature_version: Any, **_: Any) -> None:
    """What the server learns from signatures: whose request it is, and for which service and region."""
    if signature_version is UNSIGNED:
        scope = f"Credential={CREDENTIAL}/20000101/{region_name}/{signing_name}/aws4_request"
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none"


class Shortcut:
    """Answers botocore's `before-send` with what the WSGI application says."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        """The answer to a request that would otherwise be sent."""
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _exception: Any = None) -> None:
            started["status"], started["headers"] = int(status.split(maxsplit=1)[0]), headers

        answer = self._application(environ(request), start_response)
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        return AWSResponse(request.url, started["status"], dict(started["headers"]), _Body(body))


class _Body(io.BytesIO):
    """A body as botocore reads one from a connection."""

    def stream(self, amount: int = 65536, **_: Any) -> Iterator[bytes]:
        """The body in pieces."""
        while piece := self.read(amount):
            yield piece


def environ(request: Any) -> dict[str, Any]:
    """The WSGI environment of one of botocore's prepared requests."""
    url = urlsplit(request.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    body: Any = request.body or b""
    content = body.encode() if isinstance(body, str) else body.read() if hasattr(body, "read") else bytes(body)
    found: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path, "latin-1") or "/",
        "QUERY_STRING": url.query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if key == "CONTENT_TYPE":
            found[key] = text
        elif key != "CONTENT_LENGTH":
            found[f"HTTP_{key}"] = text
    return found
