"""Clean errors, in AWS's own form, for what the sandbox does not emulate."""

from __future__ import annotations

import json
from typing import Final
from xml.sax.saxutils import escape

from mlinfra.sandbox.server.wire import Environ, Origin, Response, operation_name

CODE: Final = "NotImplemented"
STATUS: Final = 501  # unlike 500, not one that AWS clients repeat the request for
_NOT_FOUND: Final = (404, 405)


def no_such_operation(environ: Environ, origin: Origin | None, response: Response) -> bool:
    """Whether moto's answer means that it has no such operation: an empty one, or its web framework's error page."""
    if response.status not in _NOT_FOUND or environ["REQUEST_METHOD"] == "HEAD":
        return False
    return response.body.startswith(b"<!doctype html>") or not (response.body or (origin and origin.signed == "s3"))


def not_emulated(
    environ: Environ, origin: Origin | None, name: str = "", *, failure: Exception | None = None
) -> Response:
    """The error that names the service and the operation that are not emulated, or how emulating them failed."""
    service = origin.signed if origin else "this service"
    name = name or _operation(environ, service)
    if failure is None:
        message = f"the sandbox does not emulate {service} {name}"
    else:
        message = f"the sandbox cannot answer this {service} {name}: {type(failure).__name__}: {failure}"
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if service == "ec2":
        pattern = "<Response><Errors><Error>{}</Error></Errors><RequestID>0</RequestID></Response>"
    elif service == "s3":
        pattern = "<Error>{}<RequestId>0</RequestId></Error>"
    elif form or service in {"route53", "cloudfront"}:
        pattern = "<ErrorResponse><Error>{}</Error><RequestId>0</RequestId></ErrorResponse>"
    else:
        body = json.dumps({"__type": CODE, "message": message}).encode()
        return _response("application/json", body)
    inner = f"<Code>{CODE}</Code><Message>{escape(message)}</Message>"
    return _response("text/xml", pattern.format(inner).encode())


def _response(content_type: str, body: bytes) -> Response:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", CODE)]
    return Response(STATUS, headers, body)


def _operation(environ: Environ, service: str) -> str:
    try:
        name = operation_name(environ, service)
    except Exception:  # noqa: BLE001 - not every signing name is one of botocore's services
        name = ""
    return name or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
