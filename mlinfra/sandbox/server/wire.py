"""AWS requests and responses on the wire, in every protocol, both ways, by moto's and botocore's models."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlencode

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound
from werkzeug.test import run_wsgi_app

from mlinfra.sandbox.server.files import HOST

if TYPE_CHECKING:
    from mlinfra.sandbox.server.values import Record

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_READING: Final = ("Describe", "List", "Get", "Head", "BatchGet", "Lookup", "Search", "Select", "Simulate", "Validate")
_OK: Final = range(200, 300)
_STATUSES: Final = frozenset(HTTPStatus)


class AwsError(Exception):
    """An error as AWS answers it. `status` is the HTTP status where botocore's model names none."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks which service, told by the request's signature."""

    key: str
    region: str
    signed: str


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return self.status in _OK

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request with it."""
        phrase = HTTPStatus(self.status).phrase if self.status in _STATUSES else ""
        start_response(f"{self.status} {phrase}", self.headers)
        return [self.body]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: the operation of botocore's model and its parameters."""

    environ: Environ
    origin: Origin
    account: str
    operation: Any
    protocol: str
    params: Record

    @property
    def name(self) -> str:
        """The operation's name."""
        return str(self.operation.name)

    def answer(self, result: Record | AwsError) -> Response:
        """`result` as the response to this call."""
        service = self.operation.service_model.service_name
        serialized = get_serializer_class(service, self.protocol)(self.operation).serialize(result)
        status = int(serialized["status_code"])
        if isinstance(result, AwsError) and status == 400:  # noqa: PLR2004
            status = result.status
        body = serialized["body"]
        content = body.encode() if isinstance(body, str) else body
        headers = [(name, str(value)) for name, value in serialized["headers"].items()]
        return Response(status, [*headers, ("Content-Length", str(len(content)))], content)

    def read(self, response: Response) -> Record:
        """What a successful response to this call says."""
        shape = self.operation.output_shape
        raw = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
        parsed = create_parser(self.protocol).parse(raw, shape)
        parsed.pop("ResponseMetadata", None)
        return dict(parsed)

    def another(self, name: str, params: Record) -> Call:
        """Another operation of the same service, by the same caller."""
        operation = self.operation.service_model.operation_model(name)
        request = create_serializer(self.protocol, include_validation=False).serialize_to_request(params, operation)
        body = request["body"]
        if isinstance(body, dict):
            body = urlencode(body).encode()
        query = request["query_string"]
        query = urlencode(query, quote_via=quote, doseq=True) if isinstance(query, dict) else query
        path, separator, fixed = request["url_path"].partition("?")
        url = f"http://{self.environ.get('HTTP_HOST', HOST)}{path}?{fixed}{'&' if separator and query else ''}{query}"
        headers = {**request["headers"], "Authorization": self.environ.get("HTTP_AUTHORIZATION", "")}
        environ = Request.from_primitives(request["method"], url, headers, body).environ
        return Call(environ, self.origin, self.account, operation, self.protocol, params)

    def run(self, application: Application) -> Response:
        """Have a WSGI application answer it."""
        return run(application, self.environ)


def run(application: Application, environ: Environ) -> Response:
    """What a WSGI application answers."""
    chunks, status, headers = run_wsgi_app(application, environ, buffered=True)
    return Response(int(status.split()[0]), list(headers), b"".join(chunks))


def origin_of(environ: Environ) -> Origin | None:
    """Who asks which service; None for a request that carries no signature of version 4."""
    header = environ.get("HTTP_AUTHORIZATION") or ""
    if not header and "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        header = f"Credential={parse_qs(environ['QUERY_STRING'])['X-Amz-Credential'][0]}"
    match = _SCOPE.search(header)
    return Origin(*match.groups()) if match else None


def changes(environ: Environ) -> bool:
    """Whether the request may change anything, told by its operation's name or its method."""
    name = _spoken_name(environ)
    if name is None:
        return environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}
    return not name.startswith(_READING)


def _spoken_name(environ: Environ) -> str | None:
    """The operation that the request names; None where its path and method say it."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form: bytes = environ["wsgi.input"].getvalue()
        return parse_qs(form.decode(errors="replace")).get("Action", [""])[0]
    return None


def operation_name(environ: Environ, service: str) -> str:
    """The name of the operation that the request asks of a service, empty when the service has none such."""
    name = _spoken_name(environ)
    if name is not None:
        return name
    try:
        return str(get_service_router(service).match(Request(_copy(environ)))[0].name)
    except (NotFound, NotImplementedError):
        return ""


def understand(environ: Environ, origin: Origin, service: str, name: str) -> Call:
    """Read the parameters of operation `name` from the request; the request can still be passed on."""
    from moto.iam.models import get_account_id_from

    model = get_service_model(service)
    operation = model.operation_model(name)
    request = Request(_copy(environ))
    protocol = determine_request_protocol(model, request.content_type)
    uri = get_service_router(service).match(request)[1] if protocol.startswith("rest") else {}
    parsed: Mapping[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": uri,
        }
    )
    params = {key: value for key, value in parsed.items() if value is not None}
    return Call(environ, origin, get_account_id_from(origin.key), operation, protocol, params)


def buffer(environ: Environ) -> None:
    """Read the request's body into memory, where it can be read again and again."""
    stream = environ["wsgi.input"]
    if isinstance(stream, io.BytesIO):
        return
    length = environ.get("CONTENT_LENGTH")
    content = stream.read(int(length)) if length else stream.read() if environ.get("wsgi.input_terminated") else b""
    if environ.pop("HTTP_TRANSFER_ENCODING", None):
        environ["CONTENT_LENGTH"] = str(len(content))
    environ["wsgi.input"] = io.BytesIO(content)


def _copy(environ: Environ) -> Environ:
    """An environ of its own, since reading a form uses up the stream."""
    copied = {key: value for key, value in environ.items() if key != "werkzeug.request"}
    copied["wsgi.input"] = io.BytesIO(environ["wsgi.input"].getvalue())
    return copied
